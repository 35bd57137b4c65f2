/* The answer to a connection that gets no session. */
#include "listener/parent/busy.h"

#include <sys/socket.h>
#include <time.h>

#include "common/chat1/frame.h"
#include "common/chat1/payload.h"

/* The line is the same for a second, so it is encoded once a second. */
static const struct line *
busy_line(bool wait)
{
	static struct line lines[2]; /* too large for the stack */
	static int64_t seconds[2];
	struct line *line = &lines[wait];
	uint8_t reason = wait ? NACK_WAIT : NACK_BUSY;
	struct frame frame = {.type = FRAME_NACK,
	    .time = (int64_t)time(NULL),
	    .payload = &reason,
	    .payload_len = 1};

	if (frame.time == seconds[wait])
		return line;
	seconds[wait] = frame_encode(&frame, line) == 0 ? frame.time : 0;
	return seconds[wait] != 0 ? line : NULL;
}

void
busy_send(int connection, enum refusal refusal)
{
	const struct line *line = busy_line(refusal == REFUSAL_PENALTY);

	if (line == NULL)
		return;
	(void)send(
	    connection, line->bytes, line->len, MSG_DONTWAIT | MSG_NOSIGNAL);
	/*
	 * To close with unread bytes would reset the connection. The kernel
	 * drops them: none gets into this process.
	 */
	(void)shutdown(connection, SHUT_WR);
	(void)recv(connection, NULL, LIMIT_FRAME, MSG_DONTWAIT | MSG_TRUNC);
}
