/* The journal of connections. */
#include "listener/parent/journal.h"

#include <err.h>
#include <string.h>

#include "common/base/limits.h"
#include "listener/parent/warning.h"

static const char *const refusals[REFUSALS] = {
    [REFUSAL_FULL] = "refused: too many sessions (-m)",
    [REFUSAL_RUSH] = "refused: too many sessions lately without a proof",
    [REFUSAL_SOURCE] = "refused: too many sessions from this source (-M)",
    [REFUSAL_PENALTY] = "refused: its source misbehaved and must wait",
    [REFUSAL_EVICTED] = "cut off before its proof: others needed the place",
    [REFUSAL_LATER] = "not accepted yet: out of file descriptors",
    [REFUSAL_SYSTEM] = "refused: out of file descriptors or processes",
};

static void
settle(struct window *window, const char *text, int64_t now_ms)
{
	unsigned unsaid = window_renew(window, now_ms);

	if (unsaid > 0)
		warnx("%u more in %d s: %s", unsaid, WINDOW_MS / 1000, text);
}

/* Whether this reason may have another line now. */
static bool
may_say(struct window *window, const char *text, int64_t now_ms)
{
	settle(window, text, now_ms);
	return window_admits(window);
}

void
journal_end(struct journal *journal, const char *address, enum session_end end,
    const char *detail, int64_t now_ms)
{
	const char *text = end_text(end);

	journal->ended[end]++;
	if (journal->level == JOURNAL_QUIET ||
	    (journal->level == JOURNAL_FAULTS && !end_is_fault(end)) ||
	    !may_say(&journal->ends[end], text, now_ms))
		return;
	if (end_is_fault(end))
		warnx("%s: %s%s%s", address, text, *detail == '\0' ? "" : ": ",
		    detail);
	else
		warning_inform("%s: %s", address, text);
}

void
journal_refusal(struct journal *journal, const char *address,
    enum refusal refusal, int64_t now_ms)
{
	journal->refused[refusal]++;
	if (journal->level != JOURNAL_QUIET &&
	    may_say(&journal->refusals[refusal], refusals[refusal], now_ms))
		warnx("%s: %s", address, refusals[refusal]);
}

const char *
journal_refusal_text(enum refusal refusal)
{
	return refusals[refusal];
}

void
journal_settle(struct journal *journal, int64_t now_ms)
{
	for (size_t i = 0; i <= SESSION_ENDS; i++)
		settle(
		    &journal->ends[i], end_text((enum session_end)i), now_ms);
	for (size_t i = REFUSAL_NONE + 1; i < REFUSALS; i++)
		settle(&journal->refusals[i], refusals[i], now_ms);
}

static void
earliest(const struct window *window, bool *owes, int64_t *at_ms)
{
	if (window->unsaid == 0)
		return;
	if (!*owes || window->start + WINDOW_MS < *at_ms)
		*at_ms = window->start + WINDOW_MS;
	*owes = true;
}

bool
journal_owes(const struct journal *journal, int64_t *at_ms)
{
	bool owes = false;

	for (size_t i = 0; i <= SESSION_ENDS; i++)
		earliest(&journal->ends[i], &owes, at_ms);
	for (size_t i = 0; i < REFUSALS; i++)
		earliest(&journal->refusals[i], &owes, at_ms);
	return owes;
}
