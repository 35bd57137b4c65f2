/* What chat-spool says. */
#include "sender/spool/tell.h"

#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/error.h"

void
tell_span(int64_t seconds, char span[SIZE_SPAN])
{
	static const struct {
		int64_t seconds;
		char unit;
	} units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
	size_t i = 0;

	while (i < 3 && seconds < 2 * units[i].seconds)
		i++;
	(void)snprintf(span, SIZE_SPAN, "%" PRId64 "%c",
	    seconds / units[i].seconds, units[i].unit);
}

/* Writes the line of JSON as chat-send does. */
static int
put_json(
    const struct delivery *delivery, const struct outcome *outcome, int64_t ms)
{
	static struct report_lines lines;

	report_spell(delivery, outcome, &lines);
	return report_write(&lines, false, true, ms);
}

static int
write_out(void)
{
	return fflush(stdout) == 0 ? CHAT_OK : CHAT_EIO;
}

int
tell_delivered(const struct tell *tell, const struct delivery *delivery,
    const struct outcome *outcome, const char *id, int64_t ms)
{
	if (tell->json)
		return put_json(delivery, outcome, ms);
	if (tell->quiet)
		return CHAT_OK;
	(void)printf("%s %s: delivered\n", id, delivery->destination.to);
	return write_out();
}

int
tell_kept(const struct tell *tell, struct delivery *delivery,
    const struct outcome *outcome, const char *id, int64_t wait_s)
{
	struct outcome kept = *outcome;
	char span[SIZE_SPAN];

	delivery->kept_for = outcome->status;
	kept.status = SEND_KEPT;
	if (tell->json)
		return put_json(delivery, &kept, 0);
	if (tell->quiet)
		return CHAT_OK;
	tell_span(wait_s > 0 ? wait_s : 0, span);
	(void)printf("%s %s: %s%s next attempt in %s\n", id, outcome->where,
	    outcome->reason, report_joint(outcome->reason), span);
	return write_out();
}

int
tell_over(const struct tell *tell, const struct letter *letter,
    const struct state *state, const char *id)
{
	static struct delivery delivery;
	static struct crypto crypto;
	static struct outcome outcome;

	warnx("%s: message %s %s in time, and is in the folder failed: %s",
	    letter->way.to, id, tell_miss(state->status), state->reason);
	if (!tell->json)
		return CHAT_OK;
	delivery.crypto = &crypto;
	delivery.destination.typed = letter->way.to;
	(void)strlcpy(delivery.destination.to, letter->way.to,
	    sizeof(delivery.destination.to));
	memcpy(delivery.drawn, letter->drawn, SIZE_ID);
	outcome.status = state->status;
	(void)strlcpy(outcome.reason, state->reason, sizeof(outcome.reason));
	return put_json(&delivery, &outcome, 0);
}

const char *
tell_miss(enum send_exit status)
{
	return status == SEND_UNKNOWN ? "got no receipt" : "was not delivered";
}

void
tell_person(const struct outcome *outcome, size_t count)
{
	warnx("%s: %s%s %zu message%s wait%s", outcome->where, outcome->reason,
	    report_joint(outcome->reason), count, count == 1 ? "" : "s",
	    count == 1 ? "s" : "");
}
