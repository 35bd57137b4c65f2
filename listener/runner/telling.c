/* What standard error gets about handlers. */
#include "listener/runner/telling.h"

#include <err.h>
#include <stdio.h>

#include "common/base/clock.h"
#include "common/base/text.h"

static void
settle_window(
    const struct telling *telling, struct window *window, const char *about)
{
	unsigned unsaid = window_renew(window, clock_now_ms());

	if (unsaid > 0 && !telling->quiet)
		warnx("%u more in %d s: %s", unsaid, WINDOW_MS / 1000, about);
}

/* Whether there may be a line in a window now. */
static bool
may_tell(struct telling *telling, struct window *window)
{
	telling_settle(telling);
	return !telling->quiet && window_admits(window);
}

void
telling_end(struct telling *telling, struct handler *handler, const char *how)
{
	char next[48] = "another starts";

	handler->failed = true;
	if (!may_tell(telling, &telling->ends))
		return;
	if (handler->pause_ms > 0)
		(void)snprintf(next, sizeof(next), "another starts in %.1f s",
		    (double)handler->pause_ms / 1000);
	warnx("handler %u: %s; %s", handler->number, how, next);
}

void
telling_ready(struct telling *telling, struct handler *handler)
{
	if (handler->failed && may_tell(telling, &telling->ends))
		warnx("handler %u: ready again", handler->number);
	handler->failed = false;
}

void
telling_result(struct telling *telling, const struct handler *handler)
{
	const char *why = handler->why;
	const char *word = handler->result == RUNNER_LATER ? "later"
	    : handler->result == RUNNER_FAILED             ? "no"
							   : "unknown";

	if (handler->result == RUNNER_HANDLED ||
	    !may_tell(telling, &telling->results))
		return;
	warnx("handler %u: %s, message %s of %s%s%s", handler->number, word,
	    handler->name.id, handler->name.from, *why == '\0' ? "" : ": ",
	    QUOTED(why));
}

void
telling_settle(struct telling *telling)
{
	settle_window(telling, &telling->ends, "a handler ended");
	settle_window(
	    telling, &telling->results, "a handler did not handle a message");
}

int64_t
telling_due(const struct telling *telling)
{
	const struct window *windows[] = {&telling->ends, &telling->results};
	int64_t due = -1;

	for (size_t i = 0; i < 2; i++)
		if (windows[i]->unsaid > 0 &&
		    (due == -1 || windows[i]->start + WINDOW_MS < due))
			due = windows[i]->start + WINDOW_MS;
	return due;
}
