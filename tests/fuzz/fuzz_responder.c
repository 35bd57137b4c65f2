/*
 * The responder in any order of calls; proofs, MACs and the cipher are
 * replaced. The first line of an input has a letter for each act: h r t read
 * the next line as hello, response, text; a acknowledges; x closes; B V M make
 * the next begin, verify, MAC fail; L makes the sender unlisted; + and - move
 * the clock; any other letter refuses. The lines to read follow.
 */
#include "common/base/batch.h"
#include "common/base/name.h"
#include "common/base/text.h"
#include "common/base/timestamp.h"
#include "common/chat1/responder.h"
#include "tests/fuzz/fake_proof.h"
#include "tests/fuzz/fake_seal.h"
#include "tests/fuzz/frames.h"

#define NOW 1767323045 /* 2026-01-02T03:04:05Z, as in chat1.json */

static struct suite suite;
static struct keys secrets; /* released by ops->verify(), and derived */

static struct {
	struct responder responder;
	struct line in, out;
	int64_t now;
	bool begin_fails, verify_fails, unlisted;
	unsigned begun, released, accepted, acked, nacked;
	bool answering; /* a line came in place of the text */
	bool failed, closed;
} run;

static int
begin(void *arg, const char *from, const char *to, const uint8_t pa[SIZE_POINT],
    uint8_t pb[SIZE_POINT], uint8_t cl[SIZE_NONCE])
{
	HOLDS(arg == &run && run.begun++ == 0);
	HOLDS(name_valid(from, strlen(from)) && name_valid(to, strlen(to)));
	memcpy(pb, pa, SIZE_POINT);
	memset(cl, 'C', SIZE_NONCE);
	return run.begin_fails ? CHAT_EBUSY : CHAT_OK;
}

static int
verify(void *arg, const uint8_t t2[SIZE_HASH], const uint8_t cs[SIZE_NONCE],
    const uint8_t ps[SIZE_HASH], uint8_t enc_key[SIZE_HASH], bool *listed)
{
	HOLDS(arg == &run && run.begun == 1 && run.released == 0);
	HOLDS(
	    memcmp(t2, run.responder.exchange.transcript.hash, SIZE_HASH) == 0);
	HOLDS(cs - ps == SIZE_HASH);
	if (run.verify_fails)
		return CHAT_EAUTH;
	run.released++;
	memcpy(enc_key, secrets.enc_key, SIZE_HASH);
	*listed = !run.unlisted;
	return CHAT_OK;
}

static void
set_up(void)
{
	uint8_t enc_key[SIZE_HASH];

	if (suite.sha256 != NULL)
		return;
	memset(enc_key, 'E', SIZE_HASH);
	HOLDS(suite_open(&suite) == 0);
	HOLDS(keys_expand(&suite, enc_key, &secrets) == 0);
}

/* The session's keys are nowhere in the responder. */
static void
check_keyless(void)
{
	const struct responder *r = &run.responder;

	HOLDS(memmem(r, sizeof(*r), secrets.enc_key, SIZE_HASH) == NULL);
	HOLDS(memmem(r, sizeof(*r), secrets.hmac_key, SIZE_HASH) == NULL);
	HOLDS(memmem(r, sizeof(*r), secrets.chap_secret, SIZE_HASH) == NULL);
	HOLDS(memmem(r, sizeof(*r), secrets.iv, SIZE_BLOCK) == NULL);
}

/* An accepted line has this type, and its time is right. */
static void
check_in(enum frame_type type)
{
	static uint8_t payload[LIMIT_CIPHERTEXT];
	struct frame frame;

	HOLDS(frame_decode(&run.in, &frame, payload, sizeof(payload)) == 0);
	HOLDS(frame.type == type ||
	    (type == FRAME_TEXT && frame.type == FRAME_LINES));
	HOLDS((frame.type == FRAME_LINES) == (run.responder.message.lines > 0));
	HOLDS(frame.has_mac == frames_has_mac(type));
	HOLDS(type == FRAME_TEXT ? frame.time <= run.now + LIMIT_CLOCK_SKEW
				 : timestamp_near(frame.time, run.now));
	HOLDS(type != FRAME_TEXT || frame.time == run.responder.message.sent);
}

/* A line that was encoded is the one to send. */
static void
check_out(enum frame_type type, bool has_mac)
{
	uint8_t payload[LIMIT_FRAME];
	struct frame frame;

	HOLDS(run.out.len <= LIMIT_FRAME);
	HOLDS(frame_decode(&run.out, &frame, payload, sizeof(payload)) == 0);
	HOLDS(frame.type == type && frame.has_mac == has_mac);
	HOLDS(frame.time == run.now);
}

static void
check_message(void)
{
	const struct message *m = &run.responder.message;

	HOLDS(run.accepted++ == 0 && run.released == 1);
	HOLDS(fake_proof.yes == 2 && fake_proof.no == 0);
	HOLDS(fake_seal.decrypted == 1);
	HOLDS(text_check(m->text, m->len) == 0);
	HOLDS(m->lines == 0 || m->lines == batch_count(m->text, m->len));
	HOLDS(name_valid(m->from, strlen(m->from)));
	HOLDS(name_valid(m->to, strlen(m->to)));
	HOLDS(m->listed == !run.unlisted);
}

/* After every call: the state went forward by one, or failed. */
static void
check_call(enum responder_state before, enum responder_state turn, int error)
{
	enum responder_state after = run.responder.state;

	if (before != turn)
		HOLDS(error == CHAT_EINTERNAL);
	HOLDS(error == 0 ? after == turn + 1 && !run.failed && !run.closed
			 : after >= before);
	HOLDS(error != 0 || after > before);
	run.failed |= error != 0;
}

static void
take_line(struct input *input)
{
	const uint8_t *line;
	size_t len = input_line(input, &line);

	frames_fill(&run.in, line, len);
}

static void
read_hello(void)
{
	struct responder *r = &run.responder;
	enum responder_state before = r->state;
	int error = responder_hello(r, run.now, &run.in, &run.out);

	check_call(before, RESPONDER_READY, error);
	if (error != 0)
		return;
	check_in(FRAME_HELLO);
	check_out(FRAME_CHALLENGE, false);
}

static void
read_response(void)
{
	struct responder *r = &run.responder;
	enum responder_state before = r->state;
	unsigned yes = fake_proof.yes;
	int error = responder_response(r, run.now, &run.in, &run.out);

	check_call(before, RESPONDER_CHALLENGED, error);
	if (error != 0)
		return;
	HOLDS(run.released == 1 && fake_proof.yes == yes + 1);
	check_in(FRAME_RESPONSE);
	check_out(FRAME_CONFIRM, true);
}

static void
read_text(void)
{
	struct responder *r = &run.responder;
	enum responder_state before = r->state;
	unsigned no = fake_proof.no, decrypted = fake_seal.decrypted;
	int error = responder_text(r, run.now, &run.in);

	check_call(before, RESPONDER_CONFIRMED, error);
	run.answering |= before == RESPONDER_CONFIRMED;
	HOLDS(fake_proof.no == no || fake_seal.decrypted == decrypted);
	if (error != 0)
		return;
	check_in(FRAME_TEXT);
	check_message();
}

static void
acknowledge(void)
{
	struct responder *r = &run.responder;
	enum responder_state before = r->state;
	int error =
	    responder_ack(r, run.now, &(struct receipt){.seq = 7}, &run.out);

	check_call(before, RESPONDER_TEXT_READ, error);
	if (error != 0)
		return;
	HOLDS(run.accepted == 1 && run.acked++ == 0 && run.nacked == 0);
	check_out(FRAME_ACK, true);
}

static void
refuse(int reason)
{
	struct responder *r = &run.responder;

	if (responder_nack(r, run.now, reason, &run.out) != 0)
		return;
	HOLDS(run.acked == 0 && run.nacked++ == 0 && !run.closed);
	HOLDS(r->state == RESPONDER_ANSWERED);
	check_out(FRAME_NACK, run.answering);
}

static void
close_it(void)
{
	responder_close(&run.responder);
	run.closed = true;
	check_keyless();
	HOLDS(all_zero(&run.responder.message, sizeof(struct message)));
	HOLDS(run.responder.state >= RESPONDER_FAILED);
}

static void
act(uint8_t what, struct input *lines)
{
	if (what == 'h' || what == 'r' || what == 't')
		take_line(lines);
	switch (what) {
	case 'h':
		read_hello();
		break;
	case 'r':
		read_response();
		break;
	case 't':
		read_text();
		break;
	case 'a':
		acknowledge();
		break;
	case 'x':
		close_it();
		break;
	case 'B':
		run.begin_fails = true;
		break;
	case 'V':
		run.verify_fails = true;
		break;
	case 'M':
		fake_proof.wrong = 1;
		break;
	case 'L':
		run.unlisted = run.released == 0;
		break;
	case '+':
		run.now += LIMIT_CLOCK_SKEW;
		break;
	case '-':
		run.now -= LIMIT_CLOCK_SKEW;
		break;
	default:
		refuse(-(what % 19));
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input lines = {data, data + size};
	const struct responder_ops ops = {begin, verify, &run};
	const uint8_t *acts;
	size_t count = input_line(&lines, &acts);

	set_up();
	frames_fill(&run.in, NULL, 0);
	memset(&run, 0, offsetof(__typeof__(run), in));
	run.now = NOW;
	run.begin_fails = run.verify_fails = run.unlisted = false;
	run.begun = run.released = run.accepted = run.acked = run.nacked = 0;
	run.answering = run.failed = run.closed = false;
	memset(&fake_proof, 0, sizeof(fake_proof));
	memset(&fake_seal, 0, sizeof(fake_seal));
	HOLDS(responder_open(&run.responder, &suite, &ops) == 0);
	for (size_t i = 0; i < count && acts[i] != '\n'; i++)
		act(acts[i], &lines);
	close_it();
	return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	return frames_mutate_lines(data, size, max, seed);
}
