/* What a connection hears that gets no session. */
#include "listener/parent/busy.h"

#include <sys/socket.h>
#include <time.h>

#include "common/chat1/frame.h"
#include "common/chat1/payload.h"

/* The line is the same for a second: most refusals encode nothing. */
static const struct line *
busy_line(void)
{
	static struct line line; /* large, and so not on the stack */
	static int64_t of;
	uint8_t reason = NACK_BUSY;
	struct frame frame = {.type = FRAME_NACK,
	    .time = (int64_t)time(NULL),
	    .payload = &reason,
	    .payload_len = 1};

	if (frame.time == of)
		return &line;
	of = frame_encode(&frame, &line) == 0 ? frame.time : 0;
	return of != 0 ? &line : NULL;
}

void
busy_send(int connection)
{
	const struct line *line = busy_line();
	char unread[LIMIT_FRAME];

	if (line == NULL)
		return;
	(void)send(
	    connection, line->bytes, line->len, MSG_DONTWAIT | MSG_NOSIGNAL);
	/* Closing with bytes unread would reset the connection. */
	(void)shutdown(connection, SHUT_WR);
	(void)recv(connection, unread, sizeof(unread), MSG_DONTWAIT);
}
