/* What a connection hears that gets no session. */
#include "listener/refusal.h"

#include <sys/socket.h>
#include <time.h>

#include "common/chat1.h"
#include "common/frame.h"

void
refusal_send(int connection)
{
	uint8_t reason = NACK_BUSY;
	struct frame frame = {.type = FRAME_NACK,
	    .time = (int64_t)time(NULL),
	    .payload = &reason,
	    .payload_len = 1};
	static struct line line; /* large, and so not on the stack */

	if (frame_encode(&frame, &line) != 0)
		return;
	(void)send(
	    connection, line.bytes, line.len, MSG_DONTWAIT | MSG_NOSIGNAL);
	/* Closing with bytes unread would reset the connection. */
	(void)shutdown(connection, SHUT_WR);
	(void)recv(connection, line.bytes, sizeof(line.bytes), MSG_DONTWAIT);
}
