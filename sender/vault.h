/*
 * The passwords and the message of chat-send, in memory that reads as zeros in
 * every forked process, except what vault_fork() lends.
 */
#ifndef SENDER_VAULT_H
#define SENDER_VAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/base/limits.h"

/* The two passwords of a delivery, each with its NUL; empty if unknown. */
struct password_pair {
	char from[LIMIT_PASSWORD + 1]; /* ours */
	char to[LIMIT_PASSWORD + 1];   /* the recipient's */
};

/* A message. */
struct text {
	size_t len;
	bool batch;                 /* see batch.h */
	char bytes[LIMIT_TEXT + 2]; /* a longer message shows */
};

/*
 * Allocates the vault, once, all zero: a page for the two passwords of each
 * recipient, and one text. Returns 0, or CHAT_EIO with errno set.
 */
int vault_open(size_t recipients);

struct password_pair *vault_passwords(size_t recipient);
struct text *vault_text(void);

/*
 * Forks like fork(2). The child has the text and the passwords of this
 * recipient, and zeros instead of the rest. Its own children have only zeros.
 */
pid_t vault_fork(size_t recipient);

/* Wipes both passwords, wherever they are. */
void password_pair_wipe(struct password_pair *pair);

#endif
