/* Every size, time and count that a stranger could influence, named once. */
#ifndef COMMON_BASE_LIMITS_H
#define COMMON_BASE_LIMITS_H

#include <stdint.h>

/* Bytes, without a terminating NUL. */
#define LIMIT_NAME 64
#define LIMIT_PASSWORD 256
#define LIMIT_HOST 255
#define LIMIT_TEXT 65536

/* What the primitives need, in bytes. */
#define SIZE_HASH 32
#define SIZE_BLOCK 16
#define SIZE_ID 16
#define SIZE_NONCE 32
#define SIZE_SCALAR 32
#define SIZE_POINT 65 /* uncompressed: 04 || x || y */

/* A text after PKCS#7 padding, and base64 of that. */
#define LIMIT_CIPHERTEXT (LIMIT_TEXT + SIZE_BLOCK)
#define SIZE_BASE64(n) (((n) + 2) / 3 * 4)

/* One line, LF included: any, and one in the place of the text. */
#define LIMIT_FRAME 1024
#define LIMIT_TEXT_FRAME 87644

/* The user directory: bytes of the file, and of one entry in it. */
#define LIMIT_DIRECTORY ((size_t)512 << 20)
#define LIMIT_ENTRY 16384
#define LIMIT_DEPTH 1000 /* of braces and brackets, the entry's included */
#define WEAK_PASSWORD 12 /* shorter than this earns a warning */

/* Seconds. */
#define LIMIT_CLOCK_SKEW 300

/* Seconds that are waited, at most. */
#define LIMIT_HANDSHAKE_S 10 /* accept to a good response */
#define LIMIT_COMPOSE_S 30   /* confirm to the text */
#define LIMIT_RECEIPT_S 30   /* text to its receipt */
#define LIMIT_ANSWER_S 2     /* kept back, so that an answer still arrives */
#define LIMIT_COMMAND_S 20   /* for a command; less than a sender waits */
#define LIMIT_COMPUTE_S 10   /* of a processor, for a session */
#define LIMIT_GRACE_S 5      /* for running sessions, once told to end */
#define LIMIT_ATTEMPT_S 30   /* a sender's, until its text has been sent */

/*
 * A text gets more time, the longer it is: a second for so many bytes of its
 * line. The listener has twice that for the same, so that a sender who may
 * still send is not cut off.
 */
#define LEAST_RATE 1000 /* bytes a second */
#define SEND_MOST_S(bytes) ((unsigned)(bytes) / LEAST_RATE)
#define TAKE_MOST_S(bytes) (2 * SEND_MOST_S(bytes))

/*
 * Whoever waits for one of these says DEADLINE_MS() or DEADLINE_S() of it. The
 * scale is 1; in build/hurried, which is for tests, all pass so much sooner.
 */
#ifndef CHAT_DEADLINE_SCALE
#define CHAT_DEADLINE_SCALE 1
#endif
#define DEADLINE_MS(seconds) ((int64_t)(seconds) * 1000 / CHAT_DEADLINE_SCALE)
#define DEADLINE_S(seconds) ((unsigned)(seconds) / CHAT_DEADLINE_SCALE)

#endif
