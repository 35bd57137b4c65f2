/* From a proven text to the right to send its receipt. */
#include "listener/session/arrival.h"

#include <string.h>
#include <time.h>

#include "common/base/error.h"
#include "listener/link/session_keyholder.h"
#include "listener/link/session_recorder.h"
#include "listener/link/session_runner.h"

#define ANSWER_MS DEADLINE_MS(LIMIT_ANSWER_S)

static enum written
write_out(struct arrival *arrival, enum verdict verdict)
{
	static char page[1 + SIZE_DISPLAY];
	/* The last writer was cut off, so we start a new line. */
	size_t lead = verdict == VERDICT_GO_ON_NEW ? 1 : 0;
	struct output output = *arrival->session->output;
	size_t len, done;
	int error;

	page[0] = '\n';
	len = lead +
	    display_spell(arrival->display, arrival->message,
		(int64_t)time(NULL), page + lead);
	output.fd = OUTPUT_FD;
	error = output_write(
	    &output, page, len, arrival->deadline - ANSWER_MS, &done);
	explicit_bzero(page, len);
	if (error == 0)
		return WRITTEN_ALL;
	arrival->failure =
	    error == CHAT_ECLOSED ? SESSION_OUTPUT_GONE : SESSION_UNWRITTEN;
	return done == 0 ? WRITTEN_NOTHING : WRITTEN_PART;
}

/* Shows the message, in its turn. */
static int
show(struct arrival *arrival, enum verdict verdict)
{
	enum written written = write_out(arrival, verdict);

	/* The message is written, even if the keyholder has gone. */
	(void)keyholder_ask_done(CHANNEL_FD, written);
	return written == WRITTEN_ALL ? CHAT_OK : CHAT_EUNDELIVERED;
}

/* Has the command handle the message. */
static int
run_command(struct arrival *arrival)
{
	enum runner_result result;
	int error;

	error = runner_ask(RUNNER_FD, arrival->message, arrival->source,
	    arrival->ticket, arrival->deadline - ANSWER_MS, &result);
	if (error == CHAT_EUNCONFIRMED)
		arrival->failure = SESSION_UNANSWERED;
	if (error != 0)
		return error;
	switch (result) {
	case RUNNER_HANDLED:
		return CHAT_OK;
	case RUNNER_LATER:
		arrival->failure = SESSION_POSTPONED;
		return CHAT_EBUSY;
	case RUNNER_OVERDUE:
		arrival->failure = SESSION_OVERDUE;
		return CHAT_EUNDELIVERED;
	case RUNNER_UNKNOWN:
		arrival->failure = SESSION_UNANSWERED;
		return CHAT_EUNCONFIRMED;
	default:
		arrival->failure = SESSION_UNHANDLED;
		return CHAT_EUNDELIVERED;
	}
}

/*
 * Makes a request to the recorder. Returns 0 for RECORDER_HELD and
 * RECORDER_RECORDED; also for RECORDER_KNOWN, with arrival->end set.
 */
static int
record(struct arrival *arrival, enum recorder_request request)
{
	enum recorder_result result;
	int error;

	error = recorder_ask(RECORDER_FD, request, arrival->message,
	    arrival->source, arrival->ticket, arrival->deadline - ANSWER_MS,
	    &result, &arrival->receipt);
	if (error == CHAT_EUNCONFIRMED && request == RECORDER_HOLD)
		return CHAT_EBUSY; /* holding changes nothing */
	if (error == CHAT_EUNCONFIRMED)
		arrival->failure = SESSION_UNANSWERED;
	if (error != 0)
		return error;
	switch (result) {
	case RECORDER_HELD:
	case RECORDER_RECORDED:
		return CHAT_OK;
	case RECORDER_KNOWN:
		arrival->end = SESSION_DUPLICATE;
		return CHAT_OK;
	case RECORDER_TAKEN:
		return CHAT_ETAKEN;
	case RECORDER_LATER:
		return CHAT_EBUSY;
	default:
		arrival->failure = SESSION_UNRECORDED;
		return CHAT_EUNDELIVERED;
	}
}

/* With a command and a log: holds the id, runs the command, records. */
static int
run_and_record(struct arrival *arrival)
{
	int error = record(arrival, RECORDER_HOLD);

	if (error != 0 || arrival->end == SESSION_DUPLICATE)
		return error;
	if ((error = run_command(arrival)) != 0)
		return error;
	error = record(arrival, RECORDER_APPEND);
	if (error != CHAT_EBUSY && error != CHAT_EUNDELIVERED)
		return error;
	/* The command has the message, so this is no refusal. */
	arrival->failure = SESSION_UNRECORDED;
	return CHAT_EUNCONFIRMED;
}

/*
 * Has the command handle the message, then shows it if that is wanted. Whether
 * the command succeeds, and the log has it, decides.
 */
static int
handle(struct arrival *arrival, enum verdict verdict)
{
	const struct session *session = arrival->session;
	enum written written = WRITTEN_NOTHING;
	int error;

	error = session->recorder == -1 ? run_command(arrival)
					: run_and_record(arrival);
	if (error == 0 && arrival->end != SESSION_DUPLICATE) {
		written = WRITTEN_HANDLED;
		if (!session->silent &&
		    write_out(arrival, verdict) == WRITTEN_ALL)
			written = WRITTEN_ALL;
	}
	(void)keyholder_ask_done(CHANNEL_FD, written);
	return error;
}

/*
 * Returns how long to wait for the turn, so that there is time left to use it.
 */
static int64_t
turn_deadline(const struct arrival *arrival)
{
	const struct session *session = arrival->session;
	int64_t left = 2 * ANSWER_MS;

	_Static_assert(LIMIT_RECEIPT_S >
		2 * LIMIT_ANSWER_S + LIMIT_FREE_S + LIMIT_COMMAND_S,
	    "no time is left for the turn");
	if (session->runner != -1)
		left += DEADLINE_MS(LIMIT_COMMAND_S);
	if (session->stays)
		left += DEADLINE_MS(LIMIT_FREE_S);
	return arrival->deadline - left;
}

/* Asks whether the message may be shown, and waits for its turn. */
static int
ask_for_turn(const struct arrival *arrival, enum verdict *verdict)
{
	const struct message *message = arrival->message;
	const struct span text = {message->text, message->len};
	uint8_t digest[SIZE_HASH];
	int error;

	error = suite_sha256(arrival->session->suite, &text, 1, digest);
	if (error == 0)
		error = keyholder_ask_deliver(
		    CHANNEL_FD, digest, verdict, turn_deadline(arrival));
	explicit_bzero(digest, sizeof(digest));
	return error;
}

int
arrival_complete(struct arrival *arrival)
{
	const struct session *session = arrival->session;
	enum verdict verdict;
	int error;

	arrival->failure = SESSION_BUSY;
	if (session->recorder != -1 && session->runner == -1)
		return record(arrival, RECORDER_APPEND);
	if ((error = ask_for_turn(arrival, &verdict)) != 0)
		return error;
	switch (verdict) {
	case VERDICT_GO:
	case VERDICT_GO_ON_NEW:
		return session->runner == -1 ? show(arrival, verdict)
					     : handle(arrival, verdict);
	case VERDICT_DUPLICATE:
		arrival->end = SESSION_DUPLICATE;
		return CHAT_OK;
	case VERDICT_TAKEN:
		return CHAT_ETAKEN;
	default:
		return CHAT_EBUSY;
	}
}

void
arrival_show(struct arrival *arrival)
{
	const struct session *session = arrival->session;
	enum verdict verdict;

	if (session->recorder == -1 || session->runner != -1 ||
	    arrival->end == SESSION_DUPLICATE)
		return;
	if (ask_for_turn(arrival, &verdict) != 0 ||
	    (verdict != VERDICT_GO && verdict != VERDICT_GO_ON_NEW) ||
	    show(arrival, verdict) != 0)
		arrival->end = SESSION_UNSHOWN;
}
