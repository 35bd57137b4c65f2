/*
 * The running hash over all frames of a session. Both sides must get the same.
 */
#ifndef COMMON_CHAT1_TRANSCRIPT_H
#define COMMON_CHAT1_TRANSCRIPT_H

#include "common/chat1/suite.h"

struct transcript {
	uint8_t hash[SIZE_HASH]; /* T(n) after n frames */
};

/* T0 = H("chat1 transcript"). Returns 0 or CHAT_EINTERNAL. */
int transcript_start(const struct suite *suite, struct transcript *transcript);

/*
 * Tn = H(T(n-1) || frame n). The frame is len bytes as sent, LF included.
 * Returns 0 or CHAT_EINTERNAL. chat-protocol(7), TRANSCRIPT.
 */
int transcript_absorb(const struct suite *suite, struct transcript *transcript,
    const char *line, size_t len);

#endif
