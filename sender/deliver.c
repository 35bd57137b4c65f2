/* One delivery. */
#include "sender/deliver.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/environment.h"
#include "common/base/error.h"
#include "common/base/limits.h"
#include "common/base/sandbox.h"
#include "common/base/stream.h"
#include "common/base/wipe.h"
#include "common/chat1/initiator.h"
#include "sender/connect.h"

#define RECEIPT_S (LIMIT_RECEIPT_S + 5) /* the listener has all its time */
#define SLACK_S 5                       /* to report the result */
#define DRAWS 16                        /* one scalar in 2^32 is invalid */

/* What an error before the text was sent means. */
static const struct {
	int error;
	enum send_exit status;
	const char *reason;
} failures[] = {
    {CHAT_EMALFORMED, SEND_PROTOCOL,
	"what answers there does not speak chat1; is the port right?"},
    {CHAT_ETOOLONG, SEND_PROTOCOL,
	"what answers there does not speak chat1; is the port right?"},
    {CHAT_EVERSION, SEND_DECLINED,
	"it speaks another version of the protocol; update the older side"},
    {CHAT_ECLOCK, SEND_DECLINED,
	"its clock and ours differ by over 5 minutes; set the clock that is wrong"},
    {CHAT_EAUTH, SEND_AUTHENTICATION,
	"authentication failed; are names and passwords the same in both directories?"},
    {CHAT_EBUSY, SEND_TEMPORARY, "busy, try again"},
    {CHAT_EWAIT, SEND_TEMPORARY,
	"after failures, such as wrong passwords, this address has to wait there; try again in half a minute"},
    {CHAT_ESLOW, SEND_TEMPORARY,
	"the line is too slow: the message was not sent completely in time; send less at once, or use a longer -t"},
    {CHAT_ECLOSED, SEND_TEMPORARY,
	"it closed the connection before the message was sent; try again"},
    {CHAT_EDEADLINE, SEND_TEMPORARY,
	"no answer in time, the message was not sent; try again"},
    {CHAT_EUNDELIVERED, SEND_IO,
	"chat-listen could not write the message out, or its command failed; what did it print on standard error?"},
    {CHAT_ETAKEN, SEND_TEMPORARY,
	"the id drawn for the message is taken there; try again"},
    {CHAT_EUNCONFIRMED, SEND_UNKNOWN,
	"the message was sent, but no valid receipt came back"},
};

/* A listed sender needs their own password too. */
static const char borrowed_password[] =
    "authentication failed; no password of the sender was found here, so the recipient's was used for both: if you are listed there, use -d with a directory that has you, and is your name (-u) right?";

/* The current step, to be named if we fail. */
static const char confining_step[] = "enter the sandbox";
static const char *step = "begin";

static void
fail_ours(struct outcome *outcome)
{
	bool confining = step == confining_step;

	outcome->status = SEND_INTERNAL;
	(void)snprintf(outcome->reason, sizeof(outcome->reason),
	    "cannot %s: %s; the message was not sent%s", step, strerror(errno),
	    confining ? "; is this a container or an emulator without seccomp?"
		      : "");
}

static void
fail(struct outcome *outcome, int error)
{
	if (error == CHAT_EINTERNAL) {
		fail_ours(outcome);
		return;
	}
	outcome->of_clock = error == CHAT_ECLOCK;
	outcome->crowded = error == CHAT_EBUSY;
	outcome->status = SEND_INTERNAL;
	(void)strlcpy(
	    outcome->reason, error_text(error), sizeof(outcome->reason));
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++)
		if (failures[i].error == error) {
			outcome->status = failures[i].status;
			(void)strlcpy(outcome->reason, failures[i].reason,
			    sizeof(outcome->reason));
		}
	if (error == CHAT_EIO) {
		outcome->status = SEND_TEMPORARY;
		(void)snprintf(outcome->reason, sizeof(outcome->reason),
		    "connection lost before the message was sent: %s",
		    strerror(errno));
	}
}

/* The id was used for another text. A user who chose it has to choose again. */
static void
fail_of_id(const struct delivery *delivery, struct outcome *outcome)
{
	outcome->id_taken = 1;
	if (!delivery->id_given)
		return;
	outcome->status = SEND_DECLINED;
	(void)strlcpy(outcome->reason,
	    "the id of -i was used for another message; give another id",
	    sizeof(outcome->reason));
}

static int64_t
now(void)
{
	return (int64_t)time(NULL);
}

/* Draws and derives the secrets of the session, before the sandbox. */
static int
prepare(struct delivery *delivery, struct initiator *initiator)
{
	struct destination *destination = &delivery->destination;
	struct initiator_input input = {.from = destination->from,
	    .to = destination->to,
	    .password_from = destination->passwords->from,
	    .password_to = destination->passwords->to};
	int error = CHAT_ESCALAR;

	step = "set libcrypto up";
	if (crypto_start(delivery->crypto) != 0)
		return CHAT_EINTERNAL;
	step = "draw and use random numbers";
	memcpy(input.drawn, delivery->drawn, SIZE_ID);
	for (int i = 0; i < DRAWS && error == CHAT_ESCALAR; i++) {
		if (getentropy(input.scalar, SIZE_SCALAR) != 0 ||
		    getentropy(input.nonce, SIZE_NONCE) != 0)
			error = CHAT_EINTERNAL;
		else
			error =
			    initiator_open(initiator, &delivery->crypto->suite,
				delivery->crypto->spake2, &input);
	}
	explicit_bzero(&input, sizeof(input));
	explicit_bzero(
	    destination->passwords->from, sizeof(destination->passwords->from));
	return error;
}

/*
 * The descriptors of the process after it is connected, besides standard ones.
 */
#define CONNECTION_FD 3
#define RESULT_FD 4
#define FIRST_FREE 5

/*
 * Closes everything else: what is inherited, such as what leads to other
 * attempts, and standard input, which may have more data.
 */
static int
arrange_descriptors(int *connection, int *result_fd)
{
	int fd = fcntl(*connection, F_DUPFD, FIRST_FREE);
	int out =
	    *result_fd == -1 ? -1 : fcntl(*result_fd, F_DUPFD, FIRST_FREE);
	int null = open("/dev/null", O_RDONLY);

	if (fd == -1 || null == -1 || (*result_fd != -1 && out == -1) ||
	    dup2(null, STDIN_FILENO) == -1 || dup2(fd, CONNECTION_FD) == -1)
		return CHAT_EIO;
	if (*result_fd == -1)
		(void)close(RESULT_FD);
	else if (dup2(out, RESULT_FD) == -1)
		return CHAT_EIO;
	closefrom(FIRST_FREE);
	*connection = CONNECTION_FD;
	*result_fd = *result_fd == -1 ? -1 : RESULT_FD;
	return CHAT_OK;
}

/* The alarm ends the process, even if it was taken over. */
static void
set_alarm(const struct delivery *delivery)
{
	sigset_t set;

	(void)signal(SIGALRM, SIG_DFL);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGALRM);
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
	(void)alarm(deliver_most_s(delivery));
}

/* Only now: libcrypto reads its settings from the environment. */
static int
confine(void)
{
	static const char *const nothing[] = {NULL};

	environment_forget(nothing);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return CHAT_EIO;
	return sandbox_enter(SANDBOX_SENDER);
}

/*
 * Sends frame 1. While the other side works on its answer, finishes what has to
 * be done before the answer is read.
 */
static int
greet(const struct delivery *delivery, struct initiator *initiator, int fd,
    int64_t deadline, struct line *out)
{
	int error;

	step = "make the first frame";
	if ((error = initiator_hello(initiator, now(), out)) != 0 ||
	    (error = stream_write(fd, out->bytes, out->len, deadline, NULL)) !=
		0)
		return error;
	step = "make libcrypto ready for the sandbox";
	if (crypto_complete(delivery->crypto) != 0)
		return CHAT_EINTERNAL;
	step = confining_step;
	return confine() == 0 ? CHAT_OK : CHAT_EINTERNAL;
}

/* Exchanges frames 2 to 4: then both sides have proven themselves. */
static int
prove(const struct delivery *delivery, struct initiator *initiator, int fd,
    int64_t deadline, struct line *in, struct line *out)
{
	int error;

	step = "prove who we are";
	if ((error = stream_read(fd, in, LIMIT_FRAME, deadline)) != 0)
		return error;
	error = initiator_challenge(initiator, now(), in, out);
	password_pair_wipe(delivery->destination.passwords);
	if (error != 0 ||
	    (error = stream_write(fd, out->bytes, out->len, deadline, NULL)) !=
		0 ||
	    (error = stream_read(fd, in, LIMIT_FRAME, deadline)) != 0)
		return error;
	return initiator_confirm(initiator, now(), in);
}

/*
 * Sends frame 5 and reads frame 6. Once all of the text has left, only a
 * receipt or a nack with a valid MAC is accepted.
 */
static int
send_text(const struct delivery *delivery, struct initiator *initiator, int fd,
    int64_t deadline, struct line *in, struct line *out,
    struct outcome *outcome)
{
	struct text *text = delivery->text;
	size_t written;
	int error;

	step = "encrypt the message";
	error =
	    initiator_text(initiator, text->batch ? FRAME_LINES : FRAME_TEXT,
		delivery->composed, text->bytes, text->len, out);
	explicit_bzero(text->bytes, text->len);
	if (error != 0)
		return error;
	*delivery->maybe_sent = 1;
	if (delivery->timeout_s == 0)
		deadline += DEADLINE_MS(SEND_MOST_S(out->len));
	error = stream_write(fd, out->bytes, out->len, deadline, &written);
	if (error != 0 && written == out->len)
		return CHAT_EUNCONFIRMED;
	/* The rest of the text never leaves. */
	if (error != 0)
		return error == CHAT_EDEADLINE ? CHAT_ESLOW : error;
	if (delivery->timeout_s == 0)
		deadline = clock_now_ms() +
		    DEADLINE_MS(RECEIPT_S + SEND_MOST_S(out->len));
	if (stream_read(fd, in, LIMIT_FRAME, deadline) != 0)
		return CHAT_EUNCONFIRMED;
	error = initiator_receipt(initiator, now(), in, &outcome->receipt);
	outcome->proven = error != CHAT_EUNCONFIRMED;
	return error;
}

/* Returns when an attempt, or a text that was ahead, has to be done. */
static int64_t
deadline_of(const struct delivery *delivery)
{
	return clock_now_ms() - delivery->spent_ms +
	    (delivery->timeout_s != 0 ? (int64_t)delivery->timeout_s * 1000
				      : DEADLINE_MS(LIMIT_ATTEMPT_S));
}

/*
 * Waits for the turn of a text that is ahead. If the listener has closed
 * meanwhile, the text would seem to have left.
 */
static int
wait_for_turn(int fd)
{
	struct pollfd closed = {.fd = fd, .events = POLLIN};
	uint8_t turn;
	int error;

	wipe_stack();
	error = stream_take(RESULT_FD, &turn, sizeof(turn),
	    clock_now_ms() + DEADLINE_MS(LIMIT_AHEAD_S));
	if (error != 0)
		return error;
	return poll(&closed, 1, 0) == 0 ? CHAT_OK : CHAT_ECLOSED;
}

static void
say(const struct delivery *delivery, const char *what)
{
	if (delivery->verbose)
		warnx("%s: %s", delivery->destination.to, what);
}

static int
converse(const struct delivery *delivery, struct initiator *initiator, int fd,
    int64_t deadline, struct outcome *outcome)
{
	static struct line in, out;
	int64_t start_ms = clock_now_ms();
	int error;

	if ((error = greet(delivery, initiator, fd, deadline, &out)) != 0 ||
	    (error = prove(delivery, initiator, fd, deadline, &in, &out)) != 0)
		return error;
	outcome->prove_ms += (unsigned)(clock_now_ms() - start_ms);
	if (delivery->text == NULL)
		return CHAT_OK;
	if (delivery->ahead) {
		if ((error = wait_for_turn(fd)) != 0)
			return error;
		deadline = deadline_of(delivery);
	}
	say(delivery,
	    "the recipient has proven who they are; sending the message");
	start_ms = clock_now_ms();
	error =
	    send_text(delivery, initiator, fd, deadline, &in, &out, outcome);
	outcome->text_ms = (unsigned)(clock_now_ms() - start_ms);
	return error;
}

static void
describe(const struct destination *destination, const char *address,
    struct outcome *outcome)
{
	const struct endpoint *endpoint = &destination->endpoint;
	bool literal = strcmp(address, endpoint->host) == 0;

	if (*address == '\0' || literal)
		(void)snprintf(outcome->where, sizeof(outcome->where),
		    "%s at %s port %u", destination->to, endpoint->host,
		    endpoint->port);
	else
		(void)snprintf(outcome->where, sizeof(outcome->where),
		    "%s at %s (%s) port %u", destination->to, endpoint->host,
		    address, endpoint->port);
}

unsigned
deliver_most_s(const struct delivery *delivery)
{
	unsigned timeout_s = delivery->timeout_s;

	/* What is ahead begins anew with its turn, and is not too old then. */
	return SLACK_S + (delivery->ahead ? LIMIT_AHEAD_S : 0U) +
	    (timeout_s != 0 ? timeout_s
			    : LIMIT_ATTEMPT_S + RECEIPT_S +
			2 * SEND_MOST_S(LIMIT_TEXT_FRAME));
}

int
deliver_once(struct delivery *delivery, int result_fd, struct outcome *outcome)
{
	const struct destination *destination = &delivery->destination;
	int64_t start_ms = clock_now_ms(), deadline = deadline_of(delivery);
	struct initiator initiator;
	struct notice notice;
	char address[SIZE_ADDRESS] = "";
	int fd, error;

	set_alarm(delivery);
	outcome->proven = 0;
	outcome->id_taken = 0;
	outcome->of_clock = 0;
	outcome->crowded = 0;
	memset(&outcome->receipt, 0, sizeof(outcome->receipt));
	notice_start(
	    &notice, destination->to, &destination->endpoint, delivery->waits);
	outcome->status = connect_to(&destination->endpoint, delivery->family,
	    deadline, &notice, &fd, address, outcome->reason);
	if (outcome->status == SEND_OK) {
		outcome->prove_ms = (unsigned)(clock_now_ms() - start_ms);
		if (!delivery->ahead)
			say(delivery, "connected");
		/* This runs while the other side starts a session. */
		if ((error = arrange_descriptors(&fd, &result_fd)) != 0 ||
		    (error = prepare(delivery, &initiator)) != 0 ||
		    (error = converse(
			 delivery, &initiator, fd, deadline, outcome)) != 0)
			fail(outcome, error);
		if (error == CHAT_EAUTH && delivery->destination.borrowed)
			(void)strlcpy(outcome->reason, borrowed_password,
			    sizeof(outcome->reason));
		if (error == CHAT_ETAKEN)
			fail_of_id(delivery, outcome);
		initiator_close(&initiator);
		/* The connection is closed when the process ends. */
	}
	describe(destination, address, outcome);
	password_pair_wipe(destination->passwords);
	return result_fd;
}
