/* chat-listen: waits for messages. See chat-listen(1). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/base/descriptors.h"
#include "common/base/environment.h"
#include "common/base/error.h"
#include "common/base/limits.h"
#include "common/base/random.h"
#include "common/base/sandbox.h"
#include "common/base/text.h"
#include "common/chat1/warmup.h"
#include "listener/exit.h"
#include "listener/link/session_runner.h"
#include "listener/link/ticket.h"
#include "listener/parent/change.h"
#include "listener/parent/children.h"
#include "listener/parent/loop.h"
#include "listener/parent/opening.h"
#include "listener/parent/reach.h"
#include "listener/parent/recording.h"
#include "listener/parent/signals.h"
#include "listener/parent/supervisor.h"
#include "listener/parent/trial.h"
#include "listener/parent/warning.h"

static struct options options;
static struct suite suite;
static struct keyholder_config config;
static struct parent parent = {.recorder_control = -1, .runner_control = -1};

static void
need_random(void)
{
	char fault[SIZE_RANDOM_FAULT];

	if (random_check(fault) != 0)
		errx(LISTEN_SYSTEM, "%s", fault);
}

static void
open_output(void)
{
	if (output_open(&parent.output) != 0) {
		if (parent.output.terminal)
			err(LISTEN_OUTPUT,
			    "cannot open this terminal for writing only; add '| cat'");
		err(LISTEN_OUTPUT, "standard output");
	}
	if (options.columns != NO_COLUMNS)
		output_show_people(&parent.output, options.columns);
	if (parent.output.people)
		tzset(); /* sessions show local time, but open no file */
	display_choose(&parent.display, options.json, parent.output.people);
}

static void
open_socket(void)
{
	const char *reason;

	if (options.socket != -1) {
		if (acceptor_adopt(&parent.acceptor, options.socket, &reason) !=
		    0)
			errx(LISTEN_SYSTEM,
			    "cannot use the socket that was passed: %s",
			    reason);
	} else if (acceptor_open(&parent.acceptor, options.family,
		       options.address, (uint16_t)options.port, &reason) != 0) {
		errx(LISTEN_SYSTEM, "cannot listen on %s port %d: %s",
		    options.address != NULL ? QUOTED(options.address)
					    : "any address",
		    (int)options.port, reason);
	}
	if (options.defer && acceptor_defer(&parent.acceptor) != 0)
		err(LISTEN_SYSTEM, "-D");
}

/* Gathers what the keyholder has to know, while we still have the right to. */
static void
brief_keyholder(void)
{
	const char *bad, *what;

	if (identity_given(options.user, config.given, &bad) != 0)
		errx(LISTEN_USAGE,
		    "-u or CHAT_USER: '%s' is not a valid user name",
		    QUOTED(bad));
	if (identity_addresses(&config.addresses) != 0 &&
	    config.given[0] == '\0')
		err(LISTEN_SYSTEM, "cannot list our addresses");
	if (config.given[0] == '\0')
		(void)identity_login(config.login);
	reach_find(
	    &options, &parent.acceptor, &config.addresses, &config.reached);
	if (privdrop_prepare(&parent.jail, &what) != 0)
		errx(LISTEN_SYSTEM, "cannot %s: %s; %s", what, strerror(errno),
		    privdrop_advice(&parent.jail));
	config.path = options.shown_directory;
	config.port = options.check && options.port != NO_PORT
	    ? (uint16_t)options.port
	    : parent.acceptor.port;
	config.strict = options.strict;
	config.quiet = options.quiet;
	config.forgets = options.log != NULL;
	config.count = config.forgets ? 0 : options.count;
	config.places = PLACES_PER_SESSION * options.sessions;
	config.turns = options.command != NULL ? options.at_once : 1;
	config.jail = parent.jail;
}

/* Finds the user that commands run as. */
static void
find_jail_of_commands(struct jail *jail)
{
	const char *what;

	if (privdrop_commands(&parent.jail, jail, &what) != 0)
		errx(LISTEN_SYSTEM, "cannot %s: %s; %s", what, strerror(errno),
		    privdrop_advice(&parent.jail));
	if (jail->root && jail->uid == parent.jail.uid && !options.quiet)
		warnx(
		    "warning: commands run as %s, as sessions do, and can end them; add a user chat-listen-command",
		    jail->user);
}

/*
 * Opens a pipe for the key of tickets. Returns the end of the process that
 * checks them; the keyholder gets the other.
 */
static int
open_ticket_pipe(void)
{
	int ends[2];

	if (ticket_open_pipe(ends) != 0)
		err(LISTEN_SYSTEM, "cannot open a pipe");
	config.ticket_pipes[config.ticket_pipe_count++] = ends[1];
	return ends[0];
}

/*
 * Starts the runner before there is a secret or a channel that it could
 * inherit. `errors` is what standard error was when we started.
 */
static void
start_runner(int errors)
{
	static struct runner_config runner;

	if (options.command == NULL || options.check)
		return;
	runner = (struct runner_config){.command = options.command,
	    .json = options.json,
	    .at_once = options.at_once,
	    .handlers = options.handlers,
	    .quiet = options.quiet,
	    .limit_ms = DEADLINE_MS(LIMIT_COMMAND_S),
	    .wait_ms = DEADLINE_MS(LIMIT_FREE_S),
	    .suite = &suite,
	    .ticket_pipe = open_ticket_pipe(),
	    .errors = errors,
	    .places = PLACES_PER_SESSION * options.sessions};
	find_jail_of_commands(&runner.jail);
	signals_hold(true);
	parent.runner = runner_start(&runner, &parent.runner_control);
	signals_hold(false);
	if (parent.runner == -1)
		err(LISTEN_SYSTEM, "cannot fork");
	(void)close(runner.ticket_pipe);
}

static void
wipe_string(char *string)
{
	explicit_bzero(string, strlen(string));
}

/*
 * The runner has the environment and the command now; wipes both here, so that
 * processes started later have neither. NOTIFY_SOCKET and TZ are still needed.
 */
static void
forget_start(char *const started_with[], char *command)
{
	static const char *const kept[] = {"NOTIFY_SOCKET=", "TZ=", NULL};

	environment_forget(kept);
	/* The kernel's copy. What is still in use was copied from there. */
	for (; *started_with != NULL; started_with++)
		wipe_string(*started_with);
	if (command != NULL)
		wipe_string(command);
}

/* The keyholder ended, and has said why unless it was killed. */
static void __attribute__((noreturn))
give_up_keyholder(void)
{
	int status;

	if (waitpid(parent.keyholder, &status, 0) == parent.keyholder &&
	    WIFSIGNALED(status))
		warnx("the keyholder was killed by signal %d (%s)",
		    WTERMSIG(status), strsignal(WTERMSIG(status)));
	exit(LISTEN_SYSTEM);
}

static int
open_directory(void)
{
	int opening, fd;

	signals_hold(true);
	opening = opening_start(options.directory, O_RDONLY);
	signals_hold(false);
	if (opening == -1)
		err(LISTEN_SYSTEM, "cannot fork");
	opening_wait(
	    opening, options.shown_directory, "can be opened", options.quiet);
	if ((fd = opening_end(opening)) == -1)
		err(LISTEN_DIRECTORY, "%s", options.shown_directory);
	return fd;
}

static void
start_keyholder(void)
{
	int shown = -1;

	signals_hold(true);
	parent.keyholder = keyholder_start(
	    &config, &parent.control, &shown, &parent.proofs, &parent.findings);
	signals_hold(false);
	if (parent.keyholder == -1)
		err(LISTEN_SYSTEM, "cannot fork");
	if (options.log == NULL)
		parent.shown = shown;
	else
		(void)close(shown); /* the recorder counts */
	for (size_t i = 0; i < config.ticket_pipe_count; i++)
		(void)close(config.ticket_pipes[i]);
}

/* Starts the keyholder and has it read the directory for the first time. */
static void
load_directory(struct loaded *loaded)
{
	int fd = open_directory();

	start_keyholder();
	change_note(fd);
	if (keyholder_load(parent.control, fd) != 0)
		give_up_keyholder();
	opening_wait(parent.control, options.shown_directory, "has been read",
	    options.quiet);
	if (keyholder_loaded(parent.control, loaded) != 0)
		give_up_keyholder();
	if (loaded->error != 0)
		exit(loaded->error == CHAT_EDIRECTORY ||
			    loaded->error == CHAT_EAMBIGUOUS
			? LISTEN_DIRECTORY
			: LISTEN_SYSTEM);
	(void)close(fd);
	memcpy(parent.self, loaded->self, sizeof(parent.self));
	parent.users = loaded->users;
}

static void
set_limits(void)
{
	admission_open(&parent.admission, options.sessions, options.per_source,
	    &options.exempt);
	parent.journal.level = options.quiet ? JOURNAL_QUIET
	    : options.verbose                ? JOURNAL_ALL
					     : JOURNAL_FAULTS;
}

/* All of these worked in the trial session. */
static void
say_protections(void)
{
	warning_inform(
	    "sessions: sandbox %s, no new privileges, no core dumps, limited resources",
	    sandbox_name());
	if (parent.jail.root)
		warning_inform(
		    "sessions: user %s, no groups, an empty root directory",
		    parent.jail.user);
	else
		warning_inform(
		    "sessions: user and root directory as ours; started as root they get their own");
}

int
main(int argc, char *argv[], char *envp[])
{
	struct loaded loaded;
	int errors;

	if (descriptors_fill() != 0)
		err(LISTEN_SYSTEM, "cannot open /dev/null");
	if (!descriptors_can_write(STDOUT_FILENO))
		errx(LISTEN_OUTPUT,
		    "standard output is closed; messages need somewhere to go");
	/* First: this moves the arguments to where no title overwrites them. */
	setproctitle_init(argc, argv, envp);
	signals_prepare();
	supervisor_guard();
	need_random();
	options_read(argc, argv, &options);
	(void)setlocale(LC_CTYPE, "C.UTF-8"); /* for widths on a terminal */
	parent.options = &options;
	parent.suite = &suite;
	open_output();
	if (!options.check)
		open_socket();
	if (suite_open(&suite) != 0 || warmup_run(&suite) != 0)
		err(LISTEN_SYSTEM, "cannot set libcrypto up");
	brief_keyholder();
	errors = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (errors == -1 || warning_open() != 0)
		err(LISTEN_SYSTEM, "cannot make standard error ready");
	start_runner(errors); /* its commands may block there */
	(void)close(errors);
	forget_start(envp, options.command);
	if (options.log != NULL)
		recording_start(&parent, open_ticket_pipe());
	load_directory(&loaded);
	if (!trial_run(&parent))
		errx(LISTEN_SYSTEM,
		    "cannot confine sessions (%s); refusing to start without",
		    sandbox_name());
	if (options.check) {
		warnx("%s: %zu user%s; this is %s", options.shown_directory,
		    loaded.users, loaded.users == 1 ? "" : "s", loaded.self);
		return LISTEN_OK;
	}
	set_limits();
	if (options.verbose)
		say_protections();
	return loop_run(&parent, &loaded);
}
