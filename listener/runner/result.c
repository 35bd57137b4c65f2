/* What a handler writes. */
#include "listener/runner/result.h"

#include <string.h>

#include "common/base/error.h"

static const struct {
	const char *word;
	enum runner_result result;
	bool reasoned; /* a reason may follow */
} words[] = {{"ok ", RUNNER_HANDLED, false}, {"later ", RUNNER_LATER, true},
    {"no ", RUNNER_FAILED, true}, {"unknown ", RUNNER_UNKNOWN, true}};

bool
result_is_ready(const char *line)
{
	return strcmp(line, "ready") == 0;
}

/* Skips a prefix of *at. Returns whether it was there. */
static bool
skip_prefix(const char **at, const char *prefix)
{
	size_t len = strlen(prefix);

	if (strncmp(*at, prefix, len) != 0)
		return false;
	*at += len;
	return true;
}

int
result_read(const char *line, const char *id, enum runner_result *result,
    const char **why)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const char *at = line;

		if (!skip_prefix(&at, words[i].word))
			continue;
		if (!skip_prefix(&at, id))
			break;
		if (*at != '\0' &&
		    (!words[i].reasoned || !skip_prefix(&at, " ")))
			break;
		*result = words[i].result;
		*why = at;
		return CHAT_OK;
	}
	return CHAT_EMALFORMED;
}
