/* Reports how a delivery ended. */
#include "sender/report.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/error.h"
#include "common/base/hex.h"
#include "common/base/text.h"
#include "common/base/timestamp.h"
#include "common/chat1/id.h"

#define FIRST_PAIR 0x10000 /* from here on, JSON needs a surrogate pair */
#define SIZE_PAIR 13
#define SIZE_RECEIPT 128
#define SIZE_RANGE 64
#define SIZE_KEPT 80

bool
report_retryable(enum send_exit status)
{
	return status == SEND_TEMPORARY || status == SEND_UNKNOWN;
}

void
report_uncertain(enum send_exit *status, char reason[SIZE_WHY])
{
	char last[SIZE_WHY];

	if (*status == SEND_UNKNOWN)
		return;
	*status = SEND_UNKNOWN;
	(void)strlcpy(last, reason, sizeof(last));
	(void)snprintf(reason, SIZE_WHY,
	    "sent without a valid receipt, and then: %.400s", last);
}

const char *
report_joint(const char *reason)
{
	size_t len = strlen(reason);

	return len > 0 && reason[len - 1] == '?' ? "" : ";";
}

void
report_spell_lines(const struct delivery *delivery, char out[SIZE_LINES])
{
	out[0] = '\0';
	if (delivery->line != 0 && delivery->line == delivery->last)
		(void)snprintf(out, SIZE_LINES, "line %lu: ", delivery->line);
	else if (delivery->line != 0)
		(void)snprintf(out, SIZE_LINES,
		    "lines %lu to %lu: ", delivery->line, delivery->last);
}

/*
 * Spells the id that the other side sees, in hexadecimal. If there was no
 * connection, libcrypto may have to be started for this; if that fails, the id
 * is empty, since none was sent.
 */
static void
spell_id(const struct delivery *delivery, char id[2 * SIZE_ID + 1])
{
	uint8_t bytes[SIZE_ID];

	id[0] = '\0';
	if (delivery->destination.to[0] != '\0' &&
	    crypto_start(delivery->crypto) == 0 &&
	    id_derive(&delivery->crypto->suite, delivery->drawn,
		delivery->destination.to, bytes) == 0)
		hex_encode(bytes, SIZE_ID, id);
}

void
report_quote(const char *string, char *out, size_t size)
{
	const char *end = string + strlen(string);
	size_t len = 0;
	int32_t c;

	while (string < end && len + SIZE_PAIR < size) {
		c = text_next(&string, end);
		if (c == -1)
			string++;
		if (c >= FIRST_PAIR) {
			c -= FIRST_PAIR;
			len += (size_t)snprintf(out + len, size - len,
			    "\\u%04x\\u%04x", 0xd800 | (unsigned)c >> 10,
			    0xdc00 | ((unsigned)c & 0x3ff));
		} else if (c < ' ' || c > '~' || c == '"' || c == '\\') {
			len += (size_t)snprintf(out + len, size - len,
			    "\\u%04x", c == -1 ? 0xfffd : (unsigned)c);
		} else {
			out[len++] = (char)c;
		}
	}
	out[len] = '\0';
}

/* Spells where the message was recorded; empty if the listener has no log. */
static void
spell_receipt(const struct receipt *receipt, char spelling[SIZE_RECEIPT])
{
	char head[2 * SIZE_HASH + 1];

	spelling[0] = '\0';
	if (receipt->seq == 0)
		return;
	hex_encode(receipt->head, SIZE_HASH, head);
	(void)snprintf(spelling, SIZE_RECEIPT,
	    "\"receipt\":{\"seq\":%" PRIu64 ",\"head\":\"%s\"},", receipt->seq,
	    head);
}

/* Spells why and how long the message is kept; empty if it is not. */
static void
spell_kept(const struct delivery *delivery, const struct outcome *outcome,
    char spelling[SIZE_KEPT])
{
	char until[SIZE_INSTANT + 1] = "";

	spelling[0] = '\0';
	if (outcome->status != SEND_KEPT)
		return;
	(void)timestamp_format(delivery->kept_until, until);
	(void)snprintf(spelling, SIZE_KEPT,
	    "\"kept\":{\"status\":%d,\"until\":\"%s\"},", delivery->kept_for,
	    until);
}

/* Spells the line of JSON up to the milliseconds. */
static void
spell_json(const struct delivery *delivery, const struct outcome *outcome,
    const char *drawn, char *json, size_t size)
{
	bool ok = outcome->status == SEND_OK;
	char id[2 * SIZE_ID + 1], to[512], reason[2048];
	char receipt[SIZE_RECEIPT], range[SIZE_RANGE] = "", kept[SIZE_KEPT];

	if (delivery->line != 0)
		(void)snprintf(range, sizeof(range),
		    "\"line\":%lu,\"last\":%lu,", delivery->line,
		    delivery->last);
	spell_id(delivery, id);
	report_quote(delivery->destination.typed, to, sizeof(to));
	report_quote(ok ? "" : outcome->reason, reason, sizeof(reason));
	spell_receipt(&outcome->receipt, receipt);
	spell_kept(delivery, outcome, kept);
	(void)snprintf(json, size,
	    "{\"v\":1,\"type\":\"result\",\"id\":\"%s\",\"drawn\":\"%s\",\"to\":\"%s\",%s\"ok\":%s,\"status\":%d,\"reason\":\"%s\",\"retryable\":%s,%s%s\"ms\":",
	    id, drawn, to, range, ok ? "true" : "false", outcome->status,
	    reason, report_retryable(outcome->status) ? "true" : "false",
	    receipt, kept);
}

static void
spell_words(const struct delivery *delivery, const struct outcome *outcome,
    const char *drawn, char *words, size_t size)
{
	/* The same id would be refused again. */
	bool spent = delivery->id_given && outcome->id_taken != 0;
	char which[SIZE_LINES], again[128] = "", composed[SIZE_INSTANT + 1];

	report_spell_lines(delivery, which);
	if (outcome->status == SEND_UNKNOWN && !spent &&
	    timestamp_format(delivery->composed, composed) == 0)
		(void)snprintf(again, sizeof(again),
		    "%s send it again with -i %s -c %s, and it is shown once",
		    report_joint(outcome->reason), drawn, composed);
	(void)snprintf(words, size, "chat-send: %s%s%s%s%s\n", which,
	    outcome->where, *outcome->where == '\0' ? "" : ": ",
	    outcome->reason, again);
}

void
report_spell(const struct delivery *delivery, const struct outcome *outcome,
    struct report_lines *lines)
{
	char drawn[2 * SIZE_ID + 1];

	hex_encode(delivery->drawn, SIZE_ID, drawn);
	spell_words(
	    delivery, outcome, drawn, lines->words, sizeof(lines->words));
	spell_json(delivery, outcome, drawn, lines->json, sizeof(lines->json));
}

/* stdio(3) would call fstat(2), which the sandbox does not allow. */
static int
put(int fd, const char *bytes, size_t len)
{
	errno = ENOSPC; /* for a line that is written only in part */
	return write(fd, bytes, len) == (ssize_t)len ? CHAT_OK : CHAT_EIO;
}

int
report_write(
    const struct report_lines *lines, bool words, bool json, int64_t ms)
{
	char line[sizeof(lines->json) + 32], digits[24];
	size_t len = strlen(lines->json), n = 0;
	int error = CHAT_OK, saved;

	if (json) {
		memcpy(line, lines->json, len);
		do
			digits[n++] = (char)('0' + ms % 10);
		while ((ms /= 10) > 0);
		while (n > 0)
			line[len++] = digits[--n];
		line[len++] = '}';
		line[len++] = '\n';
		error = put(STDOUT_FILENO, line, len);
	}
	saved = errno;
	if (words || error != 0)
		(void)put(STDERR_FILENO, lines->words, strlen(lines->words));
	errno = saved;
	return error;
}

bool
report_has_words(const struct report_style *style,
    const struct delivery *delivery, const struct outcome *outcome)
{
	if (outcome->status == SEND_KEPT)
		return !style->json && !style->quiet;
	return outcome->status != SEND_OK &&
	    (!style->json || delivery->line != 0);
}

int
report_outcome(const struct report_style *style,
    const struct delivery *delivery, const struct outcome *outcome, int64_t ms)
{
	const char *to = delivery->destination.to;
	const char *done = delivery->text != NULL ? "delivered" : "ready";
	bool failed = outcome->status != SEND_OK;
	static struct report_lines lines;
	char id[2 * SIZE_ID + 1], recorded[64] = "";
	int error = CHAT_OK;

	if (failed || style->json) {
		report_spell(delivery, outcome, &lines);
		if (!failed)
			(void)snprintf(lines.words, sizeof(lines.words),
			    "chat-send: %s: %s, but its line of -j is lost\n",
			    to, done);
		error = report_write(&lines,
		    report_has_words(style, delivery, outcome), style->json,
		    ms);
		if (error != 0)
			warn("standard output");
	} else if (style->verbose && delivery->text != NULL) {
		spell_id(delivery, id);
		if (outcome->receipt.seq != 0)
			(void)snprintf(recorded, sizeof(recorded),
			    ", number %" PRIu64 " of the log there",
			    outcome->receipt.seq);
		warnx("%s: %s in %" PRId64 " ms, id %s%s", outcome->where, done,
		    ms, id, recorded);
	} else if (style->success || style->verbose) {
		warnx("%s: %s", to, done);
	}
	return error;
}

void
report_interrupted(const struct report_style *style,
    const struct delivery *delivery, const struct outcome *outcome, int64_t ms)
{
	static struct report_lines lines;

	report_spell(delivery, outcome, &lines);
	(void)report_write(&lines,
	    outcome->status != SEND_KEPT ||
		report_has_words(style, delivery, outcome),
	    style->json, ms);
}
