/* A failure that concerns the whole message. */
#include "sender/refusal.h"

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
} refusal;

void
refusal_open(
    const struct report *how, const struct delivery deliveries[], size_t count)
{
	refusal.deliveries = deliveries;
	refusal.count = how->json ? count : 0;
	refusal.start_ms = clock_now_ms();
}

void
refusal_spell(const struct failure *failure)
{
	static struct outcome outcome;

	refusal.ready = 0; /* a signal that comes now writes nothing */
	outcome.status = failure->status;
	(void)strlcpy(outcome.reason, failure->words, sizeof(outcome.reason));
	for (size_t i = 0; i < refusal.count; i++)
		report_spell(
		    &refusal.deliveries[i], &outcome, &refusal.results[i]);
	(void)snprintf(refusal.words, sizeof(refusal.words), "chat-send: %s\n",
	    failure->words);
	refusal.ready = 1;
}

void
refusal_write(void)
{
	int64_t ms = clock_now_ms() - refusal.start_ms;
	ssize_t n = 0;

	if (refusal.ready == 0)
		return;
	for (size_t i = 0; i < refusal.count; i++)
		(void)report_write(&refusal.results[i], false, true, ms);
	if (refusal.count == 0)
		n = write(STDERR_FILENO, refusal.words, strlen(refusal.words));
	(void)n; /* we end in any case */
}
