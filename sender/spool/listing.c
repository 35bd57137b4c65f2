/* What waits in the spool. */
#include "sender/spool/listing.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/base/error.h"
#include "common/base/hex.h"
#include "common/base/timestamp.h"
#include "sender/keep/names.h"
#include "sender/spool/failed.h"
#include "sender/spool/find.h"

/* A message of the list. */
struct row {
	char id[2 * SIZE_ID + 1];
	const struct letter *letter;
	size_t bytes;
	struct state state; /* its own, or else that of its queue */
	unsigned tries;
	bool failed;
};

static bool headed;

/* Spells an instant; empty if there is none. */
static const char *
spell_instant(int64_t instant, char spelling[SIZE_INSTANT + 1])
{
	spelling[0] = '\0';
	if (instant != 0)
		(void)timestamp_format(instant, spelling);
	return spelling;
}

static void
show_json(const struct row *row)
{
	const struct letter *letter = row->letter;
	char reason[SIZE_JSON(SIZE_WHY)], drawn[2 * SIZE_ID + 1];
	char composed[SIZE_INSTANT + 1], kept[SIZE_INSTANT + 1];
	char until[SIZE_INSTANT + 1], next[SIZE_INSTANT + 1];

	hex_encode(letter->drawn, SIZE_ID, drawn);
	report_quote(row->state.reason, reason, sizeof(reason));
	(void)printf(
	    "{\"v\":1,\"type\":\"kept\",\"id\":\"%s\",\"drawn\":\"%s\",\"from\":\"%s\",\"to\":\"%s\",\"composed\":\"%s\",\"kept\":\"%s\",\"until\":\"%s\",\"bytes\":%zu,\"tries\":%u,\"next\":\"%s\",\"status\":%d,\"reason\":\"%s\",\"failed\":%s}\n",
	    row->id, drawn, letter->way.from, letter->way.to,
	    spell_instant(letter->composed, composed),
	    spell_instant(letter->kept.wall, kept),
	    spell_instant(letter_expires(letter), until), row->bytes,
	    row->tries, spell_instant(row->failed ? 0 : row->state.next, next),
	    (int)row->state.status, reason, row->failed ? "true" : "false");
}

static void
show_words(const struct row *row)
{
	char age[SIZE_SPAN], next[SIZE_SPAN] = "now";
	int64_t wait_s = row->state.next - (int64_t)time(NULL);
	struct moment now;

	if (!headed)
		(void)printf("%-32s  %-12s  %4s  %5s  %6s  %s\n", "id", "to",
		    "age", "tries", "next", "last reason");
	headed = true;
	moment_now(&now);
	tell_span(moment_between(&row->letter->kept, &now), age);
	if (row->failed)
		(void)strlcpy(next, "never", sizeof(next));
	else if (wait_s > 0)
		tell_span(wait_s, next);
	(void)printf("%-32s  %-12s  %4s  %5u  %6s  %s\n", row->id,
	    row->letter->way.to, age, row->tries, next, row->state.reason);
}

/*
 * Shows one message of a folder; `of_queue` is NULL in that of failed ones.
 * Tells if it cannot be read, and then returns SEND_IO.
 */
static enum send_exit
show_file(const struct queue *queue, const char *file,
    const struct state *of_queue, const struct tell *tell)
{
	static char bytes[SIZE_LETTER];
	static struct letter letter;
	struct row row = {.letter = &letter, .failed = of_queue == NULL};
	const char *text;
	int error =
	    queue_get(queue->fd, file, bytes, &letter, &text, &row.bytes);

	if (error == CHAT_EIO && errno == ENOENT)
		return SEND_OK;
	if (error == CHAT_EIO)
		warn("%s", file);
	if (error == CHAT_EMALFORMED)
		warnx("%s: not a message, or damaged; chat-spool -d drops it",
		    file);
	if (error != 0)
		return SEND_IO;
	queue_spell_id(file, row.id);
	state_read(queue->fd, file, &row.state);
	row.tries = row.state.tries;
	if (of_queue != NULL && row.state.next < of_queue->next)
		row.state.next = of_queue->next;
	if (of_queue != NULL && row.state.status == SEND_OK) {
		row.state.status = of_queue->status;
		memcpy(row.state.reason, of_queue->reason,
		    sizeof(row.state.reason));
	}
	if (tell->json)
		show_json(&row);
	else
		show_words(&row);
	return SEND_OK;
}

/* Shows a folder. Tells if it cannot be read, and then returns SEND_IO. */
static enum send_exit
show_folder(const struct spool *spool, const char *folder,
    bool (*is_file)(const char *name), const struct tell *tell)
{
	bool failed = is_file == failed_is_file;
	enum send_exit status = SEND_OK;
	struct failure failure;
	struct state state;
	struct queue queue;
	struct names names = {0};

	if (queue_open(spool, folder, false, &queue, &failure) != SEND_OK) {
		warnx("%s", failure.words);
		return SEND_IO;
	}
	state_read(queue.fd, NULL, &state);
	if (queue.fd != NO_FOLDER &&
	    names_read(queue.fd, is_file, &names) != 0) {
		warn("%s", folder);
		status = SEND_IO;
	}
	for (size_t i = 0; i < names.count; i++)
		if (show_file(&queue, names.list[i], failed ? NULL : &state,
			tell) != SEND_OK)
			status = SEND_IO;
	names_free(&names);
	queue_close(&queue);
	return status;
}

enum send_exit
listing_show(const struct spool *spool, const char *user,
    const struct tell *tell, struct failure *failure)
{
	struct names queues;
	enum send_exit status = find_queues(spool, user, &queues, failure);

	for (size_t i = 0; i < queues.count; i++)
		if (show_folder(spool, queues.list[i], queue_is_file, tell) !=
		    SEND_OK)
			status = SEND_IO;
	names_free(&queues);
	if (user == NULL && spool->fd != NO_FOLDER &&
	    show_folder(spool, FAILED, failed_is_file, tell) != SEND_OK)
		status = SEND_IO;
	if (fflush(stdout) != 0)
		return failure_of_system(failure, SEND_IO, "standard output");
	return status;
}
