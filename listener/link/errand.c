/* Errands of sessions. */
#include "listener/link/errand.h"

#include <string.h>
#include <time.h>

#include "common/base/batch.h"
#include "common/base/name.h"
#include "common/base/text.h"
#include "common/base/timestamp.h"
#include "listener/link/ticket.h"

void
errand_fill(struct errand *errand, const struct message *message,
    const struct source *source, const uint8_t ticket[SIZE_HASH])
{
	memset(errand, 0, sizeof(*errand));
	memcpy(errand->id, message->id, SIZE_ID);
	memcpy(errand->source, source->bytes, sizeof(errand->source));
	memcpy(errand->sent, &message->sent, sizeof(errand->sent));
	memcpy(errand->from, message->from, sizeof(errand->from));
	memcpy(errand->to, message->to, sizeof(errand->to));
	errand->listed = message->listed;
	errand->batch = message->lines > 0;
	memcpy(errand->ticket, ticket, SIZE_HASH);
}

int64_t
errand_sent(const struct errand *errand)
{
	int64_t sent;

	memcpy(&sent, errand->sent, sizeof(sent));
	return sent;
}

bool
errand_is_valid(const struct errand *errand, const char *text, size_t len,
    const struct suite *suite, const uint8_t key[SIZE_HASH], uint64_t session)
{
	const struct ticket_subject subject = {.session = session,
	    .from = (const char *)errand->from,
	    .to = (const char *)errand->to,
	    .listed = errand->listed == 1,
	    .id = errand->id};
	char sent[SIZE_INSTANT + 1];

	return name_field_valid(errand->from) && name_field_valid(errand->to) &&
	    timestamp_format(errand_sent(errand), sent) == 0 &&
	    text_check(text, len) == 0 &&
	    (errand->batch == 0 || batch_count(text, len) > 0) &&
	    ticket_is_right(suite, key, &subject, errand->ticket);
}

void
errand_record(const struct errand *errand, const char *text, size_t len,
    struct source *source, struct record *record)
{
	source_from(errand->source, source);
	*record = (struct record){.id = errand->id,
	    .from = (const char *)errand->from,
	    .to = (const char *)errand->to,
	    .listed = errand->listed == 1,
	    .address = source->text,
	    .sent = errand_sent(errand),
	    .received = (int64_t)time(NULL),
	    .lines = errand->batch == 0 ? 0 : batch_count(text, len),
	    .text = text,
	    .len = len};
}
