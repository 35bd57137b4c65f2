/* Delivers a queue. */
#include "sender/spool/courier.h"

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/base/error.h"
#include "sender/keep/names.h"
#include "sender/spool/carry.h"
#include "sender/spool/done.h"
#include "sender/spool/failed.h"

#define MOST_DRAWS 3    /* of other ids, for one message at once */
#define MOST_DECLINED 3 /* messages that fail for themselves, at once */
#define TELL_S 3600     /* how often somebody is told what to mend */
#define STALE_S 3600    /* a file that is still not complete then never will */
#define SYNC_EVERY 64   /* messages: what is removed comes back at worst */

struct courier {
	const struct spool *spool;
	const struct tell *tell;
	const char *name;
	struct queue queue;
	bool again;   /* not the first time through the queue */
	bool ready;   /* for attempts */
	bool blocked; /* no attempt now */
	bool broken;  /* the spool or standard output failed */
	size_t left, delivered;
	unsigned declined; /* in a row */
	struct parcel parcel;
	char file[SIZE_LETTER];
};

static int64_t
now_wall(void)
{
	return (int64_t)time(NULL);
}

/* The spool or standard output failed: nothing more can be done. */
static void
give_up(struct courier *courier, const char *what)
{
	if (!courier->broken)
		warn("%s: %s", courier->name, what);
	courier->broken = courier->blocked = true;
}

/* Reads a message. Returns false if there is none, or none of ours. */
static bool
load(struct courier *courier, const char *file)
{
	struct parcel *parcel = &courier->parcel;
	size_t size;
	int error = queue_get(courier->queue.fd, file, courier->file, &size);

	if (error == 0)
		error = letter_read(courier->file, size, &parcel->letter,
		    &parcel->text, &parcel->len);
	parcel->file = file;
	if (error == CHAT_EIO && errno != ENOENT)
		warn("warning: %s/%s", courier->name, file);
	else if (error == CHAT_EMALFORMED && !courier->again)
		warnx(
		    "warning: %s/%s: not a message, or damaged; it is left alone",
		    courier->name, file);
	return error == 0;
}

/* Gives a message up; its time is over, or it can never be delivered. */
static void
bury(struct courier *courier, struct state *state)
{
	char reason[sizeof(state->reason)];

	if (state->status == SEND_OK) {
		state->status = SEND_TEMPORARY;
		(void)strlcpy(state->reason,
		    "no attempt was made; does chat-spool -f run often enough?",
		    sizeof(state->reason));
	}
	if (state->uncertain && state->status != SEND_UNKNOWN) {
		state->status = SEND_UNKNOWN;
		(void)strlcpy(reason, state->reason, sizeof(reason));
		(void)snprintf(state->reason, sizeof(state->reason),
		    "sent without a valid receipt, and then: %.400s", reason);
	}
	if (failed_move(&courier->parcel, state, courier->tell) != 0)
		give_up(courier, "cannot give a message up");
}

/* A message that is over has the reason of its queue if it has none itself. */
static void
expire(struct courier *courier, struct state *own)
{
	struct state state;

	state_read(courier->queue.fd, STATE_OF_QUEUE, &state);
	if (own->status == SEND_OK && state.status != SEND_OK) {
		own->status = state.status;
		(void)strlcpy(own->reason, state.reason, sizeof(own->reason));
	}
	bury(courier, own);
}

/* Tells what a person has to mend, once in a while. */
static void
tell_sometimes(
    struct courier *courier, const struct outcome *outcome, size_t count)
{
	int64_t now = now_wall();
	struct state state;

	state_read(courier->queue.fd, STATE_OF_QUEUE, &state);
	if (!state_needs_person(outcome->status) ||
	    (state.told <= now && now - state.told < TELL_S))
		return;
	tell_person(outcome, count);
	state.told = now;
	(void)state_write(&courier->queue, STATE_OF_QUEUE, &state);
}

/* Handles a message that was not delivered. */
static void
keep(struct courier *courier, struct delivery *delivery,
    const struct outcome *outcome, size_t count)
{
	const char *file = courier->parcel.file;
	char id[2 * SIZE_ID + 1], name[SIZE_LONG_NAME];
	bool own = state_is_of_letter(outcome);
	struct state state;

	state_note(&courier->queue, file, outcome, now_wall());
	state_name(file, name);
	state_read(courier->queue.fd, own ? name : STATE_OF_QUEUE, &state);
	parcel_id(file, id);
	if (tell_kept(courier->tell, delivery, outcome, id,
		state.next - now_wall()) != 0)
		give_up(courier, "standard output");
	courier->left++;
	courier->declined += own;
	if (own && courier->declined < MOST_DECLINED)
		return;
	courier->blocked = true;
	tell_sometimes(courier, outcome, count);
}

/* Removes a message that was delivered. Its recipient answers: all are due. */
static void
complete(struct courier *courier, const struct delivery *delivery,
    const struct outcome *outcome, int64_t ms)
{
	const char *file = courier->parcel.file;
	char name[SIZE_LONG_NAME], id[2 * SIZE_ID + 1];

	courier->declined = 0;
	courier->delivered++;
	done_add(&courier->queue, file);
	state_name(file, name);
	if (queue_remove(&courier->queue, file,
		courier->delivered % SYNC_EVERY == 0) != 0)
		give_up(courier, "cannot remove a message");
	(void)queue_remove(&courier->queue, name, false);
	(void)queue_remove(&courier->queue, STATE_OF_QUEUE, false);
	parcel_id(file, id);
	if (tell_delivered(courier->tell, delivery, outcome, id, ms) != 0)
		give_up(courier, "standard output");
}

/* Draws another id, and keeps it before it is used. */
static int
draw_again(struct courier *courier)
{
	static char file[SIZE_LETTER];
	struct parcel *parcel = &courier->parcel;
	size_t size;

	arc4random_buf(parcel->letter.drawn, SIZE_ID);
	size = letter_spell(&parcel->letter, parcel->text, parcel->len, file);
	return queue_replace(&courier->queue, parcel->file, file, size);
}

/* Makes an attempt, and another one for each id that is taken. */
static struct delivery *
attempt(struct courier *courier, struct outcome *outcome)
{
	struct parcel *parcel = &courier->parcel;
	struct delivery *delivery;
	unsigned draws = 0;

	do {
		if (draws > 0 && draw_again(courier) != 0)
			give_up(courier, "cannot keep another id");
		delivery =
		    carry(&parcel->letter, parcel->text, parcel->len, outcome);
	} while (outcome->id_taken != 0 && !parcel->letter.id_given &&
	    !courier->broken && draws++ < MOST_DRAWS);
	return delivery;
}

static void
deliver(struct courier *courier, struct state *own, size_t count)
{
	int64_t start_ms = clock_now_ms();
	struct delivery *delivery;
	struct outcome outcome;

	if (!courier->ready && carry_open() != 0) {
		give_up(courier, "cannot prepare an attempt");
		return;
	}
	courier->ready = true;
	delivery = attempt(courier, &outcome);
	if (outcome.status == SEND_OK) {
		complete(
		    courier, delivery, &outcome, clock_now_ms() - start_ms);
	} else if (outcome.id_taken != 0 && courier->parcel.letter.id_given) {
		own->status = outcome.status;
		(void)strlcpy(own->reason, outcome.reason, sizeof(own->reason));
		bury(courier, own);
	} else
		keep(courier, delivery, &outcome, count);
}

/* Handles a message; `count` is how many there are from this one on. */
static void
handle(struct courier *courier, const char *file, size_t count)
{
	char name[SIZE_LONG_NAME];
	struct moment now;
	struct state own;

	if (!load(courier, file))
		return;
	moment_now(&now);
	state_name(file, name);
	state_read(courier->queue.fd, name, &own);
	if (letter_is_over(&courier->parcel.letter, &now))
		expire(courier, &own);
	else if (courier->blocked || !state_is_due(&own, now.wall))
		courier->left++;
	else
		deliver(courier, &own, count);
}

/* Goes through the queue once. */
static void
pass(struct courier *courier)
{
	struct names names;
	struct state state;

	state_read(courier->queue.fd, STATE_OF_QUEUE, &state);
	courier->blocked |= !state_is_due(&state, now_wall());
	courier->left = courier->delivered = 0;
	if (names_read(courier->queue.fd, queue_is_file, &names) != 0) {
		give_up(courier, "cannot read the queue");
		return;
	}
	for (size_t i = 0; i < names.count && !courier->broken; i++)
		handle(courier, names.list[i], names.count - i);
	names_free(&names);
	if (courier->delivered > 0 &&
	    courier->queue.medium->fsync(courier->queue.fd) != 0)
		give_up(courier, "cannot sync the queue");
}

static bool
is_incomplete(const char *name)
{
	return strncmp(name, ".new-", 5) == 0;
}

/* Removes what writers who died did not complete: nothing was promised. */
static void
clean(const struct queue *queue)
{
	struct names names;
	struct stat st;

	if (names_read(queue->fd, is_incomplete, &names) != 0)
		return;
	for (size_t i = 0; i < names.count; i++)
		if (fstatat(queue->fd, names.list[i], &st, 0) == 0 &&
		    st.st_mtime + STALE_S < now_wall())
			(void)queue_remove(queue, names.list[i], false);
	names_free(&names);
}

enum send_exit
courier_run(
    const struct spool *spool, const char *queue_name, const struct tell *tell)
{
	static struct courier courier;
	struct failure failure;

	courier.spool = spool;
	courier.tell = tell;
	courier.name = queue_name;
	if (queue_open(spool, queue_name, false, &courier.queue, &failure) !=
	    SEND_OK) {
		warnx("%s", failure.words);
		return SEND_IO;
	}
	courier.parcel.spool = spool;
	courier.parcel.queue = &courier.queue;
	courier.parcel.queue_name = queue_name;
	if (!queue_lock(&courier.queue))
		return names_any(courier.queue.fd, queue_is_file) ? SEND_KEPT
								  : SEND_OK;
	clean(&courier.queue);
	do {
		pass(&courier);
		courier.again = true;
	} while (courier.delivered > 0 && !courier.blocked);
	queue_close(&courier.queue);
	if (courier.broken)
		return SEND_IO;
	return courier.left > 0 ? SEND_KEPT : SEND_OK;
}
