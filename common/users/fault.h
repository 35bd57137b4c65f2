/* What is wrong with a user directory, and where. */
#ifndef COMMON_USERS_FAULT_H
#define COMMON_USERS_FAULT_H

#define SIZE_REASON 224 /* room for a reason in bytes, with its NUL */

/* A reason in ASCII, which never quotes a password, and its line. */
struct fault {
	unsigned long line; /* counted from 1; 0 if it is not about one line */
	char reason[SIZE_REASON];
};

/*
 * Fills in a fault from a format as printf(3) has it. Returns CHAT_EDIRECTORY.
 */
int fault_set(struct fault *fault, unsigned long line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
