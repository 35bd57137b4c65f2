/* Starting the recorder. */
#include "listener/parent/recording.h"

#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "listener/exit.h"
#include "listener/parent/children.h"
#include "listener/parent/logfile.h"
#include "listener/parent/opening.h"
#include "listener/parent/signals.h"
#include "listener/recorder/reading.h"
#include "listener/recorder/recorder.h"

/* Opens the file of the log. Returns -1 if -n finds none in its folder. */
static int
open_logfile(const struct options *options)
{
	const char *why;
	int opening, fd;

	signals_hold(true);
	opening = logfile_start(options);
	signals_hold(false);
	if (opening == -1)
		err(LISTEN_SYSTEM, "cannot fork");
	opening_wait(
	    opening, options->shown_log, "can be opened", options->quiet);
	fd = logfile_end(opening, &why);
	if (fd == -1 && why != NULL)
		errx(LISTEN_OUTPUT, "-o %s: %s", options->shown_log, why);
	if (fd == -1 &&
	    !(options->check && errno == ENOENT && logfile_has_folder(options)))
		err(LISTEN_OUTPUT, "-o %s", options->shown_log);
	return fd;
}

/* What else is written to the log would break its chain. */
static void
check_separate(const struct options *options, int fd)
{
	static const struct {
		int fd;
		const char *name;
	} outputs[] = {{STDOUT_FILENO, "output"}, {STDERR_FILENO, "error"}};
	struct stat log, other;

	for (size_t i = 0; i < sizeof(outputs) / sizeof(outputs[0]); i++)
		if (fstat(fd, &log) == 0 && fstat(outputs[i].fd, &other) == 0 &&
		    log.st_dev == other.st_dev && log.st_ino == other.st_ino)
			errx(LISTEN_USAGE,
			    "-o %s: standard %s goes to the same file; send it elsewhere",
			    options->shown_log, outputs[i].name);
}

static void
fork_recorder(struct parent *parent, int ticket_pipe)
{
	static struct recorder_config config;
	const struct options *options = parent->options;

	config = (struct recorder_config){.path = options->shown_log,
	    .check = options->check,
	    .quiet = options->quiet,
	    .count = options->count,
	    .places = PLACES_PER_SESSION * options->sessions,
	    .suite = parent->suite,
	    .ticket_pipe = ticket_pipe,
	    .jail = parent->jail};
	signals_hold(true);
	parent->recorder =
	    recorder_start(&config, &parent->recorder_control, &parent->shown);
	signals_hold(false);
	if (parent->recorder == -1)
		err(LISTEN_SYSTEM, "cannot fork");
}

/* The recorder ended, and has said why unless it was killed. */
static void __attribute__((noreturn))
give_up_recorder(const struct parent *parent)
{
	int status;

	if (waitpid(parent->recorder, &status, 0) == parent->recorder &&
	    WIFSIGNALED(status))
		warnx("the recorder was killed by signal %d (%s)",
		    WTERMSIG(status), strsignal(WTERMSIG(status)));
	exit(LISTEN_SYSTEM);
}

/* Has the recorder read the log back, and go on in it. */
static void
give_log(struct parent *parent, int fd)
{
	const struct options *options = parent->options;
	int older[OLDER_MOST], control = parent->recorder_control;
	size_t count = logfile_older(options, older, OLDER_MOST);
	struct recorder_log log;

	if (recorder_pass(control, fd, older, count) != 0)
		give_up_recorder(parent);
	while (count > 0)
		(void)close(older[--count]);
	opening_wait(
	    control, options->shown_log, "has been read", options->quiet);
	if (recorder_opened(control, &log) != 0)
		give_up_recorder(parent);
	if (log.error != 0)
		exit(LISTEN_OUTPUT);
	parent->logged = log.seq;
	if (options->check)
		warnx("%s: %llu message%s", options->shown_log,
		    (unsigned long long)log.seq, log.seq == 1 ? "" : "s");
}

void
recording_start(struct parent *parent, int ticket_pipe)
{
	int fd = open_logfile(parent->options);

	if (fd == -1) {
		warnx("%s: not there yet; it will be made",
		    parent->options->shown_log);
	} else {
		check_separate(parent->options, fd);
		fork_recorder(parent, ticket_pipe);
		give_log(parent, fd);
		(void)close(fd);
	}
	(void)close(ticket_pipe);
}
