/* The file with figures about the listener. */
#include "listener/parent/metrics.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/limits.h"

#define PERIOD_MS DEADLINE_MS(METRICS_S)
#define PREFIX "chat_listen_"

static void
put_head(FILE *out, const char *name, const char *type, const char *help)
{
	(void)fprintf(out, "# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s %s\n",
	    name, help, name, type);
}

static void
put_value(FILE *out, const char *name, const char *type, const char *help,
    uint64_t value)
{
	put_head(out, name, type, help);
	(void)fprintf(out, PREFIX "%s %llu\n", name, (unsigned long long)value);
}

static unsigned
count_barred(const struct tracks *tracks, int64_t now_ms)
{
	const struct track *track = &tracks->list[0][0];
	unsigned barred = 0;

	for (size_t i = 0; i < (size_t)TRACK_ROWS * TRACK_WAYS; i++)
		if (track[i].barred && track_penalty(&track[i], now_ms) > 0)
			barred++;
	return barred;
}

/* The words of the journal contain nothing that a label would escape. */
static void
put_journal(FILE *out, const struct journal *journal)
{
	put_head(out, "sessions_total", "counter",
	    "Sessions that have ended, by how.");
	for (size_t i = 0; i <= SESSION_ENDS; i++)
		(void)fprintf(out, PREFIX "sessions_total{end=\"%s\"} %llu\n",
		    end_text((enum session_end)i),
		    (unsigned long long)journal->ended[i]);
	put_head(out, "refusals_total", "counter",
	    "Connections that got or kept no session, by why.");
	for (size_t i = REFUSAL_NONE + 1; i < REFUSALS; i++)
		(void)fprintf(out,
		    PREFIX "refusals_total{reason=\"%s\"} %llu\n",
		    journal_refusal_text((enum refusal)i),
		    (unsigned long long)journal->refused[i]);
}

static void
put_all(FILE *out, const struct metrics *metrics, const struct parent *parent,
    const struct figures *figures)
{
	put_value(out, "start_time_seconds", "gauge",
	    "When the listener started, in seconds since 1970.",
	    (uint64_t)metrics->started);
	put_value(
	    out, "users", "gauge", "Entries of the directory.", parent->users);
	put_value(out, "messages_total", "counter",
	    "Messages delivered since the start.", figures->messages);
	put_value(out, "last_message_time_seconds", "gauge",
	    "When the newest of them came, in seconds since 1970; 0: none yet.",
	    (uint64_t)figures->last);
	if (parent->options->log != NULL)
		put_value(out, "log_messages", "gauge",
		    "Messages in the log: seq of the newest one.",
		    parent->logged + figures->messages);
	put_value(out, "sessions", "gauge", "Sessions now.", figures->sessions);
	put_value(out, "sessions_limit", "gauge",
	    "The most sessions at once, -m.", parent->options->sessions);
	put_value(out, "accepting", "gauge",
	    "0 while connections wait, because a process has to catch up or descriptors are missing.",
	    figures->accepting);
	put_value(out, "sources_barred", "gauge",
	    "Addresses and networks that misbehaved and must wait.",
	    count_barred(&parent->admission.tracks, clock_now_ms()));
	put_journal(out, &parent->journal);
}

/* Writes beside the file and renames, so that nobody reads half of it. */
static int
write_file(const struct metrics *metrics, const struct parent *parent,
    const struct figures *figures)
{
	const char *path = parent->options->metrics;
	char beside[PATH_MAX];
	bool written;
	FILE *out;
	int fd;

	if (snprintf(beside, sizeof(beside), "%s.new", path) >=
	    (int)sizeof(beside)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	(void)unlink(beside); /* what a writer left that was killed */
	fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd == -1 || (out = fdopen(fd, "w")) == NULL)
		return -1;
	put_all(out, metrics, parent, figures);
	written = ferror(out) == 0;
	if (fclose(out) != 0 || !written)
		return -1;
	return rename(beside, path);
}

int
metrics_start(struct metrics *metrics, const struct parent *parent)
{
	const struct figures figures = {.accepting = true};

	*metrics = (struct metrics){
	    .started = time(NULL), .next_ms = clock_now_ms() + PERIOD_MS};
	if (parent->options->metrics == NULL)
		return 0;
	return write_file(metrics, parent, &figures);
}

static void __attribute__((noreturn))
work(const struct metrics *metrics, const struct parent *parent,
    const struct figures *figures)
{
	/* If this fails, the process may outlive us; it has no secrets. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (write_file(metrics, parent, figures) == 0)
		_exit(EXIT_SUCCESS);
	if (!metrics->failed)
		warn("%s: cannot be written", parent->options->shown_metrics);
	_exit(EXIT_FAILURE);
}

void
metrics_write(struct metrics *metrics, const struct parent *parent,
    const struct figures *figures)
{
	int64_t now_ms = clock_now_ms();

	if (parent->options->metrics == NULL || now_ms < metrics->next_ms)
		return;
	metrics->next_ms = now_ms + PERIOD_MS;
	if (metrics->writer != 0)
		return;
	metrics->writer = fork();
	if (metrics->writer == 0)
		work(metrics, parent, figures);
	if (metrics->writer == -1)
		metrics->writer = 0;
}

void
metrics_ended(struct metrics *metrics, pid_t pid, int status)
{
	if (pid != metrics->writer)
		return;
	metrics->writer = 0;
	metrics->failed = status != 0;
}

void
metrics_end(const struct parent *parent)
{
	if (parent->options->metrics != NULL)
		(void)unlink(parent->options->metrics);
}
