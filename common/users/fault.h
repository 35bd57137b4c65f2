/* What is wrong with a user directory, and where. */
#ifndef COMMON_USERS_FAULT_H
#define COMMON_USERS_FAULT_H

#define SIZE_REASON 224 /* room for a reason, with its NUL */

/* A line, counted from 1, and a reason in ASCII, which quotes no password. */
struct fault {
	unsigned long line; /* 0 when no line is to blame */
	char reason[SIZE_REASON];
};

/* Fills in a fault and returns CHAT_EDIRECTORY. */
int fault_set(struct fault *fault, unsigned long line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
