/* The message: from the command line or from standard input. */
#ifndef SENDER_COMPOSE_H
#define SENDER_COMPOSE_H

#include "sender/failure.h"
#include "sender/vault.h"

/*
 * Joins the words of the command line with one space each, and wipes them.
 * Without any, or when the only one is "-" and not literal, reads standard
 * input to its end, and drops one newline there. Returns SEND_OK if the text
 * may travel; else another status with the failure, also when there are words
 * and data, see waiting.h.
 */
enum send_exit compose_text(
    const struct options *options, struct text *text, struct failure *failure);

/* Returns SEND_OK, unless standard input is closed. */
enum send_exit compose_need_input(struct failure *failure);

#endif
