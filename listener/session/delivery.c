/* From a proven text to the right to send its receipt. */
#include "listener/session/delivery.h"

#include <string.h>
#include <time.h>

#include "common/base/error.h"
#include "listener/link/session_keyholder.h"
#include "listener/link/session_recorder.h"
#include "listener/link/session_runner.h"

#define ANSWER_MS DEADLINE_MS(LIMIT_ANSWER_S)

static enum written
write_out(struct delivery *delivery, enum verdict verdict)
{
	static char page[1 + SIZE_DISPLAY];
	/* The last writer was cut off, so we start a new line. */
	size_t lead = verdict == VERDICT_GO_ON_NEW ? 1 : 0;
	struct output output = *delivery->session->output;
	size_t len, done;
	int error;

	page[0] = '\n';
	len = lead +
	    display_spell(delivery->display, delivery->message,
		(int64_t)time(NULL), page + lead);
	output.fd = OUTPUT_FD;
	error = output_write(
	    &output, page, len, delivery->deadline - ANSWER_MS, &done);
	explicit_bzero(page, len);
	if (error == 0)
		return WRITTEN_ALL;
	delivery->failure =
	    error == CHAT_ECLOSED ? SESSION_OUTPUT_GONE : SESSION_UNWRITTEN;
	return done == 0 ? WRITTEN_NOTHING : WRITTEN_PART;
}

/* Shows the message, in its turn. */
static int
show(struct delivery *delivery, enum verdict verdict)
{
	enum written written = write_out(delivery, verdict);

	/* The message is written, even if the keyholder has gone. */
	(void)keyholder_ask_done(CHANNEL_FD, written);
	return written == WRITTEN_ALL ? CHAT_OK : CHAT_EUNDELIVERED;
}

/* Has the command handle the message. */
static int
run_command(struct delivery *delivery)
{
	enum runner_result result = RUNNER_OVERDUE;
	int error;

	error = runner_ask(RUNNER_FD, delivery->message, delivery->source,
	    delivery->ticket, delivery->deadline - ANSWER_MS, &result);
	if (error != 0 && error != CHAT_EDEADLINE)
		return error;
	switch (result) {
	case RUNNER_HANDLED:
		return CHAT_OK;
	case RUNNER_LATER:
		delivery->failure = SESSION_POSTPONED;
		return CHAT_EBUSY;
	case RUNNER_OVERDUE:
		delivery->failure = SESSION_OVERDUE;
		return CHAT_EUNDELIVERED;
	default:
		delivery->failure = SESSION_UNHANDLED;
		return CHAT_EUNDELIVERED;
	}
}

/*
 * Makes a request to the recorder. Returns 0 for RECORDER_HELD and
 * RECORDER_RECORDED; also for RECORDER_KNOWN, with delivery->end set.
 */
static int
record(struct delivery *delivery, enum recorder_request request)
{
	enum recorder_result result;
	int error;

	error = recorder_ask(RECORDER_FD, request, delivery->message,
	    delivery->source, delivery->ticket, delivery->deadline - ANSWER_MS,
	    &result, &delivery->receipt);
	if (error != 0)
		return error;
	switch (result) {
	case RECORDER_HELD:
	case RECORDER_RECORDED:
		return CHAT_OK;
	case RECORDER_KNOWN:
		delivery->end = SESSION_DUPLICATE;
		return CHAT_OK;
	case RECORDER_TAKEN:
		return CHAT_ETAKEN;
	case RECORDER_LATER:
		return CHAT_EBUSY;
	default:
		delivery->failure = SESSION_UNRECORDED;
		return CHAT_EUNDELIVERED;
	}
}

/* With a command and a log: holds the id, runs the command, records. */
static int
run_and_record(struct delivery *delivery)
{
	int error = record(delivery, RECORDER_HOLD);

	if (error != 0 || delivery->end == SESSION_DUPLICATE)
		return error;
	if ((error = run_command(delivery)) != 0)
		return error;
	return record(delivery, RECORDER_APPEND);
}

/*
 * Has the command handle the message, then shows it if that is wanted. Whether
 * the command succeeds, and the log has it, decides.
 */
static int
handle(struct delivery *delivery, enum verdict verdict)
{
	const struct session *session = delivery->session;
	enum written written = WRITTEN_NOTHING;
	int error;

	error = session->recorder == -1 ? run_command(delivery)
					: run_and_record(delivery);
	if (error == 0 && delivery->end != SESSION_DUPLICATE) {
		written = WRITTEN_HANDLED;
		if (!session->silent &&
		    write_out(delivery, verdict) == WRITTEN_ALL)
			written = WRITTEN_ALL;
	}
	(void)keyholder_ask_done(CHANNEL_FD, written);
	return error;
}

/*
 * Returns how long to wait for the turn, so that there is time left to use it.
 */
static int64_t
turn_deadline(const struct delivery *delivery)
{
	int64_t answers = 2 * ANSWER_MS;

	return delivery->deadline - answers -
	    (delivery->session->runner == -1 ? 0
					     : DEADLINE_MS(LIMIT_COMMAND_S));
}

/* Asks whether the message may be shown, and waits for its turn. */
static int
ask_for_turn(const struct delivery *delivery, enum verdict *verdict)
{
	const struct message *message = delivery->message;
	const struct span text = {message->text, message->len};
	uint8_t digest[SIZE_HASH];
	int error;

	error = suite_sha256(delivery->session->suite, &text, 1, digest);
	if (error == 0)
		error = keyholder_ask_deliver(
		    CHANNEL_FD, digest, verdict, turn_deadline(delivery));
	explicit_bzero(digest, sizeof(digest));
	return error;
}

int
delivery_make(struct delivery *delivery)
{
	const struct session *session = delivery->session;
	enum verdict verdict;
	int error;

	delivery->failure = SESSION_BUSY;
	if (session->recorder != -1 && session->runner == -1)
		return record(delivery, RECORDER_APPEND);
	if ((error = ask_for_turn(delivery, &verdict)) != 0)
		return error;
	switch (verdict) {
	case VERDICT_GO:
	case VERDICT_GO_ON_NEW:
		return session->runner == -1 ? show(delivery, verdict)
					     : handle(delivery, verdict);
	case VERDICT_DUPLICATE:
		delivery->end = SESSION_DUPLICATE;
		return CHAT_OK;
	case VERDICT_TAKEN:
		return CHAT_ETAKEN;
	default:
		return CHAT_EBUSY;
	}
}

void
delivery_show(struct delivery *delivery)
{
	const struct session *session = delivery->session;
	enum verdict verdict;

	if (session->recorder == -1 || session->runner != -1 ||
	    delivery->end == SESSION_DUPLICATE)
		return;
	if (ask_for_turn(delivery, &verdict) != 0 ||
	    (verdict != VERDICT_GO && verdict != VERDICT_GO_ON_NEW) ||
	    show(delivery, verdict) != 0)
		delivery->end = SESSION_UNSHOWN;
}
