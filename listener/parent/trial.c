/* The trial before the first connection. */
#include "listener/parent/trial.h"

#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/base/error.h"
#include "common/base/sandbox.h"
#include "common/chat1/initiator.h"
#include "listener/exit.h"
#include "listener/keyholder/answer.h"
#include "listener/link/session_recorder.h"
#include "listener/link/session_runner.h"
#include "listener/link/ticket.h"
#include "listener/parent/signals.h"
#include "listener/session/session.h"

#define SENDER "sender"
#define LISTENER "listener"
#define DESCRIPTORS 16 /* may be polled by the examiner */

/* These are not secrets: nobody can connect to a trial. */
static const char directory_json[] =
    "[{\"username\":\"sender\",\"password\":\"for a trial, not a secret\","
    "\"port\":1,\"ip\":\"::1\"},"
    "{\"username\":\"listener\",\"password\":\"nor this one is a secret\","
    "\"port\":1,\"ip\":\"::1\"}]";

/*
 * The two trials: a message that arrives, and one that the session must refuse.
 */
static const struct trial {
	bool forged; /* the MAC of the text is wrong */
	enum session_end end;
} trials[] = {{false, SESSION_DELIVERED}, {true, SESSION_UNAUTHENTIC}};

/* Side 0 of each belongs to the session, side 1 to the examiner. */
struct wires {
	int connection[2], channel[2], runner[2], recorder[2];
};

/* Sender, keyholder, runner and recorder in one process, confined like a
 * keyholder. */
static struct {
	struct answer_state state;
	struct slot slot;
	proof_cell proof; /* where the slot notes a right proof */
	struct initiator initiator;
	struct line in, out;
	char text[LIMIT_TEXT];
	struct {
		struct submission submission;
		char text[LIMIT_TEXT];
	} run;
	struct {
		struct recorder_ask ask;
		char text[LIMIT_TEXT];
	} record;
} examiner;

/* The session's side never blocks; the examiner's side does. */
static int
open_wire(int kind, int wire[2])
{
	return socketpair(AF_UNIX, kind | SOCK_CLOEXEC, 0, wire) == 0 &&
		fcntl(wire[0], F_SETFL, O_NONBLOCK) == 0
	    ? CHAT_OK
	    : CHAT_EIO;
}

static int
open_wires(struct wires *wires, const struct options *options)
{
	*wires = (struct wires){.runner = {-1, -1}, .recorder = {-1, -1}};
	if (open_wire(SOCK_STREAM, wires->connection) != 0 ||
	    open_wire(SOCK_SEQPACKET, wires->channel) != 0 ||
	    (options->command != NULL &&
		open_wire(SOCK_SEQPACKET, wires->runner) != 0) ||
	    (options->log != NULL &&
		open_wire(SOCK_SEQPACKET, wires->recorder) != 0))
		return CHAT_EIO;
	return CHAT_OK;
}

static void
close_side(const struct wires *wires, int side)
{
	(void)close(wires->connection[side]);
	(void)close(wires->channel[side]);
	if (wires->runner[side] != -1)
		(void)close(wires->runner[side]);
	if (wires->recorder[side] != -1)
		(void)close(wires->recorder[side]);
}

static int
say(const struct wires *wires)
{
	const struct line *out = &examiner.out;

	return write(wires->connection[1], out->bytes, out->len) ==
		(ssize_t)out->len
	    ? CHAT_OK
	    : CHAT_EIO;
}

static int
hear(const struct wires *wires)
{
	struct line *in = &examiner.in;
	ssize_t n;

	in->len = 0;
	do {
		n = read(wires->connection[1], in->bytes + in->len,
		    LIMIT_FRAME - in->len);
		in->len += n > 0 ? (size_t)n : 0;
	} while (n > 0 && in->bytes[in->len - 1] != '\n');
	return n > 0 ? CHAT_OK : CHAT_ECLOSED;
}

/* Serves one request of the session, as the keyholder does. */
static int
serve_request(const struct wires *wires)
{
	union channel_datagram datagram;
	ssize_t n = read(wires->channel[1], &datagram, sizeof(datagram));

	return n <= 0 ? CHAT_ECLOSED
		      : answer_request(&examiner.state, &examiner.slot,
			    &datagram, (size_t)n);
}

/* Checks a submission as runner and recorder do. */
static bool
is_valid(const struct submission *submission, const char *text)
{
	const struct answer_state *state = &examiner.state;

	return submission_is_valid(submission, text, sizeof(examiner.text),
	    &state->suite, state->ticket_key, examiner.slot.number);
}

/*
 * Serves the session as the runner does, with a command that always succeeds.
 */
static int
serve_runner(const struct wires *wires)
{
	const uint8_t handled = RUNNER_HANDLED;
	int runner = wires->runner[1];

	if (runner == -1)
		return CHAT_OK;
	return read(runner, &examiner.run, sizeof(examiner.run)) > 0 &&
		is_valid(&examiner.run.submission, examiner.run.text) &&
		write(runner, &handled, 1) == 1
	    ? CHAT_OK
	    : CHAT_ECLOSED;
}

/* Serves one request as the recorder does. Nothing is recorded. */
static int
serve_recorder(const struct wires *wires, enum recorder_result result)
{
	const struct recorder_reply reply = {.result = (uint8_t)result};
	int recorder = wires->recorder[1];

	if (recorder == -1)
		return CHAT_OK;
	return read(recorder, &examiner.record, sizeof(examiner.record)) > 0 &&
		is_valid(
		    &examiner.record.ask.submission, examiner.record.text) &&
		write(recorder, &reply, sizeof(reply)) == (ssize_t)sizeof(reply)
	    ? CHAT_OK
	    : CHAT_ECLOSED;
}

static int
furnish(const struct parent *parent, const struct wires *wires)
{
	struct answer_state *state = &examiner.state;
	struct initiator_input input = {.from = SENDER,
	    .to = LISTENER,
	    .password_from = "for a trial, not a secret",
	    .password_to = "nor this one is a secret",
	    .scalar = {1}};
	struct fault fault;

	state->suite = *parent->suite;
	state->left = 1;
	turn_open(&state->turns, 1);
	(void)strlcpy(state->self, LISTENER, sizeof(state->self));
	state->memory = memory_open();
	examiner.slot.state = SLOT_BEGIN;
	examiner.slot.channel = wires->channel[1];
	examiner.slot.proof = &examiner.proof;
	/* Characters that must be escaped make the longest output. */
	memset(examiner.text, '\1', sizeof(examiner.text));
	if (state->memory == NULL || spake2_open(&state->spake2) != 0 ||
	    directory_parse(directory_json, sizeof(directory_json) - 1,
		&state->directory, &fault) != 0)
		return CHAT_EINTERNAL;
	return initiator_open(
	    &examiner.initiator, &state->suite, state->spake2, &input);
}

static int
confine(const struct parent *parent)
{
	const struct allowance allowance = {.descriptors = DESCRIPTORS,
	    .writes_files = true,
	    .cpu_seconds = RLIM_INFINITY};
	const char *what;

	if (privdrop_enter(&parent->jail, &allowance, &what) != 0)
		return CHAT_EIO;
	return sandbox_enter(SANDBOX_KEYHOLDER);
}

/* Exchanges frames 1 to 4, and encodes frame 5. */
static int
prove(const struct wires *wires, int64_t now)
{
	struct initiator *initiator = &examiner.initiator;
	struct line *in = &examiner.in, *out = &examiner.out;
	int error;

	if ((error = initiator_hello(initiator, now, out)) != 0 ||
	    (error = say(wires)) != 0 || (error = serve_request(wires)) != 0 ||
	    (error = hear(wires)) != 0 ||
	    (error = initiator_challenge(initiator, now, in, out)) != 0 ||
	    (error = say(wires)) != 0 || (error = serve_request(wires)) != 0 ||
	    (error = hear(wires)) != 0 ||
	    (error = initiator_confirm(initiator, now, in)) != 0)
		return error;
	return initiator_text(initiator, FRAME_TEXT, now, examiner.text,
	    sizeof(examiner.text), out);
}

/* Changes the last digit of a line's MAC. */
static void
forge(struct line *line)
{
	struct span around[2];
	char *digit;

	frame_without_mac(line, true, around);
	digit = line->bytes + ((const char *)around[1].data - line->bytes) - 1;
	*digit = *digit == '0' ? '1' : '0';
}

/* Whether the message is shown after its receipt. */
static bool
shows_late(const struct wires *wires)
{
	return wires->recorder[1] != -1 && wires->runner[1] == -1;
}

/* Serves what the session asks before the receipt. */
static int
serve_delivery(const struct wires *wires)
{
	int error;

	if (shows_late(wires))
		return serve_recorder(wires, RECORDER_RECORDED);
	if ((error = serve_request(wires)) != 0)
		return error;
	if (wires->runner[1] != -1 &&
	    ((error = serve_recorder(wires, RECORDER_HELD)) != 0 ||
		(error = serve_runner(wires)) != 0 ||
		(error = serve_recorder(wires, RECORDER_RECORDED)) != 0))
		return error;
	return serve_request(wires);
}

/* Serves what the session asks after the receipt. */
static int
serve_late_show(const struct wires *wires)
{
	int error;

	if (!shows_late(wires))
		return CHAT_OK;
	if ((error = serve_request(wires)) != 0)
		return error;
	return serve_request(wires);
}

/* Sends the text and reads its receipt, or the nack if it was forged. */
static int
hand_over(const struct wires *wires, int64_t now, bool forged)
{
	struct line *out = &examiner.out;
	struct receipt receipt;
	int error;

	if (forged)
		forge(out);
	if ((error = say(wires)) != 0 ||
	    (!forged && (error = serve_delivery(wires)) != 0) ||
	    (error = hear(wires)) != 0)
		return error;
	error =
	    initiator_receipt(&examiner.initiator, now, &examiner.in, &receipt);
	if ((error != 0) != forged)
		return CHAT_EUNCONFIRMED;
	return forged ? CHAT_OK : serve_late_show(wires);
}

static void __attribute__((noreturn))
examine(const struct parent *parent, const struct wires *wires, bool forged)
{
	int64_t now = (int64_t)time(NULL);

	close_side(wires, 0);
	if (furnish(parent, wires) != 0 || confine(parent) != 0)
		_exit(EXIT_FAILURE);
	_exit(prove(wires, now) == 0 && hand_over(wires, now, forged) == 0
		? EXIT_SUCCESS
		: EXIT_FAILURE);
}

static void __attribute__((noreturn))
undergo(const struct parent *parent, const struct wires *wires)
{
	struct output nowhere = {
	    .fd = open("/dev/null", O_WRONLY | O_NONBLOCK | O_CLOEXEC),
	    .file = parent->output.file};
	const struct session session = {.suite = parent->suite,
	    .jail = &parent->jail,
	    .output = &nowhere,
	    .display = parent->display,
	    .source = &(struct source){.text = ""},
	    .connection = wires->connection[0],
	    .channel = wires->channel[0],
	    .runner = wires->runner[0],
	    .recorder = wires->recorder[0],
	    .report = -1,
	    .trial = true};

	if (nowhere.fd == -1)
		err(LISTEN_SYSTEM, "/dev/null");
	session_run(&session);
}

/*
 * Warns if a process did not end with the wanted status. Returns whether it
 * did.
 */
static bool
ended_well(const char *who, int status, int wanted)
{
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		warnx(
		    "the trial %s was killed over a system call that its sandbox forbids; is a library preloaded? start without LD_PRELOAD",
		    who);
	else if (WIFSIGNALED(status))
		warnx("the trial %s was killed by signal %d (%s)", who,
		    WTERMSIG(status), strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) != wanted)
		warnx("the trial %s failed with status %d", who,
		    WEXITSTATUS(status));
	return WIFEXITED(status) && WEXITSTATUS(status) == wanted;
}

static bool
try_one(const struct parent *parent, const struct trial *trial)
{
	int session_status = -1, examiner_status = -1;
	pid_t session, other = -1;
	struct wires wires;
	bool ended = true;

	if (open_wires(&wires, parent->options) != 0) {
		warn("no channels for a trial");
		return false;
	}
	signals_hold(true);
	if ((session = fork()) == 0)
		undergo(parent, &wires);
	close_side(&wires, 0);
	if (session != -1 && (other = fork()) == 0)
		examine(parent, &wires, trial->forged);
	close_side(&wires, 1);
	signals_hold(false);
	if (other == -1)
		warn("cannot fork");
	if (session != -1)
		(void)waitpid(session, &session_status, 0);
	if (other == -1)
		return false;
	(void)waitpid(other, &examiner_status, 0);
	if (session_status == W_EXITCODE(SESSION_UNCONFINED, 0))
		return false; /* the session has said why */
	ended &= ended_well("session", session_status, (int)trial->end);
	ended &= ended_well("keyholder", examiner_status, EXIT_SUCCESS);
	return ended;
}

bool
trial_run(const struct parent *parent)
{
	for (size_t i = 0; i < sizeof(trials) / sizeof(trials[0]); i++)
		if (!try_one(parent, &trials[i]))
			return false;
	return true;
}
