/* A session: one peer, one message, one process. */
#include "listener/session/session.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/sandbox.h"
#include "common/base/stream.h"
#include "listener/link/session_keyholder.h"
#include "listener/session/arrival.h"
#include "listener/session/proxy.h"

#define DESCRIPTORS 3 /* may be polled at once */

/* The kernel ends the session then, even if it was taken over. */
#define LIFETIME_S                                                   \
	(LIMIT_HANDSHAKE_S + LIMIT_COMPOSE_S + LIMIT_RECEIPT_S + 5 + \
	    TAKE_MOST_S(LIMIT_TEXT_FRAME))

/* Too large for the stack. A session has a process of its own. */
static struct {
	struct responder responder;
	struct line in, out;
	int64_t deadline;
	struct display display;
	uint8_t ticket[SIZE_HASH]; /* after a right proof */
	struct source source; /* of the peer, even if it is behind a balancer */
	enum session_end failure; /* our end after an error that has none */
	enum session_end step;    /* our end after an internal error */
} run;

static int64_t
now(void)
{
	return (int64_t)time(NULL);
}

/* Moves a descriptor behind those that a session uses. -1 stays -1. */
static int
out_of_the_way(int fd)
{
	return fd == -1 ? -1 : fcntl(fd, F_DUPFD, FIRST_FREE);
}

/*
 * Moves output, connection and channels to their numbers, and the descriptor of
 * the empty directory behind them.
 */
static int
arrange_descriptors(const struct session *session, struct jail *jail)
{
	int connection = out_of_the_way(session->connection);
	int channel = out_of_the_way(session->channel);
	int runner = out_of_the_way(session->runner);
	int recorder = out_of_the_way(session->recorder);
	int report = out_of_the_way(session->report);

	if (jail->root)
		jail->empty = out_of_the_way(jail->empty);
	if (connection == -1 || channel == -1 ||
	    (jail->root && jail->empty == -1) ||
	    (session->output->fd != OUTPUT_FD &&
		dup2(session->output->fd, OUTPUT_FD) == -1) ||
	    dup2(connection, CONNECTION_FD) == -1 ||
	    dup2(channel, CHANNEL_FD) == -1 ||
	    (session->runner != -1 && dup2(runner, RUNNER_FD) == -1) ||
	    (session->recorder != -1 && dup2(recorder, RECORDER_FD) == -1) ||
	    (session->report != -1 && dup2(report, REPORT_FD) == -1))
		return CHAT_EIO;
	return CHAT_OK;
}

static void
close_the_rest(const struct session *session)
{
	(void)session;
	(void)close(STDIN_FILENO);
#ifndef KEEP_STDERR /* sanitizers write there */
	if (!session->trial)
		(void)close(STDERR_FILENO);
#endif
	if (session->runner == -1)
		(void)close(RUNNER_FD);
	if (session->recorder == -1)
		(void)close(RECORDER_FD);
	if (session->report == -1)
		(void)close(REPORT_FD);
	closefrom(FIRST_FREE);
}

/* Gives up all rights. *what is what failed, as in privdrop_enter(). */
static int
confine(
    const struct session *session, const struct jail *jail, const char **what)
{
	struct allowance allowance = {.descriptors = DESCRIPTORS,
	    .writes_files = session->output->file,
	    .cpu_seconds = DEADLINE_S(LIMIT_COMPUTE_S),
	    .memory = MEMORY_SESSION};

	(void)signal(SIGALRM, SIG_DFL); /* our parent may have it ignored */
	(void)alarm(DEADLINE_S(LIFETIME_S));
	if (privdrop_enter(jail, &allowance, what) != 0)
		return CHAT_EIO;
	close_the_rest(session);
	*what = "enter the sandbox";
	return sandbox_enter(SANDBOX_SESSION);
}

static int
begin(void *arg, const char *from, const char *to, const uint8_t pa[SIZE_POINT],
    uint8_t pb[SIZE_POINT], uint8_t cl[SIZE_NONCE])
{
	(void)arg;
	return keyholder_ask_begin(
	    CHANNEL_FD, from, to, pa, pb, cl, run.deadline);
}

static int
verify(void *arg, const uint8_t t2[SIZE_HASH], const uint8_t cs[SIZE_NONCE],
    const uint8_t ps[SIZE_HASH], uint8_t enc_key[SIZE_HASH], bool *listed)
{
	(void)arg;
	return keyholder_ask_verify(CHANNEL_FD, run.responder.message.id, t2,
	    cs, ps, enc_key, listed, run.ticket, run.deadline);
}

static void
set_deadline(int seconds)
{
	run.deadline = clock_now_ms() + DEADLINE_MS(seconds);
}

static int
send_line(void)
{
	return stream_write(
	    CONNECTION_FD, run.out.bytes, run.out.len, run.deadline, NULL);
}

/*
 * Behind a balancer: reads which source the peer has, and asks the parent
 * whether that source may have a session.
 */
static int
introduce(void)
{
	struct session_report report;
	uint8_t admitted = SESSION_NOT_ADMITTED;
	bool named;
	int error;

	/* A balancer that names no source counts as the source. */
	if ((error = proxy_read(
		 CONNECTION_FD, run.deadline, &run.source, &named)) != 0)
		return error;
	memcpy(report.source, run.source.bytes, sizeof(report.source));
	if (stream_write(REPORT_FD, (const char *)&report, sizeof(report),
		run.deadline, NULL) != 0 ||
	    stream_take(REPORT_FD, &admitted, sizeof(admitted), run.deadline) !=
		0)
		return CHAT_EBUSY;
	if (admitted == SESSION_ADMITTED)
		return CHAT_OK;
	run.failure = SESSION_UNADMITTED;
	return admitted == SESSION_HAS_TO_WAIT ? CHAT_EWAIT : CHAT_EBUSY;
}

/* Exchanges frames 1 to 4. */
static int
handshake(void)
{
	struct responder *responder = &run.responder;
	int error;

	if ((error = stream_read_first(
		 CONNECTION_FD, &run.in, LIMIT_FRAME, run.deadline)) != 0 ||
	    (error = responder_hello(responder, now(), &run.in, &run.out)) !=
		0 ||
	    (error = send_line()) != 0 ||
	    (error = stream_read(
		 CONNECTION_FD, &run.in, LIMIT_FRAME, run.deadline)) != 0 ||
	    (error = responder_response(responder, now(), &run.in, &run.out)) !=
		0)
		return error;
	set_deadline(LIMIT_COMPOSE_S);
	return send_line();
}

/* Reads frame 5, makes sure that the message has arrived, sends frame 6. */
static enum session_end
deliver(const struct session *session, int *error)
{
	struct arrival arrival = {.session = session,
	    .message = &run.responder.message,
	    .display = &run.display,
	    .source = &run.source,
	    .ticket = run.ticket,
	    .end = SESSION_DELIVERED};

	set_deadline(LIMIT_RECEIPT_S);
	arrival.deadline = run.deadline;
	run.failure = SESSION_BUSY;
	run.step = SESSION_FAILED_TEXT;
	if ((*error = responder_text(&run.responder, now(), &run.in)) != 0)
		return run.step;
	run.step = SESSION_FAILED_RECEIPT;
	*error = arrival_complete(&arrival);
	run.failure = arrival.failure;
	if (*error != 0)
		return run.step;
	if (responder_ack(&run.responder, now(), &arrival.receipt, &run.out) !=
	    0) {
		run.failure = run.step;
		*error = CHAT_EUNCONFIRMED;
		return run.step;
	}
	if (send_line() != 0 && arrival.end == SESSION_DELIVERED)
		arrival.end = SESSION_UNRECEIPTED;
	arrival_show(&arrival);
	return arrival.end;
}

/* Returns the exit status after an error. */
static enum session_end
end_of(int error)
{
	switch (error) {
	case CHAT_EMALFORMED:
	case CHAT_ETOOLONG:
	case CHAT_ETEXT:
		return SESSION_MALFORMED;
	case CHAT_EVERSION:
		return SESSION_VERSION;
	case CHAT_ECLOCK:
		return SESSION_CLOCK;
	case CHAT_EAUTH:
		return SESSION_UNAUTHENTIC;
	case CHAT_ETAKEN:
		return SESSION_TAKEN;
	case CHAT_EDEADLINE:
		return SESSION_DEADLINE;
	case CHAT_ECLOSED:
		return SESSION_LEFT;
	case CHAT_EBUSY:
	case CHAT_EWAIT:
	case CHAT_EUNDELIVERED:
	case CHAT_EUNCONFIRMED:
		return run.failure;
	default:
		return run.step;
	}
}

/*
 * Sends the peer a nack, unless it has gone or is too slow. A nack says that
 * the message did not arrive: it must be certain.
 */
static void
refuse(int error)
{
	if (error == CHAT_ECLOSED || error == CHAT_EDEADLINE ||
	    error == CHAT_EIO || error == CHAT_EUNCONFIRMED)
		return;
	set_deadline(1);
	if (responder_nack(&run.responder, now(), error, &run.out) == 0)
		(void)send_line();
}

static enum session_end
converse(const struct session *session)
{
	enum session_end end = SESSION_FAILED_HANDSHAKE;
	int error;

	run.step = SESSION_FAILED_HANDSHAKE;
	if ((error = session->report != -1 ? introduce() : CHAT_OK) != 0 ||
	    (error = handshake()) != 0) {
		if (error == CHAT_ECLOSED && run.in.len == 0 &&
		    run.responder.state == RESPONDER_READY)
			return SESSION_SILENT;
	} else {
		error =
		    stream_read_slowly(CONNECTION_FD, &run.in, LIMIT_TEXT_FRAME,
			run.deadline, DEADLINE_MS(TAKE_MOST_S(1000)));
		if (error == CHAT_ECLOSED && run.in.len == 0)
			return SESSION_PROBED;
		if (error == 0)
			end = deliver(session, &error);
	}
	if (error == 0)
		return end;
	refuse(error);
	return end_of(error);
}

void
session_run(const struct session *session)
{
	const struct responder_ops ops = {.begin = begin, .verify = verify};
	enum session_end end = SESSION_FAILED_START;
	struct jail jail = *session->jail;
	const char *what;

	set_deadline(LIMIT_HANDSHAKE_S);
	run.failure = SESSION_BUSY; /* if the keyholder does not answer */
	run.source = *session->source;
	run.display = session->display;
	run.display.address = run.source.text;
	if (arrange_descriptors(session, &jail) != 0)
		_exit(SESSION_UNSTARTED);
	if (confine(session, &jail, &what) != 0) {
		if (session->trial)
			warnx("cannot %s: %s; %s", what, strerror(errno),
			    privdrop_advice(&jail));
		_exit(SESSION_UNCONFINED);
	}
	if (responder_open(&run.responder, session->suite, &ops) == 0)
		end = converse(session);
	responder_close(&run.responder);
	_exit((int)end);
}
