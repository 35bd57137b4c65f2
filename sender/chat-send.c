/* chat-send: delivers one message. See chat-send(1). */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "sender/compose.h"
#include "sender/deliver.h"
#include "sender/dispatch.h"
#include "sender/fatal.h"
#include "sender/guard.h"
#include "sender/interrupt.h"
#include "sender/keep/keep.h"
#include "sender/lines.h"
#include "sender/patience.h"
#include "sender/vault.h"

static struct options options;
static struct delivery deliveries[MOST_RECIPIENTS];
static struct report_style style;
static struct crypto crypto;
static int64_t spent_ms; /* the time that -t lost before the first attempt */

/* Ends the process after a failure that concerns all recipients. */
static void
need(enum send_exit status, const struct failure *failure)
{
	if (status == SEND_OK)
		return;
	fatal_spell(failure);
	fatal_write();
	exit((int)status);
}

/* The same for a call that returns 0 on success and sets errno. */
static void
need_call(int error, const char *what)
{
	struct failure failure;

	if (error != 0)
		need(failure_of_system(&failure, SEND_INTERNAL, "%s", what),
		    &failure);
}

/* Finds the recipients. With -s, a directory that fails may be mended later. */
static void
find_recipients(void)
{
	static struct destination destinations[MOST_RECIPIENTS];
	struct failure failure;

	if (destination_find(&options, destinations, &failure) != SEND_OK &&
	    !(options.keep_s != 0 && keep_takes(failure.status)))
		need(failure.status, &failure);
	for (size_t i = 0; i < options.recipients_count; i++) {
		deliveries[i].destination = destinations[i];
		if (failure.status != SEND_OK &&
		    destinations[i].failure.status == SEND_OK)
			deliveries[i].destination.failure = failure;
	}
}

/* Starts a delivery for each recipient. They share one drawn id. */
static void
begin_deliveries(void)
{
	if (!options.has_id)
		arc4random_buf(options.id, SIZE_ID);
	for (size_t i = 0; i < options.recipients_count; i++) {
		struct delivery *delivery = &deliveries[i];

		delivery->crypto = &crypto;
		delivery->destination.typed = options.recipients[i];
		memcpy(delivery->drawn, options.id, SIZE_ID);
		delivery->id_given = options.has_id;
	}
	fatal_open(&style, deliveries, options.recipients_count);
}

/* Completes the deliveries. */
static void
address(struct text *to_send)
{
	for (size_t i = 0; i < options.recipients_count; i++) {
		struct delivery *delivery = &deliveries[i];

		delivery->text = to_send;
		delivery->composed = options.composed_word != NULL
		    ? options.composed
		    : (int64_t)time(NULL);
		delivery->family = options.family;
		delivery->timeout_s = options.timeout_s;
		delivery->spent_ms = spent_ms;
		delivery->verbose = options.verbose;
		delivery->waits = style.waits;
	}
}

/* Before the first fork, so that each child inherits it. */
static void
make_crypto_ready(void)
{
	need_call(crypto_start(&crypto) != 0 || crypto_complete(&crypto) != 0,
	    "cannot set libcrypto up");
}

/* Prepares what a signal handler would write, because it cannot format text. */
static void
prepare_for_signals(int64_t start_ms)
{
	static struct report_lines unsent, sent;
	static volatile uint8_t maybe_sent;
	struct delivery *delivery = &deliveries[0];
	struct outcome outcome = {.status = SEND_TEMPORARY};

	(void)strlcpy(
	    outcome.where, delivery->destination.to, sizeof(outcome.where));
	(void)strlcpy(
	    outcome.reason, INTERRUPTED_UNSENT, sizeof(outcome.reason));
	report_spell(delivery, &outcome, &unsent);
	outcome.status = SEND_UNKNOWN;
	(void)strlcpy(outcome.reason, INTERRUPTED_SENT, sizeof(outcome.reason));
	report_spell(delivery, &outcome, &sent);
	delivery->maybe_sent = &maybe_sent;
	interrupt_speak(&style, &unsent, &sent, &maybe_sent, start_ms);
}

/* Makes the only attempt in this process, which then ends. */
static enum send_exit
send_here(void)
{
	static struct outcome outcome = {.status = SEND_INTERNAL};
	static struct report_lines known;
	struct delivery *delivery = &deliveries[0];
	int64_t start_ms = clock_now_ms();
	int error;

	prepare_for_signals(start_ms);
	(void)deliver_once(delivery, -1, &outcome);
	report_spell(delivery, &outcome, &known);
	interrupt_known(
	    &known, report_has_words(&style, delivery, &outcome), style.json);
	error = report_outcome(
	    &style, delivery, &outcome, clock_now_ms() - start_ms);
	interrupt_said();
	if (error != 0 && outcome.status == SEND_OK)
		return SEND_IO;
	return outcome.status;
}

/* Whether at least one recipient can be sent to, now or later. */
static bool
can_send(void)
{
	for (size_t i = 0; i < options.recipients_count; i++) {
		enum send_exit status =
		    deliveries[i].destination.failure.status;

		if (status == SEND_OK ||
		    (options.keep_s != 0 && keep_takes(status)))
			return true;
	}
	return false;
}

static enum send_exit
send_all(void)
{
	bool one = options.recipients_count == 1 && !options.lines &&
	    options.retry_s == 0;
	struct failure failure;

	if (can_send() && !options.lines && !options.probe)
		need(compose_text(&options, vault_text(), &failure), &failure);
	address(options.probe ? NULL : vault_text());
	if (options.recipients_count == 1 && !can_send()) {
		(void)dispatch_refuse(&deliveries[0], &style);
		return deliveries[0].destination.failure.status;
	}
	if (options.lines)
		need(lines_open(
			 options.recipients_count, options.each, &failure),
		    &failure);
	if (one && options.keep_s == 0)
		return send_here();
	/* An only attempt does this while it waits for its answer. */
	if (!one)
		make_crypto_ready();
	return dispatch_all(deliveries, options.recipients_count,
	    options.retry_s, &style, options.lines ? vault_text() : NULL);
}

/* Decides what is reported. */
static void
set_report(void)
{
	bool watched = isatty(STDERR_FILENO) == 1;

	style.json = options.json;
	style.quiet = options.quiet;
	style.verbose = options.verbose;
	style.waits = options.verbose || (!options.quiet && watched);
	/* Success needs words if somebody watches, or for several. */
	style.success =
	    !options.quiet && (watched || options.recipients_count > 1);
}

int
main(int argc, char *argv[])
{
	struct failure failure;

	guard_start();
	options_read(argc, argv, &options);
	set_report();
	keep_start(&options);
	begin_deliveries();
	need_call(patience_start(options.timeout_s, fatal_spell, fatal_write),
	    "cannot set a timer");
	if (options.list) {
		need(destination_list(&options, &failure), &failure);
		return SEND_OK;
	}
	need_call(vault_open(options.recipients_count),
	    "cannot get memory for the message");
	find_recipients();
	spent_ms = patience_end();
	/* The process may be confined: it can do nothing but exit. */
	_exit((int)send_all());
}
