/*
 * Sessions whose secrets are undefined to valgrind. It follows them through
 * everything that is computed from them, and reports each branch and each
 * address that depends on one: their timing would reveal something. What the
 * protocol makes public is marked as defined again, in the functions behind
 * --wrap below and nowhere else.
 */
#include <valgrind/memcheck.h>

#include <err.h>
#include <limits.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/error.h"
#include "common/chat1/initiator.h"
#include "common/chat1/responder.h"
#include "common/chat1/seal.h"
#include "common/chat1/warmup.h"
#include "listener/keyholder/answer.h"

#define NOW 1764000000
#define TEXT "attack at dawn"

static struct answer_state answers;
static struct slot slot;
static proof_cell proven; /* set after a right proof */
static int session = -1;  /* its end of the channel */
static bool sender_acts;  /* otherwise on the listener's side */
static bool leaky;        /* for the control: comparisons end early */

static const char users[] =
    "[{\"username\":\"alice\",\"password\":\"alice's long secret\","
    "\"port\":5000,\"ip\":\"192.0.2.1\"},"
    "{\"username\":\"bob\",\"password\":\"bob's own long secret\","
    "\"port\":5001,\"ip\":\"192.0.2.2\"}]";

/* A sender's claim, and whether it is true. */
struct claim {
	const char *from, *to, *password_from, *password_to;
	bool right;
};

static void
hide(const void *memory, size_t size)
{
	(void)VALGRIND_MAKE_MEM_UNDEFINED(memory, size);
}

static void
publish(const void *memory, size_t size)
{
	(void)VALGRIND_MAKE_MEM_DEFINED(memory, size);
}

/* Whether some bit of it is secret, or depends on a secret. */
static bool
is_hidden(const void *memory, size_t size)
{
	uint8_t hidden[sizeof(union channel_datagram)];

	(void)VALGRIND_GET_VBITS(memory, hidden, size);
	for (size_t i = 0; i < size; i++)
		if (hidden[i] != 0)
			return true;
	return false;
}

/* What becomes public, and where. */

int __real_spake2_share(const struct spake2 *s, struct spake2_party *party);
int __wrap_spake2_share(const struct spake2 *s, struct spake2_party *party);
int __real_proof_sender(const struct suite *suite, const uint8_t *key,
    const uint8_t *t2, const uint8_t *cl, const uint8_t *cs, uint8_t *proof);
int __wrap_proof_sender(const struct suite *suite, const uint8_t *key,
    const uint8_t *t2, const uint8_t *cl, const uint8_t *cs, uint8_t *proof);
int __real_proof_listener(const struct suite *suite, const uint8_t *key,
    const uint8_t *t3, const uint8_t *cs, uint8_t *proof);
int __wrap_proof_listener(const struct suite *suite, const uint8_t *key,
    const uint8_t *t3, const uint8_t *cs, uint8_t *proof);
int __real_proof_mac(const struct suite *suite, const uint8_t *key,
    enum direction direction, const struct transcript *before,
    const struct line *line, bool has_mac, uint8_t *mac);
int __wrap_proof_mac(const struct suite *suite, const uint8_t *key,
    enum direction direction, const struct transcript *before,
    const struct line *line, bool has_mac, uint8_t *mac);
bool __real_proof_equal(const uint8_t *a, const uint8_t *b);
bool __wrap_proof_equal(const uint8_t *a, const uint8_t *b);
int __real_seal_encrypt(const struct suite *suite, struct keys *keys,
    const void *text, size_t len, uint8_t *ciphertext, size_t size,
    size_t *ciphertext_len);
int __wrap_seal_encrypt(const struct suite *suite, struct keys *keys,
    const void *text, size_t len, uint8_t *ciphertext, size_t size,
    size_t *ciphertext_len);
int __real_seal_decrypt(const struct suite *suite, const struct keys *keys,
    const uint8_t *ciphertext, size_t len, uint8_t *text, size_t *text_len);
int __wrap_seal_decrypt(const struct suite *suite, const struct keys *keys,
    const uint8_t *ciphertext, size_t len, uint8_t *text, size_t *text_len);
int __real_getentropy(void *buffer, size_t size);
int __wrap_getentropy(void *buffer, size_t size);
ssize_t __real_write(int fd, const void *buffer, size_t size);
ssize_t __wrap_write(int fd, const void *buffer, size_t size);
int __real_BN_is_zero(const BIGNUM *number);
int __wrap_BN_is_zero(const BIGNUM *number);
int __real_BN_cmp(const BIGNUM *one, const BIGNUM *other);
int __wrap_BN_cmp(const BIGNUM *one, const BIGNUM *other);
int __real_EC_POINT_is_at_infinity(const EC_GROUP *group, const EC_POINT *p);
int __wrap_EC_POINT_is_at_infinity(const EC_GROUP *group, const EC_POINT *p);

/*
 * It is no secret that a scalar is out of range, or K at infinity: another
 * scalar is drawn, or the session ends. libcrypto 3.5 finds this without a
 * branch.
 */
int
__wrap_BN_is_zero(const BIGNUM *number)
{
	int told = __real_BN_is_zero(number);

	publish(&told, sizeof(told));
	return told;
}

int
__wrap_BN_cmp(const BIGNUM *one, const BIGNUM *other)
{
	int told = __real_BN_cmp(one, other);

	publish(&told, sizeof(told));
	return told;
}

int
__wrap_EC_POINT_is_at_infinity(const EC_GROUP *group, const EC_POINT *p)
{
	int told = __real_EC_POINT_is_at_infinity(group, p);

	publish(&told, sizeof(told));
	return told;
}

/* pA and pB are sent. */
int
__wrap_spake2_share(const struct spake2 *s, struct spake2_party *party)
{
	int error = __real_spake2_share(s, party);

	publish(party->share, SIZE_POINT);
	return error;
}

/* A proof is public where it is made, but secret where it is checked. */
int
__wrap_proof_sender(const struct suite *suite, const uint8_t *key,
    const uint8_t *t2, const uint8_t *cl, const uint8_t *cs, uint8_t *proof)
{
	int error = __real_proof_sender(suite, key, t2, cl, cs, proof);

	if (sender_acts)
		publish(proof, SIZE_HASH);
	return error;
}

int
__wrap_proof_listener(const struct suite *suite, const uint8_t *key,
    const uint8_t *t3, const uint8_t *cs, uint8_t *proof)
{
	int error = __real_proof_listener(suite, key, t3, cs, proof);

	if (!sender_acts)
		publish(proof, SIZE_HASH);
	return error;
}

/* So is a MAC; one that is checked belongs to a line that has one. */
int
__wrap_proof_mac(const struct suite *suite, const uint8_t *key,
    enum direction direction, const struct transcript *before,
    const struct line *line, bool has_mac, uint8_t *mac)
{
	int error =
	    __real_proof_mac(suite, key, direction, before, line, has_mac, mac);

	if (!has_mac)
		publish(mac, SIZE_HASH);
	return error;
}

static bool
leaky_equal(const uint8_t *a, const uint8_t *b)
{
	for (size_t i = 0; i < SIZE_HASH; i++)
		if (a[i] != b[i])
			return false;
	return true;
}

/* The result of a comparison is public, and nothing else of it. */
bool
__wrap_proof_equal(const uint8_t *a, const uint8_t *b)
{
	bool equal = leaky ? leaky_equal(a, b) : __real_proof_equal(a, b);

	publish(&equal, sizeof(equal));
	return equal;
}

int
__wrap_seal_encrypt(const struct suite *suite, struct keys *keys,
    const void *text, size_t len, uint8_t *ciphertext, size_t size,
    size_t *ciphertext_len)
{
	int error = __real_seal_encrypt(
	    suite, keys, text, len, ciphertext, size, ciphertext_len);

	publish(ciphertext, size);
	return error;
}

/* The plaintext is not a key: its sender, who knows all keys, is proven. */
int
__wrap_seal_decrypt(const struct suite *suite, const struct keys *keys,
    const uint8_t *ciphertext, size_t len, uint8_t *text, size_t *text_len)
{
	int error =
	    __real_seal_decrypt(suite, keys, ciphertext, len, text, text_len);

	publish(&error, sizeof(error));
	publish(text_len, sizeof(*text_len));
	publish(text, len);
	return error;
}

/* What the keyholder draws: y, CL, and the random password. */
int
__wrap_getentropy(void *buffer, size_t size)
{
	int error = __real_getentropy(buffer, size);

	hide(buffer, size);
	return error;
}

/*
 * Replies of the keyholder. The one to a wrong proof contains no secrets; CL,
 * and the key after a right proof, are for the session.
 */
ssize_t
__wrap_write(int fd, const void *buffer, size_t size)
{
	uint8_t copy[sizeof(union channel_datagram)];
	const struct verify_reply *reply = buffer;

	if (size > sizeof(copy))
		errx(1, "a reply of %zu bytes", size);
	if (size == sizeof(*reply) && reply->right != 1 &&
	    is_hidden(reply, size))
		errx(1, "the reply to a wrong proof has secret bytes");
	memcpy(copy, buffer, size);
	publish(copy, size);
	return __real_write(fd, copy, size);
}

/* The keyholder's part of a session. */

static void
ask(const union channel_datagram *request, size_t size, void *reply,
    size_t reply_size)
{
	if (answer_request(&answers, &slot, request, size) != 0 ||
	    read(session, reply, reply_size) != (ssize_t)reply_size)
		errx(1, "the keyholder does not answer");
}

static int
begin(void *arg, const char *from, const char *to, const uint8_t *pa,
    uint8_t *pb, uint8_t *cl)
{
	union channel_datagram request = {.begin = {.request = CHANNEL_BEGIN}};
	struct begin_reply reply;

	(void)arg;
	memcpy(request.begin.from, from, strlen(from));
	memcpy(request.begin.to, to, strlen(to));
	memcpy(request.begin.pa, pa, SIZE_POINT);
	ask(&request, sizeof(request.begin), &reply, sizeof(reply));
	memcpy(pb, reply.pb, SIZE_POINT);
	memcpy(cl, reply.cl, SIZE_NONCE);
	return CHAT_OK;
}

static int
verify(void *arg, const uint8_t *t2, const uint8_t *cs, const uint8_t *ps,
    uint8_t *enc_key, bool *listed)
{
	union channel_datagram request = {
	    .verify = {.request = CHANNEL_VERIFY}};
	struct verify_reply reply;

	(void)arg;
	memcpy(request.verify.t2, t2, SIZE_HASH);
	memcpy(request.verify.cs, cs, SIZE_NONCE);
	memcpy(request.verify.ps, ps, SIZE_HASH);
	if (!is_hidden(slot.enc_key, SIZE_HASH) ||
	    !is_hidden(slot.chap_secret, SIZE_HASH))
		errx(1, "valgrind lost sight of the keys");
	ask(&request, sizeof(request.verify), &reply, sizeof(reply));
	*listed = reply.listed == 1;
	memcpy(enc_key, reply.enc_key, SIZE_HASH);
	hide(enc_key, SIZE_HASH);
	return reply.right == 1 ? CHAT_OK : CHAT_EAUTH;
}

static void
open_office(void)
{
	struct fault fault;

	strcpy(answers.self, "alice");
	answers.left = ULONG_MAX;
	if (getentropy(answers.ticket_key, SIZE_HASH) != 0)
		err(1, "getentropy");
	turn_open(&answers.turns, 1);
	answers.memory = memory_open();
	if (answers.memory == NULL || suite_open(&answers.suite) != 0 ||
	    warmup_run(&answers.suite) != 0 ||
	    spake2_open(&answers.spake2) != 0 ||
	    directory_parse(users, strlen(users), &answers.directory, &fault) !=
		0)
		errx(1, "cannot open the state");
	for (size_t i = 0; i < answers.directory.count; i++) {
		const char *password = answers.directory.users[i].password;

		hide(password, strlen(password));
	}
}

static void
open_slot(void)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends) != 0)
		err(1, "socketpair");
	session = ends[0];
	slot.channel = ends[1];
	slot.state = SLOT_BEGIN;
	slot.proof = &proven;
}

/* A sender with secret passwords and a secret x. */
static void
open_initiator(struct initiator *initiator, const struct claim *claim)
{
	static char from[LIMIT_PASSWORD + 1], to[LIMIT_PASSWORD + 1];
	struct initiator_input input = {.from = claim->from,
	    .to = claim->to,
	    .password_from = from,
	    .password_to = to,
	    .drawn = {7},
	    .nonce = {8}};

	strcpy(from, claim->password_from);
	strcpy(to, claim->password_to);
	memset(input.scalar, 9, SIZE_SCALAR);
	hide(from, strlen(from));
	hide(to, strlen(to));
	hide(input.scalar, SIZE_SCALAR);
	if (initiator_open(initiator, &answers.suite, answers.spake2, &input) !=
	    0)
		errx(1, "cannot open a session");
	if (!is_hidden(initiator->party.w, SIZE_SCALAR))
		errx(1, "valgrind lost sight of w");
}

static void
expect(const char *what, int error, int expected)
{
	if (error != expected)
		errx(1, "%s: %s", what, error_text(error));
}

static void
walk(struct initiator *sender, struct responder *listener,
    const struct claim *claim)
{
	static struct line line, reply;
	struct receipt receipt = {.seq = 1};
	int error;

	sender_acts = true;
	expect("hello", initiator_hello(sender, NOW, &line), 0);
	sender_acts = false;
	expect("challenge", responder_hello(listener, NOW, &line, &reply), 0);
	sender_acts = true;
	expect("response", initiator_challenge(sender, NOW, &reply, &line), 0);
	sender_acts = false;
	error = responder_response(listener, NOW, &line, &reply);
	expect("confirm", error, claim->right ? 0 : CHAT_EAUTH);
	if (!claim->right)
		return;
	sender_acts = true;
	expect("confirmed", initiator_confirm(sender, NOW, &reply), 0);
	expect("text",
	    initiator_text(sender, FRAME_TEXT, NOW, TEXT, strlen(TEXT), &line),
	    0);
	sender_acts = false;
	expect("text read", responder_text(listener, NOW, &line), 0);
	expect("ack", responder_ack(listener, NOW, &receipt, &reply), 0);
	sender_acts = true;
	expect("receipt", initiator_receipt(sender, NOW, &reply, &receipt), 0);
}

static void
converse(const struct claim *claim)
{
	static const struct responder_ops ops = {
	    .begin = begin, .verify = verify};
	static struct initiator initiator;
	static struct responder responder;

	open_slot();
	sender_acts = true;
	open_initiator(&initiator, claim);
	expect("open", responder_open(&responder, &answers.suite, &ops), 0);
	walk(&initiator, &responder, claim);
	initiator_close(&initiator);
	responder_close(&responder);
	answer_end(&answers, &slot);
	(void)close(session);
}

int
main(int argc, char *argv[])
{
	static const struct claim claims[] = {
	    {"bob", "alice", "bob's own long secret", "alice's long secret",
		true},
	    {"carol", "alice", "alice's long secret", "alice's long secret",
		true},
	    {"bob", "alice", "bob's own long secret", "a guess", false},
	    {"carol", "mallory", "nothing", "nothing", false},
	};

	if (!RUNNING_ON_VALGRIND)
		errx(1, "to be run by tests/ct/run");
	leaky = argc > 1 && strcmp(argv[1], "leaky") == 0;
	open_office();
	for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++)
		converse(&claims[i]);
	directory_free(&answers.directory);
	puts("4 sessions");
	return 0;
}
