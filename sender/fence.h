/* The confinement of a look-up, which runs name service modules (NSS). */
#ifndef SENDER_FENCE_H
#define SENDER_FENCE_H

/*
 * Confines this process. Limits its memory, CPU time, descriptors, processes
 * and file sizes, and forbids new privileges. If the kernel has Landlock: it
 * can read files only where systems keep what name look-ups need, can write
 * none, and cannot signal or trace other processes. Returns 0, or CHAT_EIO with
 * errno set; after a failure the caller must not go on.
 */
int fence_enter(void);

#endif
