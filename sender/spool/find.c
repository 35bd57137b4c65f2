/* Messages by their id. */
#include "sender/spool/find.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/error.h"
#include "sender/spool/crew.h"
#include "sender/spool/done.h"
#include "sender/spool/failed.h"

#define PAUSE_S 1 /* between two looks */

/* What is wanted. */
struct wanted {
	const struct spool *spool;
	const char *id;
	struct failure *failure;
};

/* Leaves only the queues for this user. */
static void
select_user(struct names *queues, const char *user)
{
	size_t len = strlen(user), kept = 0;

	for (size_t i = 0; i < queues->count; i++)
		if (strncmp(queues->list[i], user, len) == 0 &&
		    queues->list[i][len] == '~')
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

/* Whether a queue has a message with this id; one that fails has none. */
static bool
is_in(const struct wanted *wanted, const char *queue_name)
{
	struct failure failure;
	struct names names;
	struct queue queue;
	bool found = false;

	if (queue_open(wanted->spool, queue_name, false, &queue, &failure) !=
	    SEND_OK)
		return false;
	if (names_read(queue.fd, queue_is_file, &names) == 0) {
		for (size_t i = 0; i < names.count; i++)
			found |= has_id(names.list[i], wanted->id);
		names_free(&names);
	}
	queue_close(&queue);
	return found;
}

/* Removes a file with its state. */
static enum send_exit
drop(const struct wanted *wanted, const struct queue *queue, const char *file)
{
	char name[SIZE_LONG_NAME];

	state_name(file, name);
	(void)queue_remove(queue, name, false);
	if (queue_remove(queue, file, true) == 0)
		return SEND_OK;
	return failure_of_system(
	    wanted->failure, SEND_IO, "cannot drop the message");
}

/* Drops what one folder has. Sets *found if it has something. */
static enum send_exit
drop_from(const struct wanted *wanted, const char *folder,
    bool (*is_file)(const char *name), bool *found)
{
	enum send_exit status = SEND_OK;
	struct names names;
	struct queue queue;

	if (queue_open(wanted->spool, folder, false, &queue, wanted->failure) !=
	    SEND_OK)
		return errno == ENOENT ? wanted->failure->status = SEND_OK
				       : SEND_IO;
	if (names_read(queue.fd, is_file, &names) != 0)
		status = failure_of_system(
		    wanted->failure, SEND_IO, "cannot read the spool");
	for (size_t i = 0; status == SEND_OK && i < names.count; i++) {
		if (!has_id(names.list[i], wanted->id))
			continue;
		*found = true;
		if (queue_lock(&queue))
			status = drop(wanted, &queue, names.list[i]);
		else
			status = failure_set(wanted->failure, SEND_TEMPORARY,
			    "messages to this recipient are being delivered; try again");
	}
	names_free(&names);
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
	struct wanted wanted = {spool, id, failure};
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

/* Leaves only the queues that have the message. */
static void
select_holders(const struct wanted *wanted, struct names *queues)
{
	size_t kept = 0;

	for (size_t i = 0; i < queues->count; i++)
		if (is_in(wanted, queues->list[i]))
			memmove(queues->list[kept++], queues->list[i],
			    sizeof(queues->list[0]));
	queues->count = kept;
}

/* Whether the message was given up; then *failure says why. */
static bool
was_given_up(const struct wanted *wanted, const char *user)
{
	char name[SIZE_LONG_NAME];
	struct failure failure;
	struct names names;
	struct queue failed;
	struct state state;
	size_t len = user == NULL ? 0 : strlen(user);
	bool found = false;

	if (queue_open(wanted->spool, FAILED, false, &failed, &failure) !=
	    SEND_OK)
		return false;
	if (names_read(failed.fd, failed_is_file, &names) == 0) {
		for (size_t i = 0; i < names.count && !found; i++) {
			const char *to = names.list[i] + LEN_FILE_NAME + 1;

			if (!has_id(names.list[i], wanted->id) ||
			    (user != NULL &&
				(strncmp(to, user, len) != 0 ||
				    to[len] != '~')))
				continue;
			found = true;
			state_name(names.list[i], name);
			state_read(failed.fd, name, &state);
			(void)failure_set(wanted->failure,
			    state.status == SEND_OK ? SEND_TEMPORARY
						    : state.status,
			    "message %s was not delivered in time: %.300s",
			    wanted->id, state.reason);
		}
		names_free(&names);
	}
	queue_close(&failed);
	return found;
}

/* Whether a queue has noted the message as delivered. */
static bool
was_delivered(const struct wanted *wanted, const struct names *queues)
{
	struct failure failure;
	struct queue queue;
	bool found = false;

	for (size_t i = 0; i < queues->count && !found; i++) {
		if (queue_open(wanted->spool, queues->list[i], false, &queue,
			&failure) != SEND_OK)
			continue;
		found = done_has(&queue, wanted->id);
		queue_close(&queue);
	}
	return found;
}

/* What became of a message that does not wait. */
static enum send_exit
judge(const struct wanted *wanted, const char *user)
{
	struct names queues;
	enum send_exit status;

	if (was_given_up(wanted, user))
		return wanted->failure->status;
	status = find_queues(wanted->spool, user, &queues, wanted->failure);
	if (status == SEND_OK && !was_delivered(wanted, &queues))
		status = miss(wanted);
	names_free(&queues);
	return status;
}

enum send_exit
find_and_wait(const struct spool *spool, const char *user, const char *id,
    const struct tell *tell, struct failure *failure)
{
	struct wanted wanted = {spool, id, failure};
	struct names queues;
	bool waits = spool->fd != NO_FOLDER;

	if (!waits)
		return miss(&wanted);
	for (;;) {
		if (find_queues(spool, user, &queues, failure) != SEND_OK)
			return failure->status;
		select_holders(&wanted, &queues);
		waits = queues.count > 0;
		if (waits)
			(void)crew_run(spool, &queues, tell);
		names_free(&queues);
		if (!waits)
			return judge(&wanted, user);
		(void)sleep(PAUSE_S);
	}
}
