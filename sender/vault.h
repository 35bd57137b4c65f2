/*
 * The passwords and the message of chat-send: memory that no process forked
 * from this one has, but for what vault_fork() lends it.
 */
#ifndef SENDER_VAULT_H
#define SENDER_VAULT_H

#include <stddef.h>
#include <sys/types.h>

#include "common/base/limits.h"

/* The two passwords of a delivery, each with its NUL; empty: not known. */
struct secrets {
	char from[LIMIT_PASSWORD + 1]; /* ours */
	char to[LIMIT_PASSWORD + 1];   /* the recipient's */
};

/* A message. */
struct text {
	size_t len;
	char bytes[LIMIT_TEXT + 2]; /* room to see that there is more */
};

/*
 * Makes the vault, once: all zero, with secrets for so many recipients, each
 * on a page of its own, and one text. Returns 0, or CHAT_EIO with errno set.
 */
int vault_open(size_t recipients);

struct secrets *vault_secrets(size_t recipient);
struct text *vault_text(void);

/*
 * As fork(2). The child has the text and the secrets of this recipient, and
 * zeros in place of all others; its own children have zeros only.
 */
pid_t vault_fork(size_t recipient);

/* Wipes them, wherever they are. */
void secrets_wipe(struct secrets *secrets);

#endif
