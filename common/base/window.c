/* Windows of time for lines on standard error. */
#include "common/base/window.h"

#include "common/base/limits.h"

unsigned
window_renew(struct window *window, int64_t now_ms)
{
	unsigned unsaid = window->unsaid;

	if (now_ms - window->start < WINDOW_MS)
		return 0;
	*window = (struct window){.start = now_ms};
	return unsaid;
}

bool
window_admits(struct window *window)
{
	if (window->lines == WINDOW_LINES) {
		window->unsaid++;
		return false;
	}
	window->lines++;
	return true;
}
