/* What chat-listen says about connections. */
#include "listener/journal.h"

#include <err.h>
#include <string.h>

#define WINDOW_MS 10000
#define WINDOW_LINES 5 /* of one reason in one window */

/* For each end: what to say, and whether it is a fault. */
static const struct {
	const char *text;
	bool fault;
} ends[SESSION_ENDS + 1] = {
    [SESSION_DELIVERED] = {"message delivered and receipted", false},
    [SESSION_UNRECEIPTED] = {"message delivered, but the sender left "
			     "before its receipt",
	true},
    [SESSION_DUPLICATE] = {"message delivered before, receipted again", false},
    [SESSION_PROBED] = {"probe: the sender proved itself and left", false},
    [SESSION_SILENT] = {"connected and sent nothing", false},
    [SESSION_MALFORMED] = {"refused: does not speak chat1", true},
    [SESSION_VERSION] = {"refused: speaks another version", true},
    [SESSION_CLOCK] = {"refused: its clock and ours differ by over 5 minutes",
	true},
    [SESSION_UNAUTHENTIC] = {"refused: authentication failed; is the same "
			     "password in both directories, and is it for us?",
	true},
    [SESSION_DEADLINE] = {"cut off: too slow", true},
    [SESSION_LEFT] = {"left in the middle", false},
    [SESSION_BUSY] = {"refused: no turn to write its message", true},
    [SESSION_UNADMITTED] = {"refused: its source may have no session", false},
    [SESSION_POSTPONED] = {"message not handled: the command says later", true},
    [SESSION_UNHANDLED] = {"message not handled: the command failed", true},
    [SESSION_OVERDUE] = {"message not handled: the command took too long",
	true},
    [SESSION_UNWRITTEN] = {"message not shown: output took no more", true},
    [SESSION_OUTPUT_GONE] = {"message not shown: nobody reads the output",
	true},
    [SESSION_UNCONFINED] = {"session refused to start: a right could not be "
			    "given up",
	true},
    [SESSION_INTERNAL] = {"session failed: internal error", true},
    [SESSION_ENDS] = {"session crashed", true},
};

static const char *const refusals[REFUSALS] = {
    [REFUSAL_FULL] = "refused: too many sessions (-m)",
    [REFUSAL_EARLY] = "refused by lot: sessions are getting scarce (-m)",
    [REFUSAL_SOURCE] = "refused: too many sessions from this source (-M)",
    [REFUSAL_PENALTY] = "refused: its source misbehaved and must wait",
    [REFUSAL_LATER] = "not accepted yet: no descriptor to be had",
    [REFUSAL_SYSTEM] = "refused: no descriptor or process to be had",
};

static bool
is_over(const struct window *window, int64_t now_ms)
{
	return now_ms - window->start >= WINDOW_MS;
}

static void
settle(struct window *window, const char *text, int64_t now_ms)
{
	if (!is_over(window, now_ms))
		return;
	if (window->unsaid > 0)
		warnx("%u more in %d s: %s", window->unsaid, WINDOW_MS / 1000,
		    text);
	*window = (struct window){.start = now_ms};
}

/* Whether there is still a line for this reason. */
static bool
may_say(struct window *window, const char *text, int64_t now_ms)
{
	settle(window, text, now_ms);
	if (window->lines == WINDOW_LINES) {
		window->unsaid++;
		return false;
	}
	window->lines++;
	return true;
}

void
journal_end(struct journal *journal, const char *address, enum session_end end,
    int signal, int64_t now_ms)
{
	const char *text = ends[end].text;

	if (journal->level == JOURNAL_QUIET ||
	    (journal->level == JOURNAL_FAULTS && !ends[end].fault) ||
	    !may_say(&journal->ends[end], text, now_ms))
		return;
	if (end == SESSION_ENDS && signal != 0)
		warnx("%s: %s: %s", address, text, strsignal(signal));
	else
		warnx("%s: %s", address, text);
}

void
journal_refusal(struct journal *journal, const char *address,
    enum refusal refusal, int64_t now_ms)
{
	if (journal->level != JOURNAL_QUIET &&
	    may_say(&journal->refusals[refusal], refusals[refusal], now_ms))
		warnx("%s: %s", address, refusals[refusal]);
}

void
journal_settle(struct journal *journal, int64_t now_ms)
{
	for (size_t i = 0; i <= SESSION_ENDS; i++)
		settle(&journal->ends[i], ends[i].text, now_ms);
	for (size_t i = 0; i < REFUSALS; i++)
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
