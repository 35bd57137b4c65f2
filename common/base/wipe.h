/*
 * Memory of libraries, and the stack below us: what was in them does not
 * outlive its use.
 */
#ifndef COMMON_BASE_WIPE_H
#define COMMON_BASE_WIPE_H

/* free(3), of memory that is wiped first, all of it. NULL is nothing. */
void wipe_free(void *memory);

/*
 * From here on libcrypto wipes every piece of memory before it frees or moves
 * it: it does not do so for all that scalars and keys pass through. Before
 * its first allocation; again changes nothing. Returns 0 or CHAT_EINTERNAL.
 */
int wipe_libcrypto(void);

/*
 * Wipes what functions that have returned left on the stack. To be called by
 * whoever called those that handled a secret, and so from no deeper.
 */
void wipe_stack(void);

#endif
