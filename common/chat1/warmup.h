/* First uses that open files, load code or fill caches, done ahead of time. */
#ifndef COMMON_CHAT1_WARMUP_H
#define COMMON_CHAT1_WARMUP_H

#include "common/chat1/suite.h"

/*
 * Uses every algorithm of the suite and the JSON parser once, and has
 * the cipher fail, so that a sandboxed process opens nothing and a forked one
 * inherits warm caches. Returns 0 or CHAT_EINTERNAL.
 */
int warmup_run(const struct suite *suite);

#endif
