/* The session's side of the channel to the runner. */
#include "listener/link/session_runner.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "common/base/error.h"
#include "common/base/stream.h"

int
runner_ask(int channel, const struct message *message,
    const struct source *source, const uint8_t ticket[SIZE_HASH],
    int64_t deadline, enum runner_result *result)
{
	static struct {
		struct submission submission;
		char text[LIMIT_TEXT];
	} out;
	size_t len = sizeof(out.submission) + message->len;
	uint8_t byte;
	bool asked;

	submission_fill(&out.submission, message, source, ticket);
	memcpy(out.text, message->text, message->len);
	asked = write(channel, &out, len) == (ssize_t)len;
	explicit_bzero(&out, len);
	if (!asked)
		return CHAT_EBUSY;
	if (stream_take(channel, &byte, 1, deadline) != 0)
		return CHAT_EUNCONFIRMED;
	*result = (enum runner_result)byte;
	return CHAT_OK;
}
