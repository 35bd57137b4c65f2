/* The message that a connection takes long. */
#include "sender/notice.h"

#include <err.h>

#include "common/base/clock.h"
#include "common/base/limits.h"

void
notice_start(struct notice *notice, const char *name,
    const struct endpoint *endpoint, bool waits)
{
	notice->name = name;
	notice->endpoint = endpoint;
	notice->due_ms = waits ? clock_now_ms() + NOTICE_MS : INT64_MAX;
}

int64_t
notice_until(const struct notice *notice, int64_t deadline)
{
	return notice->due_ms < deadline ? notice->due_ms : deadline;
}

bool
notice_give(struct notice *notice, int64_t deadline)
{
	if (notice->due_ms >= deadline)
		return false;
	notice->due_ms = INT64_MAX;
	warnx("connecting to %s at %s port %u", notice->name,
	    notice->endpoint->host, notice->endpoint->port);
	return true;
}
