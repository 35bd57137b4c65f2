/*
 * From a proven text to the right to send its receipt: the message is written
 * to the output, or handled by a command, or recorded, as the options want.
 */
#ifndef LISTENER_SESSION_ARRIVAL_H
#define LISTENER_SESSION_ARRIVAL_H

#include "common/chat1/receipt.h"
#include "listener/link/end.h"
#include "listener/session/brief.h"

struct arrival {
	const struct session *session;
	const struct message *message;
	const struct display *display;
	const struct source *source;
	const uint8_t *ticket; /* SIZE_HASH bytes */
	int64_t deadline;      /* of the receipt, clock_now_ms() time */
	/* Results. */
	enum session_end end;     /* after a receipt */
	enum session_end failure; /* after an error that has none */
	struct receipt receipt;   /* all zero without a log */
};

/*
 * Delivers the message. Returns 0 if its receipt may be sent: it has arrived,
 * now or before. Returns CHAT_ETAKEN; CHAT_EBUSY if a retry may succeed;
 * CHAT_EUNDELIVERED; CHAT_EUNCONFIRMED if it may have arrived or not;
 * CHAT_EINTERNAL.
 */
int arrival_complete(struct arrival *arrival);

/*
 * With a log and without a command, a message is shown after its receipt, since
 * what is shown decides nothing. Changes the end if it cannot be shown.
 */
void arrival_show(struct arrival *arrival);

#endif
