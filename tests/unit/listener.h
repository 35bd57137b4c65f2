/*
 * Addresses as sources; and the state of a keyholder, with sessions that talk
 * to it over real channels. Each session includes the part of its sender, so
 * that it can make real proofs.
 */
#ifndef TESTS_UNIT_LISTENER_H
#define TESTS_UNIT_LISTENER_H

#include <arpa/inet.h>

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/error.h"
#include "common/chat1/keys.h"
#include "common/chat1/proof.h"
#include "listener/keyholder/answer.h"
#include "listener/link/source.h"
#include "tests/unit/unit.h"

#define SEATS 8
#define SECRET_RUN 8 /* this many bytes in a row would reveal a secret */

/* For loops with many thousand checks: libcheck would write each to a file. */
#define must(condition, ...)                       \
	do {                                       \
		if (!(condition))                  \
			ck_abort_msg(__VA_ARGS__); \
	} while (0)

/*
 * Returns a socket address for a numeric IPv4 or IPv6 address, with port 5000.
 */
static inline struct sockaddr_storage
address_of(const char *text)
{
	struct sockaddr_storage address = {.ss_family = AF_INET};
	struct sockaddr_in *in = (void *)&address;
	struct sockaddr_in6 *in6 = (void *)&address;

	in->sin_port = htons(5000);
	if (inet_pton(AF_INET, text, &in->sin_addr) == 1)
		return address;
	memset(&address, 0, sizeof(address));
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(5000);
	must(inet_pton(AF_INET6, text, &in6->sin6_addr) == 1,
	    "not an address: %s", text);
	return address;
}

static inline struct source
source_at(const char *text)
{
	struct sockaddr_storage address = address_of(text);
	struct source source;

	source_of(&address, &source);
	return source;
}

/* Who a sender claims to be, and which passwords the sender believes in. */
struct claim {
	const char *from, *to;
	const char *password_from, *password_to;
};

/* A session: its slot, its end of the channel, and its sender. */
struct guest {
	struct slot slot;
	int session; /* -1 if it is closed */
	proof_cell proof;
	struct claim claim;
	struct spake2_party party; /* before the challenge */
	struct begin_reply challenge;
	uint8_t t2[SIZE_HASH], cs[SIZE_NONCE];
	struct keys keys;                       /* after the challenge */
	uint8_t id[SIZE_ID], digest[SIZE_HASH]; /* of its message */
};

static struct answer_state answers;
static struct guest guests[SEATS];

#define OFFICE_USERS                                                     \
	"[{\"username\":\"alice\",\"password\":\"alice's long secret\"," \
	"\"port\":5000,\"ip\":\"192.0.2.1\"},"                           \
	"{\"username\":\"bob\",\"password\":\"bob's own long secret\","  \
	"\"port\":5001,\"ip\":\"192.0.2.2\"},"                           \
	"{\"username\":\"dave\",\"password\":\"dave's other secret\","   \
	"\"port\":5002,\"ip\":\"192.0.2.3\"}]"

/* Valid claims: of two listed senders, and of an unlisted one. */
static const struct claim bob = {
    "bob", "alice", "bob's own long secret", "alice's long secret"};
static const struct claim dave = {
    "dave", "alice", "dave's other secret", "alice's long secret"};
static const struct claim carol = {
    "carol", "alice", "alice's long secret", "alice's long secret"};

/* Replaces the directory of the state. */
static inline void
office_read(const char *json)
{
	struct fault fault;

	directory_free(&answers.directory);
	ck_assert_int_eq(
	    directory_parse(json, strlen(json), &answers.directory, &fault), 0);
}

/* A fixture: alice's keyholder, without sessions. */
static inline void
office_setup(void)
{
	(void)signal(SIGPIPE, SIG_IGN);
	answers = (struct answer_state){.self = "alice", .left = ULONG_MAX};
	memset(answers.ticket_key, 0x6b, SIZE_HASH);
	turn_open(&answers.turns, 1);
	ck_assert_int_eq(suite_open(&answers.suite), 0);
	ck_assert_int_eq(spake2_open(&answers.spake2), 0);
	answers.memory = memory_open();
	ck_assert_ptr_nonnull(answers.memory);
	office_read(OFFICE_USERS);
	memset(guests, 0, sizeof(guests));
	for (size_t i = 0; i < SEATS; i++) {
		guests[i].session = guests[i].slot.channel = -1;
		memset(guests[i].id, 0x1d, SIZE_ID);
	}
}

static inline void
office_teardown(void)
{
	for (size_t i = 0; i < SEATS; i++)
		if (guests[i].session != -1)
			(void)close(guests[i].session);
	for (size_t i = 0; i < SEATS; i++)
		if (guests[i].slot.state != SLOT_FREE)
			answer_end(&answers, &guests[i].slot);
	directory_free(&answers.directory);
	free(answers.memory);
	spake2_close(answers.spake2);
	suite_close(&answers.suite);
}

/* Whether eight bytes in a row of a secret are somewhere in memory. */
static inline bool
office_finds(const void *memory, size_t size, const uint8_t *secret, size_t len)
{
	for (size_t i = 0; i + SECRET_RUN <= len; i++)
		if (memmem(memory, size, secret + i, SECRET_RUN) != NULL)
			return true;
	return false;
}

/* Whether a guest's keys or challenge are in memory. */
static inline bool
guest_keys_in(const void *memory, size_t size, const struct guest *g)
{
	const struct keys *keys = &g->keys;

	return office_finds(memory, size, keys->enc_key, SIZE_HASH) ||
	    office_finds(memory, size, keys->hmac_key, SIZE_HASH) ||
	    office_finds(memory, size, keys->chap_secret, SIZE_HASH) ||
	    office_finds(memory, size, g->challenge.cl, SIZE_NONCE);
}

/* Opens a session as the parent and the keyholder do. */
static inline void
guest_enter(struct guest *guest)
{
	int ends[2];

	must(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC,
		 0, ends) == 0,
	    "no socket pair: %s", strerror(errno));
	guest->session = ends[0];
	guest->slot.channel = ends[1];
	guest->slot.state = SLOT_BEGIN;
	guest->slot.number = 7;
	guest->slot.proof = &guest->proof;
}

/*
 * What the keyholder does with a channel that is ready: serve_session() there.
 * Returns what answer_request() returned, or CHAT_ECLOSED if it was not called.
 */
static inline int
guest_serve(struct guest *guest)
{
	union channel_datagram datagram;
	ssize_t n = read(guest->slot.channel, &datagram, sizeof(datagram));
	int error = n <= 0
	    ? CHAT_ECLOSED
	    : answer_request(&answers, &guest->slot, &datagram, (size_t)n);

	if (error != 0)
		answer_end(&answers, &guest->slot);
	return error;
}

/* Sends a datagram of len bytes and has it served. */
static inline int
guest_ask(struct guest *guest, const void *datagram, size_t len)
{
	must(send(guest->session, datagram, len, 0) == (ssize_t)len,
	    "a request was not sent: %s", strerror(errno));
	return guest_serve(guest);
}

/*
 * Reads the datagram that waits for the session. Returns its size, 0 at the
 * end, or -1.
 */
static inline ssize_t
guest_hear(const struct guest *guest, void *reply, size_t size)
{
	return recv(guest->session, reply, size, 0);
}

/* Closes the session's end, and has the keyholder notice. */
static inline void
guest_leave(struct guest *guest)
{
	(void)close(guest->session);
	guest->session = -1;
	if (guest->slot.state != SLOT_FREE)
		must(guest_serve(guest) == CHAT_ECLOSED,
		    "a channel that ended was not closed");
}

/*
 * Whether the keyholder ended the session: the slot is free, the channel
 * closed.
 */
static inline bool
guest_is_out(const struct guest *guest)
{
	uint8_t byte;

	return guest->slot.state == SLOT_FREE && guest->slot.channel == -1 &&
	    guest_hear(guest, &byte, 1) == 0;
}

/* Computes w, x and pA for a claim. */
static inline void
guest_claim(struct guest *guest, const struct claim *claim)
{
	struct spake2_party *party = &guest->party;

	guest->claim = *claim;
	*party = (struct spake2_party){
	    .role = SPAKE2_A, .a = claim->from, .b = claim->to};
	must(getentropy(party->scalar, SIZE_SCALAR) == 0 &&
		getentropy(guest->t2, SIZE_HASH) == 0 &&
		getentropy(guest->cs, SIZE_NONCE) == 0,
	    "no randomness");
	party->scalar[0] &= 0x7f; /* less than the group order */
	must(spake2_w(&answers.suite, answers.spake2, claim->from, claim->to,
		 claim->password_from, claim->password_to, party->w) == 0 &&
		spake2_share(answers.spake2, party) == 0,
	    "no share");
}

static inline size_t
guest_spell_begin(const struct guest *guest, union channel_datagram *datagram)
{
	struct begin_request *begin = &datagram->begin;

	memset(datagram, 0, sizeof(*datagram));
	begin->request = CHANNEL_BEGIN;
	memcpy(begin->from, guest->claim.from, strlen(guest->claim.from));
	memcpy(begin->to, guest->claim.to, strlen(guest->claim.to));
	memcpy(begin->pa, guest->party.share, SIZE_POINT);
	return sizeof(*begin);
}

/* Derives the sender's keys from the challenge. */
static inline void
guest_derive(struct guest *guest)
{
	struct spake2_party party = guest->party;
	const char *secret = guest->claim.password_to;
	uint8_t dhsk[SIZE_HASH], enc_key[SIZE_HASH];

	must(spake2_finish(&answers.suite, answers.spake2, &party,
		 guest->challenge.pb, dhsk) == 0 &&
		keys_derive(&answers.suite, secret, strlen(secret), dhsk,
		    enc_key) == 0 &&
		keys_expand(&answers.suite, enc_key, &guest->keys) == 0,
	    "no keys from the challenge");
}

/* Sends VERIFY with the proof that follows from the keys, if there are any. */
static inline size_t
guest_spell_verify(const struct guest *guest, union channel_datagram *datagram)
{
	struct verify_request *verify = &datagram->verify;

	memset(datagram, 0, sizeof(*datagram));
	verify->request = CHANNEL_VERIFY;
	memcpy(verify->id, guest->id, SIZE_ID);
	memcpy(verify->t2, guest->t2, SIZE_HASH);
	memcpy(verify->cs, guest->cs, SIZE_NONCE);
	must(proof_sender(&answers.suite, guest->keys.chap_secret, guest->t2,
		 guest->challenge.cl, guest->cs, verify->ps) == 0,
	    "no proof");
	return sizeof(*verify);
}

static inline size_t
guest_spell_deliver(const struct guest *guest, union channel_datagram *datagram)
{
	memset(datagram, 0, sizeof(*datagram));
	datagram->deliver.request = CHANNEL_DELIVER;
	memcpy(datagram->deliver.digest, guest->digest, SIZE_HASH);
	return sizeof(datagram->deliver);
}

/*
 * Sends BEGIN for a claim, checks the size of the reply, and derives the keys.
 */
static inline void
guest_begin(struct guest *guest, const struct claim *claim)
{
	union channel_datagram datagram;

	guest_claim(guest, claim);
	must(guest_ask(guest, &datagram, guest_spell_begin(guest, &datagram)) ==
		0,
	    "BEGIN ended the channel");
	must(guest_hear(guest, &guest->challenge, sizeof(guest->challenge)) ==
		(ssize_t)sizeof(guest->challenge),
	    "no challenge");
	guest_derive(guest);
}

/* Sends VERIFY with the sender's right proof. */
static inline void
guest_verify(struct guest *guest, struct verify_reply *reply)
{
	union channel_datagram datagram;

	must(guest_ask(
		 guest, &datagram, guest_spell_verify(guest, &datagram)) == 0,
	    "VERIFY ended the channel");
	must(
	    guest_hear(guest, reply, sizeof(*reply)) == (ssize_t)sizeof(*reply),
	    "no answer to VERIFY");
}

/* Takes a session to where it may ask for its turn. */
static inline void
guest_prove(struct guest *guest, const struct claim *claim)
{
	struct verify_reply reply;

	guest_enter(guest);
	guest_begin(guest, claim);
	guest_verify(guest, &reply);
	must(reply.right == 1, "a right proof was refused");
}

/*
 * Sends DELIVER for the message with this number, as if VERIFY had had its id.
 */
static inline int
guest_deliver(struct guest *guest, uint32_t id)
{
	union channel_datagram datagram;

	memset(guest->id, 0, SIZE_ID);
	memcpy(guest->id, &id, sizeof(id));
	memcpy(guest->slot.id, guest->id, SIZE_ID);
	return guest_ask(
	    guest, &datagram, guest_spell_deliver(guest, &datagram));
}

static inline int
guest_done(struct guest *guest, enum written written)
{
	const struct done_request done = {CHANNEL_DONE, (uint8_t)written};

	return guest_ask(guest, &done, sizeof(done));
}

/* Returns the verdict that the session was told, or 0. */
static inline int
guest_verdict(const struct guest *guest)
{
	struct deliver_reply reply;
	ssize_t n = guest_hear(guest, &reply, sizeof(reply));

	must(
	    n <= 0 || n == (ssize_t)sizeof(reply), "a verdict of %zd bytes", n);
	return n <= 0 ? 0 : reply.verdict;
}

/* Fills the channel, like a session that does not read its replies. */
static inline void
guest_deafen(const struct guest *guest)
{
	static const uint8_t junk[512];

	while (write(guest->slot.channel, junk, sizeof(junk)) != -1)
		continue;
	while (write(guest->slot.channel, junk, 1) != -1)
		continue;
	must(errno == EAGAIN, "a channel fails: %s", strerror(errno));
}

#endif
