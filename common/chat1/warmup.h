/* First uses that open files, load code or fill caches, made ahead of time. */
#ifndef COMMON_CHAT1_WARMUP_H
#define COMMON_CHAT1_WARMUP_H

#include "common/chat1/suite.h"

/*
 * Uses every algorithm of the suite once, makes one decryption fail, and
 * encodes and decodes a frame. Afterwards a sandboxed process opens no files
 * for them, and a forked process starts with warm caches. Returns 0 or
 * CHAT_EINTERNAL.
 */
int warmup_run(const struct suite *suite);

#endif
