/* Wiping secrets that libraries leave in freed memory and on the stack. */
#ifndef COMMON_BASE_WIPE_H
#define COMMON_BASE_WIPE_H

/* Wipes all of a block of memory, then frees it. NULL is allowed. */
void wipe_free(void *memory);

/*
 * Makes libcrypto wipe every block of memory before it frees or moves it; on
 * its own it leaves copies of scalars and keys behind. Must be called before
 * libcrypto allocates anything; a second call changes nothing. Returns 0 or
 * CHAT_EINTERNAL.
 */
int wipe_libcrypto(void);

/*
 * Wipes what functions that have returned left on the stack. Call it from the
 * function that called the ones that handled the secret: from deeper, it would
 * miss some of the stack.
 */
void wipe_stack(void);

#endif
