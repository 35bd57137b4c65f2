/* The message: from the command line or from standard input. */
#ifndef SENDER_COMPOSE_H
#define SENDER_COMPOSE_H

#include "sender/failure.h"
#include "sender/vault.h"

/*
 * Fills in the text of the message. Joins the words of the command line with
 * single spaces, and wipes them. Without words, or if the only word is "-" and
 * not literal, reads standard input to its end and drops one newline from its
 * end. Returns SEND_OK. Returns another status with *failure set if the text is
 * not valid, or if there are words and data on standard input, see waiting.h.
 */
enum send_exit compose_text(
    const struct options *options, struct text *text, struct failure *failure);

/*
 * Returns SEND_OK, or SEND_INPUT with *failure set to these words if standard
 * input is closed.
 */
enum send_exit compose_need_input(struct failure *failure, const char *words);

#endif
