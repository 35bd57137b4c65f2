/*
 * The sizes, times and counts that bound what a stranger can cause, or that
 * users see. The size of a table or a buffer of one module stands there.
 */
#ifndef COMMON_BASE_LIMITS_H
#define COMMON_BASE_LIMITS_H

#include <stdint.h>

/* Bytes, without the terminating NUL. */
#define LIMIT_NAME 64
#define LIMIT_PASSWORD 256
#define LIMIT_HOST 255
#define LIMIT_TEXT 65536

#define LIMIT_LINES 4096 /* in one text */

/* Sizes of the cryptographic primitives, in bytes. */
#define SIZE_HASH 32
#define SIZE_BLOCK 16
#define SIZE_ID 16
#define SIZE_NONCE 32
#define SIZE_SCALAR 32
#define SIZE_POINT 65 /* uncompressed: 04 || x || y */

/* A text after PKCS#7 padding, and the base64 of n bytes. */
#define LIMIT_CIPHERTEXT (LIMIT_TEXT + SIZE_BLOCK)
#define SIZE_BASE64(n) (((n) + 2) / 3 * 4)

/*
 * Bytes of a line, LF included: of any frame but the text, and in the place of
 * the text.
 */
#define LIMIT_FRAME 1024
#define LIMIT_TEXT_FRAME 87645

/* The user directory: bytes of the file, and bytes of one entry in it. */
#define LIMIT_DIRECTORY ((size_t)512 << 20)
#define LIMIT_ENTRY 16384
#define LIMIT_DEPTH 1000 /* nested braces and brackets, with the entry's */
#define WEAK_PASSWORD 12 /* bytes; a shorter password causes a warning */

/* The header of a balancer: version 1 as specified; of version 2, our limit. */
#define LIMIT_PROXY_1 107
#define LIMIT_PROXY_2 1024

/* The options of chat-listen. */
#define DEFAULT_SESSIONS 64
#define MOST_SESSIONS 4096
#define DEFAULT_PER_SOURCE 8
#define DEFAULT_COMMANDS 4 /* at once */
#define MOST_COMMANDS 256
#define MOST_NETWORKS 64 /* of -E and -P */
#define MOST_WAIT_S (86400 * 365)
#define MOST_COLUMNS 65535 /* of a terminal, as the kernel counts them */

/* The options of chat-send. */
#define MOST_RECIPIENTS 64
#define MOST_TIMEOUT_S 3600
#define MOST_RETRY_S (7 * 86400)

/* The spool: how long a message is kept, how many, and how many bytes. */
#define MOST_KEPT_S (90 * 86400)
#define LIMIT_KEPT 16384                      /* for one recipient */
#define LIMIT_KEPT_BYTES ((int64_t)256 << 20) /* of their files */
#define LIMIT_EXPIRED 1000                    /* that were not delivered */

#define MOST_ADDRESSES 64 /* of a host that are tried */

/* Pauses in ms before retries (then jitter) and restarts; each doubles. */
#define FIRST_PAUSE_MS 200
#define LONGEST_PAUSE_MS 10000

/* The lines of -l that wait for the slowest recipient, in bytes. */
#define LIMIT_WAITING (4 << 20)

/* Lines of -l in one message were read within so many seconds. */
#define LIMIT_APART_S 10

/* Connecting for this long causes a message to the user. */
#define NOTICE_MS 2000

/* The last messages of which ids and texts are remembered. */
#define MEMORY_MESSAGES 65536

/*
 * Every session costs a process, however it ends. So sessions of sources that
 * are not known have a budget. As many as there are places may begin at once,
 * then a quarter of that each second. A proof gives its cost back.
 */
#define RUSH_MS 4000
#define KEPT_SHARE 4 /* one in this many places is for known sources */
#define KNOWN_MS ((int64_t)7 * 24 * 3600 * 1000) /* after a proof: a week */

/* Penalties of sources, in milliseconds. */
#define PENALTY_REFUSED 200    /* for a try that got no session */
#define PENALTY_ENFORCED 15000 /* a source with this penalty is barred */
#define PENALTY_MOST 600000
#define VAIN_MS 600000 /* how long a session in vain counts */

/* Lines about connections on standard error, for one reason. */
#define WINDOW_MS 10000
#define WINDOW_LINES 5 /* in one window */

/* With -D, a connection that sends nothing is accepted only after this. */
#define DEFER_S 120

/* How often the file of -S is written. */
#define METRICS_S 15

/* Between two looks whether the directory's file has changed. */
#define CHANGE_PAUSE_MS 10000

/* After that long, a message shows when it was composed. */
#define LATE_S 60

/* If a service manager passed the socket: who is refused at the end. */
#define LINGER_MS 1000 /* for this long after a failure */
#define MOST_REFUSED 4096

/* Seconds by which two clocks may differ. */
#define LIMIT_CLOCK_SKEW 300

/* Deadlines, in seconds. */
#define LIMIT_HANDSHAKE_S 10 /* from accept(2) to the response */
#define LIMIT_COMPOSE_S 30   /* from the confirm to the text */
#define LIMIT_AHEAD_S 20     /* of that, for the turn of a line of -l -e */
#define LIMIT_RECEIPT_S 30   /* from the text to its receipt */
#define LIMIT_ANSWER_S 2     /* left at the end, to send the answer */
#define LIMIT_COMMAND_S 20   /* for a command; less than the sender waits */
#define LIMIT_FREE_S 2       /* until a handler is free, besides that */
#define LIMIT_COMPUTE_S 10   /* CPU time of a session, and of a look-up */
#define LIMIT_GRACE_S 5      /* for running sessions, when chat-listen ends */
#define LIMIT_ATTEMPT_S 30   /* for the sender, until its text has been sent */

/* Memory of a process in bytes, besides what it has when it starts. */
#define MEMORY_KEYHOLDER (8 * LIMIT_DIRECTORY) /* two directories, parsed */
#define MEMORY_SESSION (64 << 20)              /* some allocators take a lot */
#define MEMORY_RECORDER (16 << 20)
#define MEMORY_LOOK_UP (512 << 20) /* modules load their own data */

/*
 * A longer text gets more time: a second more for each LEAST_RATE bytes of its
 * line. The listener allows twice as much as the sender, so that it does not
 * cut off a sender that still has time.
 */
#define LEAST_RATE 1000 /* bytes a second */
#define SEND_MOST_S(bytes) ((unsigned)(bytes) / LEAST_RATE)
#define TAKE_MOST_S(bytes) (2 * SEND_MOST_S(bytes))

/*
 * Code that waits for one of these uses DEADLINE_MS() or DEADLINE_S() of it.
 * The scale is 1 in the programs. Tests use build/hurried, where all deadlines
 * are divided by a larger scale, and whole seconds are rounded up.
 */
#ifndef CHAT_DEADLINE_SCALE
#define CHAT_DEADLINE_SCALE 1
#endif
#define DEADLINE_MS(seconds) ((int64_t)(seconds) * 1000 / CHAT_DEADLINE_SCALE)
#define DEADLINE_S(seconds) \
	(((unsigned)(seconds) + CHAT_DEADLINE_SCALE - 1) / CHAT_DEADLINE_SCALE)

#endif
