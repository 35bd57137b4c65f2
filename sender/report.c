/* What chat-send says about how a delivery ended. */
#include "sender/report.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "common/base/error.h"
#include "common/base/hex.h"
#include "common/chat1/id.h"

bool
report_retryable(enum send_exit status)
{
	return status == SEND_TEMPORARY || status == SEND_UNKNOWN;
}

/*
 * The id that the other side sees, in hexadecimal. Without a connection
 * libcrypto is set up here; where that fails, nobody sees an id: it is empty.
 */
static void
spell_id(const struct delivery *delivery, char id[2 * SIZE_ID + 1])
{
	uint8_t bytes[SIZE_ID];

	id[0] = '\0';
	if (crypto_start(delivery->crypto) == 0 &&
	    id_derive(&delivery->crypto->suite, delivery->drawn,
		delivery->destination.to, bytes) == 0)
		hex_encode(bytes, SIZE_ID, id);
}

/* stdio would look at what standard output is, which is not allowed now. */
static int
report_json(const struct delivery *delivery, const struct outcome *outcome,
    const char *drawn, int64_t ms)
{
	char line[1024], id[2 * SIZE_ID + 1];
	int len;

	spell_id(delivery, id);
	len = snprintf(line, sizeof(line),
	    "{\"v\":1,\"type\":\"result\",\"id\":\"%s\",\"drawn\":\"%s\","
	    "\"to\":\"%s\",\"ok\":%s,\"status\":%d,\"reason\":\"%s\","
	    "\"retryable\":%s,\"ms\":%" PRId64 "}\n",
	    id, drawn, delivery->destination.to,
	    outcome->status == SEND_OK ? "true" : "false", outcome->status,
	    outcome->status == SEND_OK ? "" : outcome->reason,
	    report_retryable(outcome->status) ? "true" : "false", ms);

	errno = ENOSPC; /* of a line that was written in part */
	if (write(STDOUT_FILENO, line, (size_t)len) == len)
		return CHAT_OK;
	warn("standard output");
	return CHAT_EIO;
}

static void
report_failure(const struct report *report, const struct delivery *delivery,
    const struct outcome *outcome, const char *drawn)
{
	/* Under this id, it would be declined again. */
	bool spent = delivery->id_given && outcome->id_taken != 0;
	char line[32] = "", again[96] = "";

	if (report->line != 0)
		(void)snprintf(line, sizeof(line), "line %lu: ", report->line);
	if (outcome->status == SEND_UNKNOWN && !spent)
		(void)snprintf(again, sizeof(again),
		    "; send it again with -i %s, and it is shown once", drawn);
	warnx("%s%s: %s%s", line, outcome->where, outcome->reason, again);
}

int
report_outcome(const struct report *report, const struct delivery *delivery,
    const struct outcome *outcome, int64_t ms)
{
	const char *to = delivery->destination.to;
	const char *done = delivery->text != NULL ? "delivered" : "ready";
	char drawn[2 * SIZE_ID + 1], id[2 * SIZE_ID + 1];
	int error = CHAT_OK;

	hex_encode(delivery->drawn, SIZE_ID, drawn);
	if (report->json)
		error = report_json(delivery, outcome, drawn, ms);
	if (outcome->status != SEND_OK) {
		if (!report->json || report->line != 0 || error != 0)
			report_failure(report, delivery, outcome, drawn);
	} else if (error != 0) {
		warnx("%s: %s, but its line of -j is lost", to, done);
	} else if (report->json) {
		return error;
	} else if (report->verbose && delivery->text != NULL) {
		spell_id(delivery, id);
		warnx("%s: %s in %" PRId64 " ms, id %s", outcome->where, done,
		    ms, id);
	} else if (report->success || report->verbose) {
		warnx("%s: %s", to, done);
	}
	return error;
}
