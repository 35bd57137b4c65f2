/* chat-send: delivers one message. See chat-send(1). */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "common/error.h"
#include "common/hex.h"
#include "common/stream.h"
#include "common/warmup.h"
#include "sender/deliver.h"

static struct options options;
static struct destination destination;
static struct text text;
static bool announce; /* say so when it worked: somebody is looking */

/* Passwords pass through here: no core file, nobody to look on. */
static void
guard_memory(void)
{
	const struct rlimit none = {0, 0};

	if (setrlimit(RLIMIT_CORE, &none) != 0 ||
	    prctl(PR_SET_DUMPABLE, 0) != 0)
		err(SEND_INTERNAL, "cannot forbid core dumps");
}

/* Standard descriptors that are closed would be taken by others. */
static void
fill_standard_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd != -1 && fd <= STDERR_FILENO);
	if (fd != -1)
		(void)close(fd);
}

static void
draw_id(void)
{
	if (!options.has_id && getentropy(options.id, SIZE_ID) != 0)
		err(SEND_INTERNAL, "cannot draw a message id");
}

static void
report(const struct outcome *outcome)
{
	char id[2 * SIZE_ID + 1];

	hex_encode(options.id, SIZE_ID, id);
	if (outcome->status == SEND_UNKNOWN)
		warnx("%s: %s; send it again with -i %s, and it is shown once",
		    outcome->where, outcome->reason, id);
	else if (outcome->status != SEND_OK)
		warnx("%s: %s", outcome->where, outcome->reason);
	else if (options.verbose)
		warnx("%s: delivered, id %s", outcome->where, id);
	else if (announce)
		warnx("%s: delivered", destination.to);
}

int
main(int argc, char *argv[])
{
	struct suite suite;
	struct spake2 *spake2;
	struct outcome outcome = {.status = SEND_INTERNAL};
	struct delivery delivery = {.suite = &suite,
	    .destination = &destination,
	    .text = &text,
	    .id = options.id};

	guard_memory();
	fill_standard_descriptors();
	(void)signal(SIGPIPE, SIG_IGN);
	options_read(argc, argv, &options);
	destination_find(&options, &destination);
	compose(options.words, &text);
	announce = !options.quiet && isatty(STDERR_FILENO) == 1;
	draw_id();
	if (suite_open(&suite) != 0 || spake2_open(&spake2) != 0 ||
	    warmup(&suite) != 0)
		errx(SEND_INTERNAL, "%s", error_text(CHAT_EINTERNAL));
	delivery.spake2 = spake2;
	delivery.composed = (int64_t)time(NULL);
	delivery.family = options.family;
	delivery.verbose = options.verbose;
	delivery.deadline = stream_clock() + (int64_t)options.timeout_s * 1000;
	deliver(&delivery, &outcome);
	report(&outcome);
	/* Confined as it is now, the process may do no more than that. */
	_exit(outcome.status);
}
