/* Submissions of sessions. */
#include "listener/link/submission.h"

#include <string.h>
#include <time.h>

#include "common/base/batch.h"
#include "common/base/name.h"
#include "common/base/text.h"
#include "common/base/timestamp.h"
#include "listener/link/ticket.h"

void
submission_fill(struct submission *submission, const struct message *message,
    const struct source *source, const uint8_t ticket[SIZE_HASH])
{
	memset(submission, 0, sizeof(*submission));
	memcpy(submission->id, message->id, SIZE_ID);
	memcpy(submission->source, source->bytes, sizeof(submission->source));
	memcpy(submission->sent, &message->sent, sizeof(submission->sent));
	memcpy(submission->from, message->from, sizeof(submission->from));
	memcpy(submission->to, message->to, sizeof(submission->to));
	submission->listed = message->listed;
	submission->batch = message->lines > 0;
	memcpy(submission->ticket, ticket, SIZE_HASH);
}

int64_t
submission_sent(const struct submission *submission)
{
	int64_t sent;

	memcpy(&sent, submission->sent, sizeof(sent));
	return sent;
}

bool
submission_is_valid(const struct submission *submission, const char *text,
    size_t len, const struct suite *suite, const uint8_t key[SIZE_HASH],
    uint64_t session)
{
	const struct ticket_subject subject = {.session = session,
	    .from = (const char *)submission->from,
	    .to = (const char *)submission->to,
	    .listed = submission->listed == 1,
	    .id = submission->id};
	char sent[SIZE_INSTANT + 1];

	return name_field_valid(submission->from) &&
	    name_field_valid(submission->to) &&
	    timestamp_format(submission_sent(submission), sent) == 0 &&
	    text_check(text, len) == 0 &&
	    (submission->batch == 0 || batch_count(text, len) > 0) &&
	    ticket_is_right(suite, key, &subject, submission->ticket);
}

void
submission_record(const struct submission *submission, const char *text,
    size_t len, struct source *source, struct record *record)
{
	source_from(submission->source, source);
	*record = (struct record){.id = submission->id,
	    .from = (const char *)submission->from,
	    .to = (const char *)submission->to,
	    .listed = submission->listed == 1,
	    .address = source->text,
	    .sent = submission_sent(submission),
	    .received = (int64_t)time(NULL),
	    .lines = submission->batch == 0 ? 0 : batch_count(text, len),
	    .text = text,
	    .len = len};
}
