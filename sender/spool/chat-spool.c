/* chat-spool: what chat-send -s keeps. See chat-spool(1). */
#include <ctype.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/descriptors.h"
#include "common/base/hex.h"
#include "common/base/name.h"
#include "common/base/option.h"
#include "sender/guard.h"
#include "sender/keep/names.h"
#include "sender/spool/couriers.h"
#include "sender/spool/find.h"
#include "sender/spool/listing.h"

static struct tell tell;
static bool flushes;
static char *dropped;

static const struct option_row rows[] = {
    {'d', "drop", "id", "drop the message with this id", .word = &dropped},
    {'f', "flush", NULL, "deliver what is due", .flag = &flushes},
    {'h', "help", NULL, "show this and end", .show = option_help},
    {'j', "json", NULL, "write lines of JSON", .flag = &tell.json},
    {'q', "quiet", NULL, "with -f and -w: only what a person has to know",
	.flag = &tell.quiet},
    {'V', "version", NULL, "show the version and end", .show = option_version},
    {'w', "wait", "id",
	"deliver what is due, until the message with this id is delivered",
	.word = &tell.awaited},
    {'x', "execute", "command",
	"with -f and -w: run this for each message that is given up",
	.word = &tell.command},
};

static const struct option_table table = {.program = "chat-spool",
    .rows = rows,
    .count = sizeof(rows) / sizeof(rows[0]),
    .operands = {"[user]", NULL},
    .about = "Lists the messages that chat-send -s keeps, or delivers them."};

static void __attribute__((noreturn))
show(const char *text)
{
	if (fputs(text, stdout) == EOF || fflush(stdout) != 0)
		err(SEND_IO, "standard output");
	exit(SEND_OK);
}

/* Checks an id, and makes its letters small. */
static void
check_id(char option, char *id)
{
	uint8_t bytes[SIZE_ID];

	if (id == NULL)
		return;
	for (char *c = id; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	if (strlen(id) != sizeof(bytes) * 2 ||
	    hex_decode(id, bytes, SIZE_ID) != 0)
		errx(SEND_USAGE, "-%c %s: an id is %d hexadecimal digits",
		    option, QUOTED(id), 2 * SIZE_ID);
}

static void
check_together(void)
{
	if (flushes + (dropped != NULL) + (tell.awaited != NULL) > 1)
		errx(SEND_USAGE, "-d, -f and -w: use one of them");
	if (!flushes && tell.awaited == NULL &&
	    (tell.quiet || tell.command != NULL))
		errx(SEND_USAGE, "-q and -x need -f or -w");
	if (dropped != NULL && tell.json)
		errx(SEND_USAGE, "-d and -j: -d writes nothing");
	check_id('d', dropped);
	check_id('w', tell.awaited);
	if (!descriptors_can_write(STDOUT_FILENO))
		errx(SEND_IO, "standard output is closed");
}

/* Returns the user, or NULL for all. */
static const char *
read_options(int argc, char *argv[])
{
	struct option_result read;
	const char *user;

	if (option_read(&table, argc, argv, &read) != 0)
		errx(SEND_USAGE, "%s", read.text);
	if (read.shown != '\0')
		show(read.text);
	check_together();
	user = read.rest < argc ? argv[read.rest] : NULL;
	if (argc - read.rest > 1)
		errx(SEND_USAGE, "one user at most; leave out '%s'",
		    QUOTED(argv[read.rest + 1]));
	if (user != NULL && !name_valid(user, strlen(user)))
		errx(SEND_USAGE, "'%s' is not a valid user name", QUOTED(user));
	return user;
}

/* Delivers what is due. */
static enum send_exit
flush_queues(
    const struct spool *spool, const char *user, struct failure *failure)
{
	enum send_exit status;
	struct names queues;

	if (find_queues(spool, user, &queues, failure) != SEND_OK)
		return failure->status;
	status = couriers_run(spool, &queues, &tell);
	names_free(&queues);
	return status;
}

static enum send_exit
act(const struct spool *spool, const char *user, struct failure *failure)
{
	if (dropped != NULL)
		return find_and_drop(spool, user, dropped, failure);
	if (tell.awaited != NULL)
		return find_and_wait(spool, user, &tell, failure);
	if (flushes)
		return flush_queues(spool, user, failure);
	return listing_show(spool, user, &tell, failure);
}

int
main(int argc, char *argv[])
{
	struct failure failure = {.status = SEND_OK};
	enum send_exit status;
	struct spool spool;
	const char *user;

	guard_start();
	user = read_options(argc, argv);
	status = spool_open(&spool, &medium_system, false, &failure);
	if (status == SEND_OK)
		status = act(&spool, user, &failure);
	if (failure.status != SEND_OK)
		warnx("%s", failure.words);
	return (int)status;
}
