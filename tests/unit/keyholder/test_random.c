/*
 * Property 16: turns are never lost. Random sessions are compared with a model
 * of who writes, who waits, and what each session was told. CHAT_SEED=n repeats
 * the run that printed `seed n`.
 */
#include "tests/unit/listener.h"

#define STEPS 10000
#define SENDERS 2
#define NOBODY (-1)

/* The state of a session in the model. */
enum place {
	AWAY,
	PROVEN,
	WAITING,
	WRITING,
	OVER, /* it can only hang up */
};

struct seat {
	enum place place;
	unsigned sender;
	uint32_t id;
	uint8_t text; /* which of two texts with that id */
	bool deaf;    /* does not read its replies */
	int verdict;  /* what it must be told next, or 0 */
};

static struct model {
	struct seat seats[SEATS];
	int queue[SEATS];
	size_t queued;
	int writer;
	bool torn;
	unsigned long left;
	uint32_t next_id;
	bool shown[SENDERS][STEPS];
	uint8_t texts[SENDERS][STEPS]; /* the texts that were shown */
	unsigned long verdicts[VERDICT_BUSY + 1], steps; /* for the summary */
} model;

static uint64_t dice;

/* splitmix64: the same numbers for the same seed everywhere. */
static unsigned
draw(unsigned sides)
{
	uint64_t z = dice += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (unsigned)((z ^ z >> 31) % sides);
}

static void
seed(void)
{
	const char *given = getenv("CHAT_SEED");

	if (given != NULL)
		dice = strtoull(given, NULL, 10);
	else
		ck_assert_int_eq(getentropy(&dice, sizeof(dice)), 0);
	(void)printf("turns at random: seed %llu\n", (unsigned long long)dice);
	(void)fflush(stdout);
}

/* If nobody writes, the next one in the model gets the turn. */
static void
model_hand_on(void)
{
	while (model.writer == NOBODY && model.queued > 0) {
		int i = model.queue[0];
		struct seat *seat = &model.seats[i];

		model.queued--;
		memmove(model.queue, model.queue + 1,
		    model.queued * sizeof(model.queue[0]));
		seat->place = OVER;
		if (model.shown[seat->sender][seat->id])
			seat->verdict =
			    model.texts[seat->sender][seat->id] == seat->text
			    ? VERDICT_DUPLICATE
			    : VERDICT_TAKEN;
		else if (model.left == 0)
			seat->verdict = VERDICT_BUSY;
		else if (!seat->deaf) {
			seat->verdict =
			    model.torn ? VERDICT_GO_ON_NEW : VERDICT_GO;
			seat->place = WRITING;
			model.writer = i;
		}
	}
}

/* A session ends, in any state. */
static void
model_end(int i)
{
	struct seat *seat = &model.seats[i];
	size_t at = 0;

	while (at < model.queued && model.queue[at] != i)
		at++;
	if (at < model.queued) {
		model.queued--;
		memmove(model.queue + at, model.queue + at + 1,
		    (model.queued - at) * sizeof(model.queue[0]));
	}
	if (model.writer == i) {
		model.writer = NOBODY;
		model.torn = true;
	}
	*seat = (struct seat){.place = AWAY};
	model_hand_on();
}

static void
hang_up(int i)
{
	guest_leave(&guests[i]);
	model_end(i);
}

/* A session makes a request that is not allowed, and is thrown out. */
static void
blurt(int i)
{
	struct guest *g = &guests[i];
	union channel_datagram datagram;
	size_t len = guest_spell_deliver(g, &datagram);

	must(guest_ask(g, &datagram, len) != 0, "a request out of its turn");
	(void)close(g->session);
	g->session = -1;
	model_end(i);
}

static void
arrive(int i)
{
	static const struct claim *const claims[SENDERS] = {&bob, &dave};
	struct seat *seat = &model.seats[i];

	seat->sender = draw(SENDERS);
	seat->place = PROVEN;
	seat->deaf = draw(8) == 0;
	guest_prove(&guests[i], claims[seat->sender]);
	if (seat->deaf)
		guest_deafen(&guests[i]);
}

/* Sends a new message, or one of the last ten again; some with another text. */
static void
deliver(int i)
{
	struct seat *seat = &model.seats[i];
	uint32_t back = 1 + draw(10);

	if (draw(2) == 0 && model.next_id >= back)
		seat->id = model.next_id - back;
	else
		seat->id = model.next_id++;
	seat->text = draw(2) == 0;
	guests[i].digest[0] = seat->text;
	seat->place = WAITING;
	model.queue[model.queued++] = i;
	model_hand_on();
	must(guest_deliver(&guests[i], seat->id) == 0, "DELIVER failed");
}

static void
done(int i, enum written written)
{
	struct seat *seat = &model.seats[i];

	seat->place = OVER;
	model.writer = NOBODY;
	if (written == WRITTEN_ALL) {
		model.torn = false;
		model.left--;
		model.shown[seat->sender][seat->id] = true;
		model.texts[seat->sender][seat->id] = seat->text;
	} else if (written == WRITTEN_PART) {
		model.torn = true;
	}
	model_hand_on();
	must(guest_done(&guests[i], written) == 0, "DONE failed");
}

static void
act(int i)
{
	enum place place = model.seats[i].place;

	if (place == AWAY)
		arrive(i);
	else if (place == PROVEN && draw(8) != 0)
		deliver(i);
	else if (place == WRITING && draw(4) != 0)
		done(i, (enum written)(WRITTEN_ALL + draw(3)));
	else if (place == WAITING && draw(4) != 0)
		return;
	else if (place != PROVEN && draw(2) == 0)
		blurt(i);
	else
		hang_up(i);
}

/* Every session has been told what the model says, and nothing else. */
static void
compare_verdicts(void)
{
	for (int i = 0; i < SEATS; i++) {
		struct seat *seat = &model.seats[i];
		int heard;

		if (seat->place == AWAY || seat->deaf)
			continue;
		heard = guest_verdict(&guests[i]);
		must(heard == seat->verdict,
		    "step %lu: session %d heard %d and not %d", model.steps, i,
		    heard, seat->verdict);
		model.verdicts[heard]++;
		seat->verdict = 0;
	}
}

/* The keyholder agrees on who writes, who waits, and in which order. */
static void
compare_turns(void)
{
	const struct slot *waiting = TAILQ_FIRST(&answers.turns.waiting);
	const struct slot *writer =
	    model.writer == NOBODY ? NULL : &guests[model.writer].slot;

	must(TAILQ_FIRST(&answers.turns.holders) == writer,
	    "step %lu: another one writes", model.steps);
	must(writer != NULL || waiting == NULL,
	    "step %lu: one waits while nobody writes", model.steps);
	for (size_t i = 0; i < model.queued; i++) {
		must(waiting == &guests[model.queue[i]].slot,
		    "step %lu: another order of waiting", model.steps);
		waiting = TAILQ_NEXT(waiting, link);
	}
	must(waiting == NULL && *answers.turns.waiting.tqh_last == NULL,
	    "step %lu: more wait than should", model.steps);
	must(answers.turns.torn == model.torn && answers.left == model.left,
	    "step %lu: torn or left", model.steps);
}

/* The states of all slots agree with the model. */
static void
compare_states(void)
{
	static const enum slot_state states[] = {[AWAY] = SLOT_FREE,
	    [PROVEN] = SLOT_DELIVER,
	    [WAITING] = SLOT_WAITING,
	    [WRITING] = SLOT_DONE,
	    [OVER] = SLOT_ENDED};

	for (int i = 0; i < SEATS; i++)
		must(guests[i].slot.state == states[model.seats[i].place],
		    "step %lu: session %d is in state %d", model.steps, i,
		    (int)guests[i].slot.state);
}

/* Sometimes sets how many messages may still be shown. */
static void
refill(void)
{
	if (draw(50) == 0)
		answers.left = model.left = draw(30);
}

START_TEST(p16_turns_are_never_lost_at_random)
{
	seed();
	model.writer = NOBODY;
	model.left = answers.left;
	for (model.steps = 0; model.steps < STEPS; model.steps++) {
		refill();
		act((int)draw(SEATS));
		compare_verdicts();
		compare_turns();
		compare_states();
	}
	for (int verdict = VERDICT_GO; verdict <= VERDICT_BUSY; verdict++)
		ck_assert_uint_gt(model.verdicts[verdict], STEPS / 2000);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    p16_turns_are_never_lost_at_random,
	};

	return unit_run(&(struct unit){"listener random", tests, COUNT(tests),
	    office_setup, office_teardown});
}
