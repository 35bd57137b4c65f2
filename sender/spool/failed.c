/* Messages that are given up. */
#include "sender/spool/failed.h"

#include <err.h>
#include <stdio.h>
#include <string.h>

#include "common/base/error.h"
#include "sender/keep/names.h"
#include "sender/spool/hook.h"

bool
failed_is_file(const char *name)
{
	char file[SIZE_FILE_NAME];

	(void)strlcpy(file, name, sizeof(file));
	return strlen(name) > LEN_FILE_NAME && queue_is_file(file) &&
	    name[LEN_FILE_NAME] == '.' &&
	    queue_is_name(name + LEN_FILE_NAME + 1);
}

/* Removes the oldest if there are too many. */
static void
make_room(const struct queue *failed)
{
	char name[SIZE_LONG_NAME];
	struct names names;

	if (names_read(failed->fd, failed_is_file, &names) != 0)
		return;
	for (size_t i = 0; i + LIMIT_EXPIRED <= names.count; i++) {
		state_name(names.list[i], name);
		(void)queue_remove(failed, name, false);
		(void)queue_remove(failed, names.list[i], false);
	}
	names_free(&names);
}

/* Moves the state first, so that the reason is there when the message is. */
static int
move(const struct parcel *parcel, const struct state *state,
    const struct queue *failed)
{
	const struct medium *medium = parcel->queue->medium;
	char name[SIZE_LONG_NAME], of_state[SIZE_LONG_NAME];

	make_room(failed);
	(void)snprintf(
	    name, sizeof(name), "%s.%s", parcel->file, parcel->queue_name);
	state_name(name, of_state);
	if (state_write(failed, of_state, state) != 0 ||
	    medium->renameat(
		parcel->queue->fd, parcel->file, failed->fd, name) != 0 ||
	    medium->fsync(failed->fd) != 0 ||
	    medium->fsync(parcel->queue->fd) != 0)
		return CHAT_EIO;
	state_name(parcel->file, of_state);
	return queue_remove(parcel->queue, of_state, false);
}

int
failed_move(const struct parcel *parcel, const struct state *state,
    const struct tell *tell)
{
	struct failure failure;
	struct queue failed;
	char id[2 * SIZE_ID + 1];
	int error;

	if (queue_open(parcel->spool, FAILED, true, &failed, &failure) !=
	    SEND_OK) {
		warnx("%s", failure.words);
		return CHAT_EIO;
	}
	parcel_id(parcel->file, id);
	hook_run(tell->command, parcel, state, id);
	error = move(parcel, state, &failed);
	queue_close(&failed);
	return error == 0 ? tell_over(tell, &parcel->letter, state, id)
			  : CHAT_EIO;
}
