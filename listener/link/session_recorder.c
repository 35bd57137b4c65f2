/* The session's side of the channel to the recorder. */
#include "listener/link/session_recorder.h"

#include <string.h>
#include <unistd.h>

#include "common/base/error.h"
#include "common/base/stream.h"

int
recorder_ask(int channel, enum recorder_request request,
    const struct message *message, const struct source *source,
    const uint8_t ticket[SIZE_HASH], int64_t deadline,
    enum recorder_result *result, struct receipt *receipt)
{
	static struct {
		struct recorder_ask ask;
		char text[LIMIT_TEXT];
	} out;
	size_t len = sizeof(out.ask) + message->len;
	struct recorder_reply reply;
	bool asked;

	out.ask.request = (uint8_t)request;
	submission_fill(&out.ask.submission, message, source, ticket);
	memcpy(out.text, message->text, message->len);
	asked = write(channel, &out, len) == (ssize_t)len;
	explicit_bzero(&out, len);
	if (!asked)
		return CHAT_EBUSY;
	if (stream_take(channel, &reply, sizeof(reply), deadline) != 0)
		return CHAT_EUNCONFIRMED;
	*result = (enum recorder_result)reply.result;
	memcpy(&receipt->seq, reply.seq, sizeof(reply.seq));
	memcpy(receipt->head, reply.head, SIZE_HASH);
	return CHAT_OK;
}
