/* Option -s of chat-send. */
#include "sender/keep/keep.h"

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/error.h"
#include "common/base/hex.h"
#include "common/base/timestamp.h"
#include "sender/keep/names.h"
#include "sender/keep/state.h"

/* The message of a recipient that is on its way. */
struct hold {
	struct queue queue; /* open while an attempt is made, and locked then */
	char name[SIZE_FILE_NAME];
	uint8_t drawn[SIZE_ID];
	bool there;             /* it is kept */
	struct failure failure; /* or why not */
	size_t count; /* of messages in the queue, when last counted */
	int64_t bytes;
};

static struct {
	const struct options *options; /* NULL without -s */
	struct hold holds[MOST_RECIPIENTS];
} keeping;

void
keep_start(const struct options *options)
{
	if (options->keep_s != 0)
		keeping.options = options;
}

bool
keep_is_wanted(void)
{
	return keeping.options != NULL;
}

bool
keep_takes(enum send_exit status)
{
	return status != SEND_USAGE && status != SEND_MESSAGE &&
	    status != SEND_INPUT;
}

/* Copies a path that holds in another folder too. Returns false if too long. */
static bool
make_absolute(const char *path, char absolute[PATH_MAX])
{
	absolute[0] = '\0';
	if (path == NULL)
		return true;
	if (*path != '/' &&
	    (getcwd(absolute, PATH_MAX) == NULL ||
		strlcat(absolute, "/", PATH_MAX) >= PATH_MAX))
		return false;
	return strlcat(absolute, path, PATH_MAX) < PATH_MAX;
}

/* Returns the value of a variable, or NULL without one. */
static const char *
setting(const char *name)
{
	const char *value = getenv(name);

	return value == NULL || *value == '\0' ? NULL : value;
}

static enum send_exit
describe_way(
    const struct delivery *delivery, struct way *way, struct failure *failure)
{
	const struct options *options = keeping.options;
	const char *variable =
	    options->directory == NULL ? setting("CHAT_DIRECTORY") : NULL;
	const char *config = options->directory == NULL && variable == NULL
	    ? setting("XDG_CONFIG_HOME")
	    : NULL;

	way->family = options->family;
	way->port = options->port;
	way->timeout_s = options->timeout_s;
	(void)strlcpy(way->from, delivery->destination.from, sizeof(way->from));
	(void)strlcpy(way->to, delivery->destination.to, sizeof(way->to));
	if (options->address != NULL)
		(void)strlcpy(
		    way->address, options->address, sizeof(way->address));
	if (!make_absolute(options->directory, way->directory) ||
	    !make_absolute(variable, way->variable) ||
	    !make_absolute(config, way->config) ||
	    !make_absolute(options->key_file, way->key_file))
		return failure_set(failure, SEND_IO,
		    "a path is too long for the spool; name it from the root");
	return SEND_OK;
}

static enum send_exit
describe(const struct delivery *delivery, struct letter *letter,
    struct failure *failure)
{
	memset(letter, 0, sizeof(*letter));
	memcpy(letter->drawn, delivery->drawn, SIZE_ID);
	letter->id_given = delivery->id_given;
	letter->composed = delivery->composed;
	moment_now(&letter->kept);
	letter->life_s = keeping.options->keep_s;
	letter->batch = delivery->text->batch;
	return describe_way(delivery, &letter->way, failure);
}

/* Spells the file of a message. Returns its size; 0 with *failure set. */
static size_t
spell(const struct delivery *delivery, const struct letter *letter,
    char file[SIZE_LETTER], struct failure *failure)
{
	size_t size = letter_spell(
	    letter, delivery->text->bytes, delivery->text->len, file);

	if (size == 0)
		(void)failure_set(failure, SEND_IO,
		    "a path with control characters, or a time after the year 9999, cannot be kept");
	return size;
}

/* Checks that there is room behind the messages that wait. */
static enum send_exit
check_room(struct hold *hold, size_t size)
{
	struct names names;

	hold->count++;
	hold->bytes += (int64_t)size;
	if (hold->count > 1 && hold->count <= LIMIT_KEPT &&
	    hold->bytes <= LIMIT_KEPT_BYTES)
		return SEND_OK;
	if (names_read(hold->queue.fd, queue_is_file, &names) != 0)
		return failure_of_system(
		    &hold->failure, SEND_IO, "cannot read the spool");
	hold->count = names.count + 1;
	hold->bytes = names.bytes + (int64_t)size;
	names_free(&names);
	if (hold->count <= LIMIT_KEPT && hold->bytes <= LIMIT_KEPT_BYTES)
		return SEND_OK;
	return failure_set(&hold->failure, SEND_IO,
	    "%zu messages wait for this recipient already; see chat-spool",
	    hold->count - 1);
}

/* Wakes a queue: a new message is reason enough for an attempt. */
static void
wake(const struct queue *queue)
{
	struct moment now;
	struct state state;

	moment_now(&now);
	state_read(queue->fd, NULL, &state);
	if (state.next <= now.wall)
		return;
	state.next = now.wall;
	(void)state_write(queue, NULL, &state, false);
}

/*
 * Puts a message behind others. Its state comes first: once its file is there,
 * somebody else may make an attempt, and only they know how that ends.
 */
static int
put_behind(const struct hold *hold, const char *file, size_t size)
{
	const struct state none = {.tries = 0};

	(void)state_write(&hold->queue, hold->name, &none, false);
	if (queue_put(&hold->queue, hold->name, file, size) == 0)
		return CHAT_OK;
	(void)state_remove(&hold->queue, hold->name, false);
	return CHAT_EIO;
}

/*
 * Puts the message into its queue, which is left open. Sets *first if nothing
 * else waits there; then we have the lock.
 */
static enum send_exit
put(struct hold *hold, struct delivery *delivery, bool *first)
{
	static char file[SIZE_LETTER];
	static struct letter letter;
	char name[SIZE_QUEUE_NAME];
	struct spool spool;
	enum send_exit status;
	size_t size;

	hold->queue = (struct queue){NO_FOLDER, &medium_system};
	if (describe(delivery, &letter, &hold->failure) != SEND_OK ||
	    (size = spell(delivery, &letter, file, &hold->failure)) == 0)
		return hold->failure.status;
	queue_name(&letter.way, name);
	status = spool_open(&spool, &medium_system, true, &hold->failure);
	if (status == SEND_OK)
		status = queue_open(
		    &spool, name, true, &hold->queue, &hold->failure);
	spool_close(&spool);
	if (status != SEND_OK)
		return status;
	*first = queue_lock(&hold->queue) && !names_any_letter(hold->queue.fd);
	if (!*first && check_room(hold, size) != SEND_OK)
		return hold->failure.status;
	queue_new_file(delivery->drawn, hold->name);
	if ((*first ? queue_put(&hold->queue, hold->name, file, size)
		    : put_behind(hold, file, size)) != 0)
		return failure_of_system(
		    &hold->failure, SEND_IO, "cannot write to the spool");
	explicit_bzero(file, size);
	delivery->kept_until = letter_expires(&letter);
	memcpy(hold->drawn, delivery->drawn, SIZE_ID);
	return SEND_OK;
}

/*
 * Turns an outcome into that of a message that was kept. Its id is that of its
 * file: another one that was drawn last was not kept.
 */
static void
turn_kept(
    const struct hold *hold, struct delivery *delivery, struct outcome *outcome)
{
	char id[2 * SIZE_ID + 1], until[SIZE_INSTANT + 1] = "";
	char reason[sizeof(outcome->reason)];

	delivery->kept_for = outcome->status;
	outcome->status = SEND_KEPT;
	(void)strlcpy(reason, outcome->reason, sizeof(reason));
	queue_spell_id(hold->name, id);
	(void)hex_decode(id, delivery->drawn, SIZE_ID);
	(void)timestamp_format(delivery->kept_until, until);
	(void)snprintf(outcome->reason, sizeof(outcome->reason),
	    "kept until %s, id %s: %.400s", until, id, reason);
}

bool
keep_before(
    size_t recipient, struct delivery *delivery, struct outcome *outcome)
{
	struct hold *hold = &keeping.holds[recipient];
	bool first = true;

	if (keeping.options == NULL)
		return true;
	hold->there = put(hold, delivery, &first) == SEND_OK;
	if (!hold->there) {
		queue_close(&hold->queue);
		return true;
	}
	if (first)
		return true;
	wake(&hold->queue);
	queue_close(&hold->queue);
	hold->there = false;
	*outcome = (struct outcome){.status = SEND_TEMPORARY};
	(void)strlcpy(
	    outcome->where, delivery->destination.to, sizeof(outcome->where));
	(void)strlcpy(outcome->reason,
	    "others wait for this recipient; chat-spool -f delivers them first",
	    sizeof(outcome->reason));
	turn_kept(hold, delivery, outcome);
	return false;
}

/*
 * Gives the file its new name, then its new content. The name has to be on the
 * disk by then, or a loss of power may leave two files.
 */
static bool
change_id(struct hold *hold, const struct delivery *delivery)
{
	const struct medium *medium = hold->queue.medium;
	static char file[SIZE_LETTER];
	static struct letter letter;
	char name[SIZE_FILE_NAME];
	size_t size;

	if (describe(delivery, &letter, &hold->failure) != SEND_OK)
		return false;
	size = spell(delivery, &letter, file, &hold->failure);
	(void)strlcpy(name, hold->name, sizeof(name));
	hex_encode(delivery->drawn, SIZE_ID, name + LEN_TIME + 1);
	if (size == 0 ||
	    medium->renameat(
		hold->queue.fd, hold->name, hold->queue.fd, name) != 0)
		return false;
	(void)strlcpy(hold->name, name, sizeof(hold->name));
	if (medium->fsync(hold->queue.fd) != 0 ||
	    queue_replace(&hold->queue, name, file, size, true) != 0)
		return false;
	memcpy(hold->drawn, delivery->drawn, SIZE_ID);
	return true;
}

bool
keep_again(
    size_t recipient, const struct delivery *delivery, struct outcome *outcome)
{
	struct hold *hold = &keeping.holds[recipient];

	if (!hold->there ||
	    memcmp(hold->drawn, delivery->drawn, SIZE_ID) == 0 ||
	    change_id(hold, delivery))
		return true;
	*outcome = (struct outcome){.status = SEND_TEMPORARY};
	(void)strlcpy(
	    outcome->where, delivery->destination.to, sizeof(outcome->where));
	(void)snprintf(outcome->reason, sizeof(outcome->reason),
	    "cannot write another id to the spool: %s", strerror(errno));
	return false;
}

/* A message that is not kept is lost now, unless it was sent. */
static void
lose(const struct hold *hold, struct outcome *outcome)
{
	char reason[sizeof(outcome->reason)];

	if (outcome->status == SEND_OK || outcome->status == SEND_UNKNOWN ||
	    !keep_takes(outcome->status))
		return;
	outcome->status = SEND_IO;
	(void)strlcpy(reason, outcome->reason, sizeof(reason));
	(void)snprintf(outcome->reason, sizeof(outcome->reason),
	    "neither kept (%.200s) nor delivered: %.250s", hold->failure.words,
	    reason);
}

void
keep_after(size_t recipient, struct delivery *delivery, struct outcome *outcome)
{
	struct hold *hold = &keeping.holds[recipient];
	bool delivered = outcome->status == SEND_OK;
	struct state own = {.tries = 0}; /* we have made all attempts */
	struct moment now;
	bool refused = outcome->id_taken != 0 && delivery->id_given;

	if (keeping.options == NULL)
		return;
	if (!hold->there) {
		lose(hold, outcome);
		if (delivered && !keeping.options->quiet)
			warnx(
			    "warning: %s: delivered, but it could not have been kept: %s",
			    delivery->destination.to, hold->failure.words);
		return;
	}
	if (!delivered && !refused) {
		moment_now(&now);
		state_note(&hold->queue, hold->name, &own, outcome, now.wall);
		turn_kept(hold, delivery, outcome);
	} else if (queue_remove(&hold->queue, hold->name, true) != 0)
		warn(
		    "warning: %s: cannot remove the message from the spool, so it will be sent again",
		    delivery->destination.to);
	queue_close(&hold->queue);
	hold->there = false;
}
