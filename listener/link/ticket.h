/*
 * Tickets: what a session shows to those who act for it. The keyholder makes
 * one when it has seen a right proof, for the names that were proven, the id,
 * and this session. It draws the key, and sends it through a pipe to each
 * process that checks tickets; no other process has it.
 */
#ifndef LISTENER_LINK_TICKET_H
#define LISTENER_LINK_TICKET_H

#include <stdbool.h>

#include "common/chat1/suite.h"

/* What a ticket is for. Names are in limits and end with NUL. */
struct ticket_subject {
	uint64_t session; /* its number, see struct order */
	const char *from, *to;
	bool listed;
	const uint8_t *id; /* SIZE_ID bytes */
};

/*
 * Makes the ticket HMAC(key, "chat ticket\0" || session || lv(from) || lv(to)
 * || listed || id), where lv() puts a byte with the length before a name, and
 * session has 8 bytes, the highest first. Returns 0 or CHAT_EINTERNAL.
 */
int ticket_make(const struct suite *suite, const uint8_t key[SIZE_HASH],
    const struct ticket_subject *subject, uint8_t ticket[SIZE_HASH]);

/* Returns whether it is the ticket for this subject. */
bool ticket_is_right(const struct suite *suite, const uint8_t key[SIZE_HASH],
    const struct ticket_subject *subject, const uint8_t ticket[SIZE_HASH]);

/*
 * Opens a pipe for the key: ends[0] is for the process that checks tickets,
 * ends[1] for the keyholder. Whoever starts these two must close both, unread.
 * Returns 0, or CHAT_EIO with errno set.
 */
int ticket_open_pipe(int ends[2]);

/* Sends the key and closes the descriptor. */
void ticket_send_key(int fd, const uint8_t key[SIZE_HASH]);

/*
 * Waits for the key and closes the descriptor. Returns 0, or CHAT_ECLOSED when
 * no process is left that could send it.
 */
int ticket_receive_key(int fd, uint8_t key[SIZE_HASH]);

#endif
