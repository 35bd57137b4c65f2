/* Messages by their id. */
#include "sender/spool/find.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/error.h"
#include "sender/spool/couriers.h"
#include "sender/spool/done.h"
#include "sender/spool/failed.h"

#define PAUSE_S 1 /* between two looks */

/* What is wanted. */
struct wanted {
	const struct spool *spool;
	const char *user; /* or NULL */
	const char *id;
	struct failure *failure;
};

/* Reads the names of one folder. Returns SEND_OK, or SEND_IO with *failure. */
static enum send_exit
read_folder(const struct wanted *wanted, const struct queue *queue,
    bool (*is_file)(const char *name), struct names *names)
{
	*names = (struct names){0};
	if (queue->fd == NO_FOLDER ||
	    names_read(queue->fd, is_file, names) == 0)
		return SEND_OK;
	return failure_of_system(
	    wanted->failure, SEND_IO, "cannot read the spool");
}

/* Whether a queue is for this user. */
static bool
is_for(const char *queue_name, const char *user)
{
	size_t len = strlen(user);

	return strncmp(queue_name, user, len) == 0 && queue_name[len] == '~';
}

/* Leaves only the queues for this user. */
static void
select_user(struct names *queues, const char *user)
{
	size_t kept = 0;

	for (size_t i = 0; i < queues->count; i++)
		if (is_for(queues->list[i], user))
			memmove(queues->list[kept++], queues->list[i],
			    sizeof(queues->list[0]));
	queues->count = kept;
}

enum send_exit
find_queues(const struct spool *spool, const char *user, struct names *queues,
    struct failure *failure)
{
	*queues = (struct names){0};
	if (spool->fd == NO_FOLDER)
		return SEND_OK;
	if (names_read(spool->fd, queue_is_name, queues) != 0)
		return failure_of_system(failure, SEND_IO, "%s", spool->path);
	if (user != NULL)
		select_user(queues, user);
	return SEND_OK;
}

static bool
has_id(const char *file, const char *id)
{
	return memcmp(file + LEN_TIME + 1, id, (size_t)2 * SIZE_ID) == 0;
}

/* Sets *found to whether an open folder has a message with this id. */
static enum send_exit
look_into(const struct wanted *wanted, const struct queue *queue,
    bool (*is_file)(const char *name), bool *found)
{
	struct names names;

	*found = false;
	if (read_folder(wanted, queue, is_file, &names) != SEND_OK)
		return SEND_IO;
	for (size_t i = 0; i < names.count; i++)
		*found |= has_id(names.list[i], wanted->id);
	names_free(&names);
	return SEND_OK;
}

/* The same for a queue by its name. */
static enum send_exit
look_into_queue(
    const struct wanted *wanted, const char *queue_name, bool *found)
{
	struct queue queue;
	enum send_exit status = queue_open(
	    wanted->spool, queue_name, false, &queue, wanted->failure);

	if (status == SEND_OK)
		status = look_into(wanted, &queue, queue_is_file, found);
	queue_close(&queue);
	return status;
}

/* Removes the messages with this id from a folder that is locked. */
static enum send_exit
drop(const struct wanted *wanted, const struct queue *queue,
    bool (*is_file)(const char *name), bool *found)
{
	struct names names;
	int error = 0;

	if (read_folder(wanted, queue, is_file, &names) != SEND_OK)
		return SEND_IO;
	for (size_t i = 0; error == 0 && i < names.count; i++) {
		if (!has_id(names.list[i], wanted->id))
			continue;
		*found = true;
		error = queue_remove(queue, names.list[i], true);
		if (error == 0)
			(void)state_remove(queue, names.list[i], false);
	}
	names_free(&names);
	return error == 0 ? SEND_OK
			  : failure_of_system(wanted->failure, SEND_IO,
				"cannot drop the message");
}

/*
 * Drops what one folder has. Sets *found if that is something. Only with the
 * lock is it certain that a message that is there is not delivered meanwhile.
 */
static enum send_exit
drop_from(const struct wanted *wanted, const char *folder,
    bool (*is_file)(const char *name), bool *found)
{
	struct queue queue;
	enum send_exit status =
	    queue_open(wanted->spool, folder, false, &queue, wanted->failure);
	bool has = false;

	if (status == SEND_OK)
		status = look_into(wanted, &queue, is_file, &has);
	if (has)
		status = queue_lock(&queue)
		    ? drop(wanted, &queue, is_file, found)
		    : failure_set(wanted->failure, SEND_TEMPORARY,
			  "messages to this recipient are being delivered; try again");
	queue_close(&queue);
	return status;
}

static enum send_exit
miss(const struct wanted *wanted)
{
	return failure_set(wanted->failure, SEND_INPUT,
	    "no message with the id %s waits in %.300s", wanted->id,
	    wanted->spool->path);
}

enum send_exit
find_and_drop(const struct spool *spool, const char *user, const char *id,
    struct failure *failure)
{
	struct wanted wanted = {spool, user, id, failure};
	struct names queues;
	enum send_exit status;
	bool found = false;

	if (spool->fd == NO_FOLDER)
		return miss(&wanted);
	status = find_queues(spool, user, &queues, failure);
	for (size_t i = 0; status == SEND_OK && i < queues.count; i++)
		status =
		    drop_from(&wanted, queues.list[i], queue_is_file, &found);
	names_free(&queues);
	if (status == SEND_OK && user == NULL)
		status = drop_from(&wanted, FAILED, failed_is_file, &found);
	return status == SEND_OK && !found ? miss(&wanted) : status;
}

/* Finds the queues that have the message. */
static enum send_exit
find_holders(const struct wanted *wanted, struct names *queues)
{
	enum send_exit status =
	    find_queues(wanted->spool, wanted->user, queues, wanted->failure);
	size_t kept = 0;
	bool found;

	for (size_t i = 0; status == SEND_OK && i < queues->count; i++) {
		found = false;
		status = look_into_queue(wanted, queues->list[i], &found);
		if (found)
			memmove(queues->list[kept++], queues->list[i],
			    sizeof(queues->list[0]));
	}
	queues->count = kept;
	return status;
}

/* Says why a message was given up. */
static enum send_exit
tell_why(
    const struct wanted *wanted, const struct queue *failed, const char *file)
{
	struct state state;

	state_read(failed->fd, file, &state);
	if (state.status == SEND_OK) {
		state.status = SEND_UNKNOWN;
		(void)strlcpy(
		    state.reason, "its reason is lost", sizeof(state.reason));
	}
	return failure_set(wanted->failure, state.status,
	    "message %s %s in time: %.300s", wanted->id,
	    tell_miss(state.status), state.reason);
}

/* Sets *found to whether it was given up; then the status and *failure too. */
static enum send_exit
look_into_failed(const struct wanted *wanted, bool *found)
{
	struct queue failed;
	struct names names = {0};
	enum send_exit status =
	    queue_open(wanted->spool, FAILED, false, &failed, wanted->failure);

	if (status == SEND_OK)
		status = read_folder(wanted, &failed, failed_is_file, &names);
	for (size_t i = 0; i < names.count && !*found; i++) {
		const char *of = names.list[i] + LEN_FILE_NAME + 1;

		*found = has_id(names.list[i], wanted->id) &&
		    (wanted->user == NULL || is_for(of, wanted->user));
		if (*found)
			status = tell_why(wanted, &failed, names.list[i]);
	}
	names_free(&names);
	queue_close(&failed);
	return status;
}

/* Sets *found to whether a queue has noted the message as delivered. */
static enum send_exit
look_into_done(const struct wanted *wanted, bool *found)
{
	struct names queues;
	struct queue queue;
	enum send_exit status =
	    find_queues(wanted->spool, wanted->user, &queues, wanted->failure);

	for (size_t i = 0; status == SEND_OK && i < queues.count && !*found;
	    i++) {
		status = queue_open(wanted->spool, queues.list[i], false,
		    &queue, wanted->failure);
		*found = queue.fd != NO_FOLDER && done_has(&queue, wanted->id);
		queue_close(&queue);
	}
	names_free(&queues);
	return status;
}

/* What became of a message that does not wait. */
static enum send_exit
find_end(const struct wanted *wanted)
{
	bool found = false;
	enum send_exit status = look_into_failed(wanted, &found);

	if (!found && status == SEND_OK)
		status = look_into_done(wanted, &found);
	return status == SEND_OK && !found ? miss(wanted) : status;
}

enum send_exit
find_and_wait(const struct spool *spool, const char *user,
    const struct tell *tell, struct failure *failure)
{
	struct wanted wanted = {spool, user, tell->awaited, failure};
	struct tell to_tell = *tell;
	enum send_exit status;
	struct names queues;
	bool waits, failed = false;

	if (spool->fd == NO_FOLDER)
		return miss(&wanted);
	do {
		status = find_holders(&wanted, &queues);
		waits = queues.count > 0;
		if (waits && failed) /* it would go on like this */
			status = failure_set(failure, SEND_IO,
			    "message %s still waits; mend this first",
			    wanted.id);
		if (waits && status == SEND_OK)
			failed =
			    couriers_run(spool, &queues, &to_tell) == SEND_IO;
		to_tell.again = true;
		names_free(&queues);
		if (waits && status == SEND_OK && !failed)
			(void)sleep(PAUSE_S);
	} while (waits && status == SEND_OK);
	return status == SEND_OK ? find_end(&wanted) : status;
}
