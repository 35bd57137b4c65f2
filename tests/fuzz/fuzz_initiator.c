/*
 * The initiator in any order of calls; proofs, MACs and the key agreement are
 * replaced. The first line of an input has a letter for each act: h makes a
 * hello; c p r read the next line as challenge, confirm, receipt; t sends the
 * next line as the text; x closes; M and P make the next MAC, or the proof
 * after it, wrong; + and - move the clock. The other lines follow.
 */
#include "common/base/timestamp.h"
#include "common/chat1/initiator.h"
#include "tests/fuzz/fake_proof.h"
#include "tests/fuzz/fake_seal.h"
#include "tests/fuzz/fake_spake2.h"
#include "tests/fuzz/frames.h"

#define NOW 1767323045 /* 2026-01-02T03:04:05Z, as in chat1.json */
#define PASSWORD "correct horse"

static struct suite suite;

static struct {
	struct initiator initiator;
	uint8_t w[SIZE_SCALAR], scalar[SIZE_SCALAR];
	struct keys keys; /* of the session, after they are derived */
	bool keyed, failed;
	unsigned sent, receipted;
	int64_t now;
	struct line in, out;
} run;

static bool
holds_bytes(const void *bytes, size_t len)
{
	return memmem(&run.initiator, sizeof(run.initiator), bytes, len) !=
	    NULL;
}

/* The inputs of the key agreement are wiped. */
static void
check_agreed(void)
{
	HOLDS(!holds_bytes(PASSWORD, strlen(PASSWORD)));
	HOLDS(!holds_bytes(run.w, SIZE_SCALAR));
	HOLDS(!holds_bytes(run.scalar, SIZE_SCALAR));
}

/* No secret is left. */
static void
check_closed(void)
{
	const struct initiator *i = &run.initiator;

	HOLDS(i->state == INITIATOR_FAILED);
	check_agreed();
	HOLDS(all_zero(&i->exchange.keys, sizeof(i->exchange.keys)));
	HOLDS(all_zero(&i->party, sizeof(i->party)));
	HOLDS(i->password_to == NULL);
	if (!run.keyed)
		return;
	HOLDS(!holds_bytes(run.keys.enc_key, SIZE_HASH));
	HOLDS(!holds_bytes(run.keys.iv, SIZE_BLOCK));
	HOLDS(!holds_bytes(run.keys.hmac_key, SIZE_HASH));
	HOLDS(!holds_bytes(run.keys.chap_secret, SIZE_HASH));
}

/* After every call: the state went forward by one, or failed. */
static void
check_call(enum initiator_state before, enum initiator_state turn, int error)
{
	if (before != turn)
		HOLDS(error == CHAT_EINTERNAL);
	if (error == 0) {
		HOLDS(run.initiator.state == turn + 1 && !run.failed);
		HOLDS(!run.initiator.refused);
		return;
	}
	run.failed = true;
	check_closed();
}

/* Returns whether this error may end a handshake, or a receipt. */
static void
check_error(int error, bool in_turn, bool nacked)
{
	if (!in_turn)
		return;
	if (run.initiator.refused)
		HOLDS(nacked &&
		    ((error <= CHAT_EMALFORMED && error >= CHAT_EBUSY) ||
			(run.sent > 0 &&
			    (error == CHAT_EUNDELIVERED ||
				error == CHAT_ETAKEN)) ||
			(run.sent == 0 && error == CHAT_EWAIT)));
	else
		HOLDS(error == 0 || error == CHAT_EINTERNAL ||
		    (error <= CHAT_EMALFORMED && error >= CHAT_EAUTH) ||
		    error == CHAT_EUNCONFIRMED);
}

/* Takes the next line. Returns whether it is a frame of that type. */
static bool
take_line(struct input *input, struct frame *frame)
{
	static uint8_t payload[LIMIT_CIPHERTEXT];
	const uint8_t *line;
	size_t len = input_line(input, &line);

	frames_fill(&run.in, line, len);
	return frame_decode(&run.in, frame, payload, sizeof(payload)) == 0;
}

static void
check_out(enum frame_type type, int64_t instant)
{
	static uint8_t payload[LIMIT_CIPHERTEXT];
	struct frame frame;

	HOLDS(run.out.len <= frame_limit(type));
	HOLDS(frame_decode(&run.out, &frame, payload, sizeof(payload)) == 0);
	HOLDS(frame.type == type && frame.has_mac == frames_has_mac(type));
	HOLDS(frame.time == instant);
}

static void
say_hello(void)
{
	enum initiator_state before = run.initiator.state;
	int error = initiator_hello(&run.initiator, run.now, &run.out);

	check_call(before, INITIATOR_READY, error);
	if (error == 0)
		check_out(FRAME_HELLO, run.now);
}

static void
read_challenge(struct input *lines)
{
	enum initiator_state before = run.initiator.state;
	struct frame frame;
	bool good = take_line(lines, &frame);
	int error =
	    initiator_challenge(&run.initiator, run.now, &run.in, &run.out);

	check_call(before, INITIATOR_HELLO_SENT, error);
	check_error(error, before == INITIATOR_HELLO_SENT,
	    good && frame.type == FRAME_NACK && !frame.has_mac);
	HOLDS(error != CHAT_EUNCONFIRMED);
	if (error != 0)
		return;
	HOLDS(good && frame.type == FRAME_CHALLENGE && !frame.has_mac);
	HOLDS(timestamp_near(frame.time, run.now));
	HOLDS(frame.payload_len == CHALLENGE_LEN);
	run.keys = run.initiator.exchange.keys;
	run.keyed = true;
	check_agreed();
	check_out(FRAME_RESPONSE, run.now);
}

static void
read_confirm(struct input *lines)
{
	enum initiator_state before = run.initiator.state;
	unsigned yes = fake_proof.yes;
	struct frame frame;
	bool good = take_line(lines, &frame);
	int error = initiator_confirm(&run.initiator, run.now, &run.in);

	check_call(before, INITIATOR_RESPONSE_SENT, error);
	check_error(error, before == INITIATOR_RESPONSE_SENT,
	    good && frame.type == FRAME_NACK && !frame.has_mac);
	HOLDS(error != CHAT_EUNCONFIRMED);
	if (error != 0)
		return;
	HOLDS(good && frame.type == FRAME_CONFIRM && frame.has_mac);
	HOLDS(timestamp_near(frame.time, run.now));
	HOLDS(fake_proof.yes == yes + 2 && fake_proof.no == 0);
}

/* The text can be read from the frame. */
static void
check_text(const uint8_t *text, size_t len)
{
	static uint8_t payload[LIMIT_CIPHERTEXT], opened[LIMIT_CIPHERTEXT];
	struct frame frame;
	size_t opened_len;

	HOLDS(frame_decode(&run.out, &frame, payload, sizeof(payload)) == 0);
	HOLDS(seal_decrypt(&suite, &run.keys, frame.payload, frame.payload_len,
		  opened, &opened_len) == 0);
	HOLDS(opened_len == len && memcmp(opened, text, len) == 0);
	HOLDS(!holds_bytes(run.keys.enc_key, SIZE_HASH));
}

static void
send_text(struct input *lines)
{
	enum initiator_state before = run.initiator.state;
	const uint8_t *text;
	size_t len = input_line(lines, &text);
	int error = initiator_text(&run.initiator, FRAME_TEXT, run.now,
	    (const char *)text, len, &run.out);

	check_call(before, INITIATOR_CONFIRMED, error);
	if (error != 0)
		return;
	HOLDS(run.sent++ == 0 && fake_proof.yes == 2 && fake_proof.no == 0);
	check_out(FRAME_TEXT, run.now);
	check_text(text, len);
}

static void
read_receipt(struct input *lines)
{
	enum initiator_state before = run.initiator.state;
	unsigned yes = fake_proof.yes;
	struct frame frame;
	bool good = take_line(lines, &frame);
	struct receipt receipt;
	int error =
	    initiator_receipt(&run.initiator, run.now, &run.in, &receipt);

	check_call(before, INITIATOR_TEXT_SENT, error);
	check_error(error, before == INITIATOR_TEXT_SENT,
	    good && frame.type == FRAME_NACK && frame.has_mac);
	if (before != INITIATOR_TEXT_SENT)
		return;
	/* Only a proven answer tells anything. */
	HOLDS(error == CHAT_EUNCONFIRMED ||
	    (good && frame.has_mac && fake_proof.yes == yes + 1));
	if (error != 0)
		return;
	HOLDS(frame.type == FRAME_ACK && frame.payload_len == RECEIPT_LEN);
	HOLDS(timestamp_near(frame.time, run.now));
	HOLDS(run.sent == 1 && run.receipted++ == 0);
}

static void
act(uint8_t what, struct input *lines)
{
	switch (what) {
	case 'h':
		say_hello();
		break;
	case 'c':
		read_challenge(lines);
		break;
	case 'p':
		read_confirm(lines);
		break;
	case 't':
		send_text(lines);
		break;
	case 'r':
		read_receipt(lines);
		break;
	case 'x':
		initiator_close(&run.initiator);
		run.failed = true;
		check_closed();
		break;
	case 'M':
	case 'P':
		fake_proof.wrong = what == 'M' ? 1 : 2;
		break;
	case '+':
		run.now += LIMIT_CLOCK_SKEW;
		break;
	case '-':
		run.now -= LIMIT_CLOCK_SKEW;
		break;
	default:
		break;
	}
}

static void
open_it(void)
{
	struct initiator_input input = {.from = "bob",
	    .to = "alice",
	    .password_from = "battery staple",
	    .password_to = PASSWORD};
	struct spake2 *spake2;

	if (suite.sha256 == NULL)
		HOLDS(suite_open(&suite) == 0);
	fake_suite = &suite;
	memset(&fake_proof, 0, sizeof(fake_proof));
	memset(&run, 0, offsetof(__typeof__(run), in));
	memset(input.drawn, 'I', SIZE_ID);
	memset(input.scalar, 'X', SIZE_SCALAR);
	memset(input.nonce, 'N', SIZE_NONCE);
	HOLDS(spake2_open(&spake2) == 0);
	HOLDS(initiator_open(&run.initiator, &suite, spake2, &input) == 0);
	memcpy(run.w, run.initiator.party.w, SIZE_SCALAR);
	memcpy(run.scalar, input.scalar, SIZE_SCALAR);
	run.now = NOW;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input lines = {data, data + size};
	const uint8_t *acts;
	size_t count = input_line(&lines, &acts);

	open_it();
	for (size_t i = 0; i < count && acts[i] != '\n'; i++)
		act(acts[i], &lines);
	initiator_close(&run.initiator);
	check_closed();
	return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	return frames_mutate_lines(data, size, max, seed);
}
