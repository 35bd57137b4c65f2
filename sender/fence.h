/* What confines a look-up, which runs code that others chose (NSS). */
#ifndef SENDER_FENCE_H
#define SENDER_FENCE_H

/*
 * Limits on memory, processor time, descriptors, processes and files; no new
 * privileges; and where the kernel has Landlock: files are read only, and
 * only where systems keep what names are looked up by, and no process outside
 * can be signalled or traced. Returns 0, or CHAT_EIO with errno set; then the
 * caller must not go on.
 */
int fence_enter(void);

#endif
