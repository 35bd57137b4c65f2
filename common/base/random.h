/* Whether the kernel gives random numbers. */
#ifndef COMMON_BASE_RANDOM_H
#define COMMON_BASE_RANDOM_H

#define SIZE_RANDOM_FAULT 256

/*
 * Call it first: without random numbers, libbsd's arc4random(3) kills the
 * process silently. Returns 0, or CHAT_EIO with a message for people in fault.
 */
int random_check(char fault[SIZE_RANDOM_FAULT]);

#endif
