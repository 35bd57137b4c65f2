/* Delivers a queue. */
#include "sender/spool/courier.h"

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/base/error.h"
#include "sender/keep/names.h"
#include "sender/spool/carry.h"
#include "sender/spool/done.h"
#include "sender/spool/failed.h"
#include "sender/spool/tidy.h"

#define MOST_DRAWS 3    /* of other ids, for one message at once */
#define MOST_DECLINED 3 /* messages that fail for themselves, at once */
#define TELL_S 3600     /* how often somebody is told what to mend */
#define SYNC_EVERY 64   /* messages: what is removed comes back at worst */

struct courier {
	const struct spool *spool;
	const struct tell *tell;
	const char *name;
	struct queue queue;
	bool again;   /* what is damaged has been told */
	bool ready;   /* for attempts */
	bool blocked; /* no attempt now */
	bool broken;  /* the spool or standard output failed */
	bool unread;  /* a message that matters cannot be read */
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

/* Whether it is a failure if a message is damaged, or cannot be read. */
static bool
matters(const struct courier *courier, const char *file)
{
	char id[2 * SIZE_ID + 1];

	queue_spell_id(file, id);
	return courier->tell->awaited == NULL ||
	    strcmp(id, courier->tell->awaited) == 0;
}

/* Reads a message. Returns false if there is none, or it cannot be read. */
static bool
load(struct courier *courier, const char *file)
{
	struct parcel *parcel = &courier->parcel;
	int error = queue_get(courier->queue.fd, file, courier->file,
	    &parcel->letter, &parcel->text, &parcel->len);

	parcel->file = file;
	if (error == 0 || (error == CHAT_EIO && errno == ENOENT))
		return error == 0;
	courier->unread |= matters(courier, file);
	if (courier->again)
		return false;
	if (error == CHAT_EIO)
		warn("%s/%s", courier->name, file);
	else
		warnx(
		    "%s/%s: not a message, or damaged; it is left alone, and chat-spool -d drops it",
		    courier->name, file);
	return false;
}

/* Gives a message up; its time is over, or it can never be delivered. */
static void
bury(struct courier *courier, struct state *state)
{
	if (state->status == SEND_OK) {
		state->status =
		    state->uncertain ? SEND_UNKNOWN : SEND_TEMPORARY;
		(void)strlcpy(state->reason,
		    state->uncertain
			? "an attempt was cut off, so it may have been delivered"
			: "no attempt was made; does chat-spool -f run often enough?",
		    sizeof(state->reason));
	}
	if (state->uncertain)
		report_uncertain(&state->status, state->reason);
	if (failed_move(&courier->parcel, state, courier->tell) != 0)
		give_up(courier, "cannot give a message up");
}

/*
 * A message that is over has the reason of its queue if it has none itself.
 * What was sent without a receipt was another one.
 */
static void
expire(struct courier *courier, struct state *own)
{
	struct state state;

	state_read(courier->queue.fd, NULL, &state);
	if (own->status == SEND_OK && state.status != SEND_OK) {
		own->status = state.status == SEND_UNKNOWN ? SEND_TEMPORARY
							   : state.status;
		(void)snprintf(own->reason, sizeof(own->reason),
		    "others before it failed: %.400s", state.reason);
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

	state_read(courier->queue.fd, NULL, &state);
	if (!state_needs_person(outcome->status) ||
	    (state.told <= now && now - state.told < TELL_S))
		return;
	tell_person(outcome, count);
	state.told = now;
	(void)state_write(&courier->queue, NULL, &state, false);
}

/* Tells of a message that was not delivered. */
static void
tell_of(struct courier *courier, struct delivery *delivery,
    const struct state *own, const struct outcome *outcome)
{
	struct outcome told = *outcome;
	char id[2 * SIZE_ID + 1];
	struct state state = *own;

	if (!state_is_of_letter(outcome))
		state_read(courier->queue.fd, NULL, &state);
	if (own->uncertain)
		report_uncertain(&told.status, told.reason);
	queue_spell_id(courier->parcel.file, id);
	if (tell_kept(courier->tell, delivery, &told, id,
		state.next - now_wall()) != 0)
		give_up(courier, "standard output");
}

/* Handles a message that was not delivered. */
static void
keep(struct courier *courier, struct delivery *delivery, struct state *own,
    const struct outcome *outcome, size_t count)
{
	bool of_letter = state_is_of_letter(outcome);

	state_note(
	    &courier->queue, courier->parcel.file, own, outcome, now_wall());
	tell_of(courier, delivery, own, outcome);
	courier->left++;
	courier->declined += of_letter;
	if (of_letter && courier->declined < MOST_DECLINED)
		return;
	if (of_letter)
		state_note_queue(&courier->queue, outcome, now_wall());
	courier->blocked = true;
	tell_sometimes(courier, outcome, count);
}

/* Removes a message that was delivered. Its recipient answers: all are due. */
static void
complete(struct courier *courier, const struct delivery *delivery,
    const struct outcome *outcome, int64_t ms)
{
	const char *file = courier->parcel.file;
	char id[2 * SIZE_ID + 1];

	courier->declined = 0;
	courier->delivered++;
	done_add(&courier->queue, file);
	if (queue_remove(&courier->queue, file,
		courier->delivered % SYNC_EVERY == 0) != 0)
		give_up(courier, "cannot remove a message");
	(void)state_remove(&courier->queue, file, false);
	(void)state_remove(&courier->queue, NULL, false);
	queue_spell_id(file, id);
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
	return size == 0
	    ? CHAT_EIO
	    : queue_replace(&courier->queue, parcel->file, file, size, true);
}

/*
 * Makes an attempt, and another one for each id that is taken. Returns NULL if
 * there was none.
 */
static struct delivery *
attempt(
    struct courier *courier, const struct state *own, struct outcome *outcome)
{
	struct parcel *parcel = &courier->parcel;
	struct delivery *delivery;

	for (unsigned draws = 0;; draws++) {
		delivery = carry_load(
		    &parcel->letter, parcel->text, parcel->len, outcome);
		if (outcome->status != SEND_OK)
			return delivery;
		if (state_begin(&courier->queue, parcel->file, own) != 0) {
			give_up(courier, "cannot note an attempt");
			return NULL;
		}
		carry(outcome);
		if (outcome->id_taken == 0 || parcel->letter.id_given ||
		    draws == MOST_DRAWS)
			return delivery;
		if (draw_again(courier) != 0) {
			give_up(courier, "cannot keep another id");
			return delivery;
		}
	}
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
	if ((delivery = attempt(courier, own, &outcome)) == NULL)
		return;
	if (outcome.status == SEND_OK) {
		complete(
		    courier, delivery, &outcome, clock_now_ms() - start_ms);
	} else if (outcome.id_taken != 0 && courier->parcel.letter.id_given) {
		own->status = outcome.status;
		(void)strlcpy(own->reason, outcome.reason, sizeof(own->reason));
		bury(courier, own);
	} else
		keep(courier, delivery, own, &outcome, count);
}

/* Handles a message; `count` is how many there are from this one on. */
static void
handle(struct courier *courier, const char *file, size_t count)
{
	struct moment now;
	struct state own;

	if (!load(courier, file))
		return;
	moment_now(&now);
	state_read(courier->queue.fd, file, &own);
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

	state_read(courier->queue.fd, NULL, &state);
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

/* Delivers the queue, which is open and locked. */
static enum send_exit
work(struct courier *courier)
{
	tidy(&courier->queue);
	failed_resume(courier->spool, courier->name, courier->tell);
	do {
		pass(courier);
		courier->again = true;
	} while (courier->delivered > 0 && !courier->blocked);
	if (courier->broken || courier->unread)
		return SEND_IO;
	return courier->left > 0 ? SEND_KEPT : SEND_OK;
}

enum send_exit
courier_run(
    const struct spool *spool, const char *queue_name, const struct tell *tell)
{
	static struct courier courier;
	struct failure failure;
	enum send_exit status = SEND_OK;

	courier = (struct courier){.spool = spool,
	    .tell = tell,
	    .name = queue_name,
	    .again = tell->again,
	    .parcel = {.spool = spool,
		.queue = &courier.queue,
		.queue_name = queue_name}};
	if (queue_open(spool, queue_name, false, &courier.queue, &failure) !=
	    SEND_OK) {
		warnx("%s", failure.words);
		return SEND_IO;
	}
	if (courier.queue.fd != NO_FOLDER && queue_lock(&courier.queue))
		status = work(&courier);
	else if (courier.queue.fd != NO_FOLDER &&
	    names_any_letter(courier.queue.fd))
		status = SEND_KEPT;
	queue_close(&courier.queue);
	return status;
}
