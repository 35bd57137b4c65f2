/* What chat-send says about how a delivery ended. */
#include "sender/report.h"

#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "common/hex.h"

bool
report_retryable(enum send_exit status)
{
	return status == SEND_TEMPORARY || status == SEND_UNKNOWN;
}

/* stdio would look at what standard output is, which is not allowed now. */
static void
report_json(const struct delivery *delivery, const struct outcome *outcome,
    const char *id, int64_t ms)
{
	char line[1024];
	int len = snprintf(line, sizeof(line),
	    "{\"v\":1,\"type\":\"result\",\"id\":\"%s\",\"to\":\"%s\","
	    "\"ok\":%s,\"status\":%d,\"reason\":\"%s\",\"retryable\":%s,"
	    "\"ms\":%" PRId64 "}\n",
	    id, delivery->destination.to,
	    outcome->status == SEND_OK ? "true" : "false", outcome->status,
	    outcome->status == SEND_OK ? "" : outcome->reason,
	    report_retryable(outcome->status) ? "true" : "false", ms);

	if (write(STDOUT_FILENO, line, (size_t)len) != len)
		warn("standard output");
}

static void
report_failure(
    const struct report *report, const struct outcome *outcome, const char *id)
{
	char line[32] = "", again[96] = "";

	if (report->line != 0)
		(void)snprintf(line, sizeof(line), "line %lu: ", report->line);
	if (outcome->status == SEND_UNKNOWN)
		(void)snprintf(again, sizeof(again),
		    "; send it again with -i %s, and it is shown once", id);
	warnx("%s%s: %s%s", line, outcome->where, outcome->reason, again);
}

void
report(const struct report *report, const struct delivery *delivery,
    const struct outcome *outcome, int64_t ms)
{
	const char *to = delivery->destination.to;
	const char *done = delivery->text != NULL ? "delivered" : "ready";
	char id[2 * SIZE_ID + 1];

	hex_encode(delivery->id, SIZE_ID, id);
	if (report->json)
		report_json(delivery, outcome, id, ms);
	if (outcome->status != SEND_OK && (!report->json || report->line != 0))
		report_failure(report, outcome, id);
	else if (report->json)
		return;
	else if (report->verbose && delivery->text != NULL)
		warnx("%s: %s in %" PRId64 " ms, id %s", outcome->where, done,
		    ms, id);
	else if (report->success || report->verbose)
		warnx("%s: %s", to, done);
}
