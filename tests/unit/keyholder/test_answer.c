/*
 * Property 16: the keyholder's table of requests: which sequences are allowed.
 */
#include "tests/unit/listener.h"

#define LONGEST 4 /* requests in a sequence */

/* The requests that a session may send. */
enum letter {
	BEGIN,
	VERIFY_RIGHT,
	VERIFY_WRONG,
	DELIVER,
	DONE_ALL,
	DONE_PART,
	DONE_NOTHING,
	BEGIN_SHORT,
	BEGIN_LONG,
	VERIFY_SHORT,
	VERIFY_LONG,
	DELIVER_SHORT,
	DELIVER_LONG,
	DONE_SHORT,
	DONE_LONG,
	UNKNOWN_0,
	UNKNOWN_255,
	EMPTY,
	LETTERS,
};

static const char *const names[] = {"BEGIN", "VERIFY right", "VERIFY wrong",
    "DELIVER", "DONE all", "DONE part", "DONE nothing", "BEGIN short",
    "BEGIN long", "VERIFY short", "VERIFY long", "DELIVER short",
    "DELIVER long", "DONE short", "DONE long", "request 0", "request 255",
    "nothing"};

/* Which request is allowed after a sequence. */
enum opened {
	OPEN_BEGIN,
	OPEN_VERIFY,
	OPEN_DELIVER,
	OPEN_DONE,
	OPEN_NOTHING, /* no request, but the channel is open */
	OPEN_ENDED,
};

/* A sequence of requests, and its result. */
static struct word {
	enum letter letters[LONGEST];
	size_t len;
	int releases; /* how often a key was handed out */
} word;

/* Returns the sequence in words, for a message. */
static const char *
spelling(void)
{
	static char text[LONGEST * 16];

	text[0] = '\0';
	for (size_t i = 0; i < word.len; i++) {
		strcat(text, i == 0 ? "" : ", ");
		strcat(text, names[word.letters[i]]);
	}
	return text;
}

static size_t
spell_done(enum written written, union channel_datagram *datagram)
{
	datagram->done.request = CHANNEL_DONE;
	datagram->done.written = (uint8_t)written;
	return sizeof(datagram->done);
}

/* Builds a valid request of this kind. Returns its size. */
static size_t
spell_right(
    const struct guest *g, enum letter letter, union channel_datagram *datagram)
{
	memset(datagram, 0, sizeof(*datagram));
	switch (letter) {
	case BEGIN:
		return guest_spell_begin(g, datagram);
	case VERIFY_RIGHT:
		return guest_spell_verify(g, datagram);
	case DELIVER:
		return guest_spell_deliver(g, datagram);
	case DONE_ALL:
		return spell_done(WRITTEN_ALL, datagram);
	case DONE_PART:
		return spell_done(WRITTEN_PART, datagram);
	case DONE_NOTHING:
		return spell_done(WRITTEN_NOTHING, datagram);
	default:
		return 0;
	}
}

/* Builds any request, valid or not. Returns the size of its datagram. */
static size_t
spell(
    const struct guest *g, enum letter letter, union channel_datagram *datagram)
{
	static const enum letter whole[] = {
	    BEGIN, VERIFY_RIGHT, DELIVER, DONE_ALL};
	size_t size;

	if (letter >= BEGIN_SHORT && letter <= DONE_LONG) {
		size =
		    spell_right(g, whole[(letter - BEGIN_SHORT) / 2], datagram);
		return (letter - BEGIN_SHORT) % 2 == 0 ? size - 1 : size + 1;
	}
	if (letter == VERIFY_WRONG) {
		size = guest_spell_verify(g, datagram);
		datagram->verify.ps[SIZE_HASH - 1] ^= 1;
		return size;
	}
	size = spell_right(g, letter, datagram);
	if (letter != UNKNOWN_0 && letter != UNKNOWN_255)
		return size;
	datagram->request = letter == UNKNOWN_0 ? 0 : 255;
	return sizeof(struct verify_request);
}

/* The rule that is tested: what is allowed after each request. */
static enum opened
rule(enum opened opened, enum letter letter)
{
	if (opened == OPEN_BEGIN && letter == BEGIN)
		return OPEN_VERIFY;
	if (opened == OPEN_VERIFY && letter == VERIFY_RIGHT)
		return OPEN_DELIVER;
	if (opened == OPEN_VERIFY && letter == VERIFY_WRONG)
		return OPEN_NOTHING;
	if (opened == OPEN_DELIVER && letter == DELIVER)
		return OPEN_DONE;
	if (opened == OPEN_DONE && letter >= DONE_ALL && letter <= DONE_NOTHING)
		return OPEN_NOTHING;
	return OPEN_ENDED;
}

/* Reads the replies to BEGIN and VERIFY. */
static void
take_challenge(struct guest *g)
{
	uint8_t reply[256];
	ssize_t n = guest_hear(g, reply, sizeof(reply));

	must(n == (ssize_t)sizeof(g->challenge), "%s: a challenge of %zd bytes",
	    spelling(), n);
	memcpy(&g->challenge, reply, sizeof(g->challenge));
	guest_derive(g);
	must(guest_keys_in(&g->slot, sizeof(g->slot), g),
	    "the test does not see keys where they are");
}

static void
take_answer(struct guest *g, bool right)
{
	static const struct verify_reply wrong;
	uint8_t bytes[256];
	struct verify_reply reply;
	ssize_t n = guest_hear(g, bytes, sizeof(bytes));

	must(n == (ssize_t)sizeof(reply), "%s: an answer of %zd bytes",
	    spelling(), n);
	memcpy(&reply, bytes, sizeof(reply));
	must(!guest_keys_in(&g->slot, sizeof(g->slot), g),
	    "%s: keys are left in the slot", spelling());
	if (office_finds(bytes, sizeof(reply), g->keys.enc_key, SIZE_HASH))
		word.releases++;
	if (!right)
		must(memcmp(&reply, &wrong, sizeof(reply)) == 0,
		    "%s: a wrong proof was answered", spelling());
	else
		must(reply.right == 1 && reply.listed == 1 &&
			memcmp(reply.enc_key, g->keys.enc_key, SIZE_HASH) == 0,
		    "%s: a right proof was refused", spelling());
}

/* Reads the replies that a request must have got if it was allowed. */
static void
take_replies(struct guest *g, enum letter letter)
{
	int verdict;

	if (letter == BEGIN)
		take_challenge(g);
	if (letter == VERIFY_RIGHT || letter == VERIFY_WRONG)
		take_answer(g, letter == VERIFY_RIGHT);
	if (letter != DELIVER)
		return;
	verdict = guest_verdict(g);
	must(verdict == VERDICT_GO || verdict == VERDICT_GO_ON_NEW,
	    "%s: verdict %d", spelling(), verdict);
}

/* Sends one request and compares the result with the rule. */
static enum opened
take(struct guest *g, enum opened opened, enum letter letter)
{
	union channel_datagram datagram;
	size_t len = spell(g, letter, &datagram);
	enum opened next = rule(opened, letter);
	uint8_t byte;
	int error;

	if (opened == OPEN_ENDED) {
		must(send(g->session, &datagram, len, 0) == -1,
		    "%s: heard after its end", spelling());
		return OPEN_ENDED;
	}
	error = guest_ask(g, &datagram, len);
	must((error != 0) == (next == OPEN_ENDED), "%s: %s", spelling(),
	    error == 0 ? "the channel stays" : error_text(error));
	if (next == OPEN_ENDED)
		must(guest_is_out(g), "%s: not thrown out", spelling());
	else
		take_replies(g, letter);
	must(guest_hear(g, &byte, 1) == (next == OPEN_ENDED ? 0 : -1),
	    "%s: a reply too many", spelling());
	return next;
}

/* A session sends the sequence and hangs up. */
static void
say_word(void)
{
	static const struct slot fresh = {.state = SLOT_FREE, .channel = -1};
	static uint64_t id;
	struct guest *g = &guests[0];
	enum opened opened = OPEN_BEGIN;

	id++;
	memcpy(g->id, &id, sizeof(id));
	memset(&g->keys, 0xa5, sizeof(g->keys));
	memset(&g->challenge, 0xa5, sizeof(g->challenge));
	word.releases = 0;
	guest_enter(g);
	for (size_t i = 0; i < word.len; i++)
		opened = take(g, opened, word.letters[i]);
	guest_leave(g);
	must(memcmp(&g->slot, &fresh, sizeof(fresh)) == 0,
	    "%s: the slot is not wiped", spelling());
	must(TAILQ_EMPTY(&answers.turns.holders) &&
		TAILQ_EMPTY(&answers.turns.waiting),
	    "%s: the turn is lost", spelling());
	must(word.releases ==
		(word.len > 1 && word.letters[0] == BEGIN &&
		    word.letters[1] == VERIFY_RIGHT),
	    "%s: %d releases", spelling(), word.releases);
}

/* Sends all sequences that start with this one, up to the maximum length. */
static unsigned long
say_all(void)
{
	unsigned long said = 1;

	say_word();
	if (word.len == LONGEST)
		return said;
	word.len++;
	for (int letter = 0; letter < LETTERS; letter++) {
		word.letters[word.len - 1] = (enum letter)letter;
		said += say_all();
	}
	word.len--;
	return said;
}

START_TEST(p16_every_sequence_of_requests_up_to_four)
{
	unsigned long wanted = 0, power = 1;

	for (int i = 0; i <= LONGEST; i++, power *= LETTERS)
		wanted += power;
	guest_claim(&guests[0], &bob);
	word.len = 0;
	ck_assert_uint_eq(say_all(), wanted);
}
END_TEST

/* Datagrams of all sizes that the keyholder can read, for each request. */
START_TEST(p16_every_size_but_the_right_one_ends_the_channel)
{
	static const size_t sizes[] = {sizeof(struct begin_request),
	    sizeof(struct verify_request), sizeof(struct deliver_request),
	    sizeof(struct done_request)};
	union channel_datagram datagram;
	struct slot slot;

	memset(&datagram, 0, sizeof(datagram));
	for (unsigned request = 0; request < 256; request++)
		for (size_t len = 0; len <= sizeof(datagram); len++) {
			if (request >= 1 && request <= 4 &&
			    len == sizes[request - 1])
				continue;
			for (int state = 0; state <= SLOT_ENDED; state++) {
				memset(&slot, 0, sizeof(slot));
				slot.state = (enum slot_state)state;
				slot.channel = -1;
				datagram.request = (uint8_t)request;
				must(answer_request(&answers, &slot, &datagram,
					 len) == CHAT_EMALFORMED,
				    "request %u of %zu bytes", request, len);
			}
		}
}
END_TEST

START_TEST(p16_death_after_begin_wipes_the_keys)
{
	struct guest *g = &guests[0];

	guest_enter(g);
	guest_begin(g, &bob);
	ck_assert(guest_keys_in(&g->slot, sizeof(g->slot), g));
	guest_leave(g);
	ck_assert(!guest_keys_in(&g->slot, sizeof(g->slot), g));
	ck_assert_int_eq(g->slot.state, SLOT_FREE);
}
END_TEST

/* If there is no room for a reply, the channel ends; nothing waits for it. */
START_TEST(p16_a_session_that_does_not_read_is_not_waited_for)
{
	static const enum letter letters[] = {
	    BEGIN, VERIFY_RIGHT, VERIFY_WRONG};
	struct guest *g = &guests[0];
	union channel_datagram datagram;

	for (size_t i = 0; i < COUNT(letters); i++) {
		guest_claim(g, &bob);
		guest_enter(g);
		if (letters[i] != BEGIN)
			guest_begin(g, &bob);
		guest_deafen(g);
		ck_assert_int_eq(
		    guest_ask(g, &datagram, spell(g, letters[i], &datagram)),
		    CHAT_ECLOSED);
		ck_assert_int_eq(g->slot.state, SLOT_FREE);
		guest_leave(g);
	}
}
END_TEST

/* A session makes a request and dies before the reply. */
START_TEST(p16_a_session_that_dies_asking_is_not_missed)
{
	static const enum letter letters[] = {
	    BEGIN, VERIFY_RIGHT, VERIFY_WRONG};
	struct guest *g = &guests[0];
	union channel_datagram datagram;

	for (size_t i = 0; i < COUNT(letters); i++) {
		size_t len;

		guest_claim(g, &bob);
		guest_enter(g);
		if (letters[i] != BEGIN)
			guest_begin(g, &bob);
		len = spell(g, letters[i], &datagram);
		ck_assert_int_eq(
		    send(g->session, &datagram, len, 0), (ssize_t)len);
		(void)close(g->session);
		ck_assert_int_eq(guest_serve(g), CHAT_ECLOSED);
		ck_assert_int_eq(g->slot.state, SLOT_FREE);
	}
	g->session = -1;
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
	    p16_every_sequence_of_requests_up_to_four,
	    p16_every_size_but_the_right_one_ends_the_channel,
	    p16_death_after_begin_wipes_the_keys,
	    p16_a_session_that_does_not_read_is_not_waited_for,
	    p16_a_session_that_dies_asking_is_not_missed,
	};

	return unit_run(&(struct unit){"listener answer", tests, COUNT(tests),
	    office_setup, office_teardown});
}
