/* A failure that concerns the whole message. */
#include "sender/fatal.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"

static struct {
	const struct delivery *deliveries;
	size_t count; /* 0: the report is in words */
	int64_t start_ms;
	volatile sig_atomic_t ready; /* the rest is complete */
	struct report_lines results[MOST_RECIPIENTS];
	char words[SIZE_WHY + 32];
} fatal;

void
fatal_open(const struct report_style *style, const struct delivery deliveries[],
    size_t count)
{
	fatal.deliveries = deliveries;
	fatal.count = style->json ? count : 0;
	fatal.start_ms = clock_now_ms();
}

void
fatal_spell(const struct failure *failure)
{
	static struct outcome outcome;

	fatal.ready = 0; /* a signal that comes now writes nothing */
	outcome.status = failure->status;
	(void)strlcpy(outcome.reason, failure->words, sizeof(outcome.reason));
	for (size_t i = 0; i < fatal.count; i++)
		report_spell(&fatal.deliveries[i], &outcome, &fatal.results[i]);
	(void)snprintf(fatal.words, sizeof(fatal.words), "chat-send: %s\n",
	    failure->words);
	fatal.ready = 1;
}

void
fatal_write(void)
{
	int64_t ms = clock_now_ms() - fatal.start_ms;
	ssize_t n = 0;

	if (fatal.ready == 0)
		return;
	for (size_t i = 0; i < fatal.count; i++)
		(void)report_write(&fatal.results[i], false, true, ms);
	if (fatal.count == 0)
		n = write(STDERR_FILENO, fatal.words, strlen(fatal.words));
	(void)n; /* we end in any case */
}
