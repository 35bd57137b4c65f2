/* Messages that are given up. */
#include "sender/spool/failed.h"

#include <err.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/base/error.h"
#include "sender/keep/names.h"
#include "sender/spool/hook.h"
#include "sender/spool/tidy.h"

bool
failed_is_file(const char *name)
{
	char file[SIZE_FILE_NAME];

	(void)strlcpy(file, name, sizeof(file));
	return strlen(name) > LEN_FILE_NAME && queue_is_file(file) &&
	    name[LEN_FILE_NAME] == '.' &&
	    queue_is_name(name + LEN_FILE_NAME + 1);
}

bool
failed_is_of(const char *name, const char *queue_name)
{
	return strcmp(name + LEN_FILE_NAME + 1, queue_name) == 0;
}

static enum send_exit
open_failed(const struct spool *spool, bool create, struct queue *failed)
{
	struct failure failure;
	enum send_exit status =
	    queue_open(spool, FAILED, create, failed, &failure);

	if (status != SEND_OK)
		warnx("%s", failure.words);
	return status;
}

/* Removes the oldest if there are too many: the message, then its state. */
static void
make_room(const struct queue *failed)
{
	struct names names;

	if (names_read(failed->fd, failed_is_file, &names) != 0)
		return;
	for (size_t i = 0; i + LIMIT_EXPIRED <= names.count; i++) {
		(void)queue_remove(failed, names.list[i], false);
		(void)state_remove(failed, names.list[i], false);
	}
	names_free(&names);
}

/* The state comes first, so that the reason is there when the message is. */
static int
move(const struct parcel *parcel, const struct state *state,
    const struct queue *failed, const char *name)
{
	const struct medium *medium = parcel->queue->medium;

	tidy(failed);
	make_room(failed);
	if (state_write(failed, name, state, true) != 0 ||
	    medium->renameat(
		parcel->queue->fd, parcel->file, failed->fd, name) != 0 ||
	    medium->fsync(failed->fd) != 0 ||
	    medium->fsync(parcel->queue->fd) != 0)
		return CHAT_EIO;
	return state_remove(parcel->queue, parcel->file, false);
}

/* Runs the command, notes that somebody was told, and tells. */
static int
finish(const struct parcel *parcel, struct state *state,
    const struct tell *tell, const struct queue *failed, const char *name)
{
	char id[2 * SIZE_ID + 1];

	queue_spell_id(name, id);
	hook_run(tell->command, parcel, state, id);
	state->told = (int64_t)time(NULL);
	(void)state_write(failed, name, state, true);
	return tell_over(tell, &parcel->letter, state, id);
}

int
failed_move(
    const struct parcel *parcel, struct state *state, const struct tell *tell)
{
	char name[SIZE_LONG_NAME];
	struct queue failed;
	int error;

	if (open_failed(parcel->spool, true, &failed) != SEND_OK)
		return CHAT_EIO;
	(void)snprintf(
	    name, sizeof(name), "%s.%s", parcel->file, parcel->queue_name);
	state->told = 0;
	error = move(parcel, state, &failed, name);
	if (error == 0)
		error = finish(parcel, state, tell, &failed, name);
	queue_close(&failed);
	return error;
}

/* It must be possible to note that it has run, or it would run for ever. */
static void
resume(const struct spool *spool, const struct queue *failed, const char *name,
    const struct tell *tell)
{
	static char file[SIZE_LETTER];
	static struct parcel parcel;
	struct state state;

	state_read(failed->fd, name, &state);
	if (state.told != 0 ||
	    queue_get(failed->fd, name, file, &parcel.letter, &parcel.text,
		&parcel.len) != 0 ||
	    state_write(failed, name, &state, true) != 0)
		return;
	parcel.spool = spool;
	(void)finish(&parcel, &state, tell, failed, name);
}

void
failed_resume(
    const struct spool *spool, const char *queue_name, const struct tell *tell)
{
	struct queue failed;
	struct names names;

	if (tell->command == NULL ||
	    open_failed(spool, false, &failed) != SEND_OK ||
	    failed.fd == NO_FOLDER)
		return;
	if (names_read(failed.fd, failed_is_file, &names) == 0) {
		for (size_t i = 0; i < names.count; i++)
			if (failed_is_of(names.list[i], queue_name))
				resume(spool, &failed, names.list[i], tell);
		names_free(&names);
	}
	queue_close(&failed);
}
