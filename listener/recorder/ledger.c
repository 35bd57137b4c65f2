/* The file of the log. */
#include "listener/recorder/ledger.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/error.h"
#include "listener/recorder/older.h"
#include "listener/recorder/tail.h"

static int
write_and_sync(const struct ledger *ledger, int fd, const char *bytes,
    size_t len, off_t at)
{
	if (file_write(ledger->disk->pwrite, fd, bytes, len, at) != 0 ||
	    ledger->disk->fdatasync(fd) != 0)
		return CHAT_EIO;
	return CHAT_OK;
}

/*
 * Makes the file end at `size`, on the disk too. What a process did not sync
 * before it died may be readable and yet not on the disk; and after a sync that
 * failed, the kernel takes it for written. So the last write is made again.
 */
static int
settle(struct ledger *ledger, int fd, off_t size)
{
	size_t len = size < (off_t)LEDGER_BYTES ? (size_t)size : LEDGER_BYTES;
	off_t at = size - (off_t)len;
	struct stat st;
	int error;

	if (fstat(fd, &st) != 0 ||
	    (st.st_size != size && ledger->disk->ftruncate(fd, size) != 0))
		return CHAT_EIO;
	if ((error = tail_read(fd, ledger->page, len, at)) == 0)
		error = write_and_sync(ledger, fd, ledger->page, len, at);
	explicit_bzero(ledger->page, len);
	return error;
}

/* Writes the first line of an empty file, where the chain goes on. */
static int
write_first_line(struct ledger *ledger, int fd)
{
	char line[SIZE_FIRST_LINE];
	struct chain chain = ledger->chain;
	struct record_position position;
	size_t len;
	int error, number;

	chain_next(&chain, CHAIN_FIRST_LINE, &position);
	len = record_spell_first_line(&position, line);
	if ((error = chain_add(&chain, ledger->suite, CHAIN_FIRST_LINE,
		 &position, line, len)) != 0)
		return error;
	if (write_and_sync(ledger, fd, line, len, 0) != 0) {
		number = errno;
		(void)ledger->disk->ftruncate(fd, 0);
		errno = number;
		return CHAT_EIO;
	}
	ledger->chain = chain;
	ledger->size = (off_t)len;
	return CHAT_OK;
}

int
ledger_lock(int fd)
{
	return flock(fd, LOCK_EX | LOCK_NB) == 0 ? CHAT_OK : CHAT_EBUSY;
}

/*
 * Whoever has not noticed a rotation yet still writes to the older file, or did
 * so after it was read.
 */
static int
lock_older(const struct reading *reading)
{
	struct stat st;

	if (ledger_lock(reading->last) != 0)
		return CHAT_EBUSY;
	if (fstat(reading->last, &st) != 0)
		return CHAT_EIO;
	return st.st_size == reading->seen ? CHAT_OK : CHAT_EBUSY;
}

int
ledger_open(struct ledger *ledger, const struct suite *suite,
    const struct disk *disk, struct memory *memory, int fd,
    const struct reading *reading)
{
	int error;

	*ledger = (struct ledger){.suite = suite,
	    .disk = disk,
	    .memory = memory,
	    .fd = fd,
	    .size = reading->size,
	    .chain = reading->chain,
	    .page = malloc(LEDGER_BYTES)};
	if (ledger->page == NULL)
		return CHAT_EINTERNAL;
	if (reading->last != -1 && reading->last != fd &&
	    (error = lock_older(reading)) != 0)
		return error;
	if (reading->last != -1 &&
	    (error = settle(ledger, reading->last, reading->size)) != 0)
		return error;
	if (reading->last == fd)
		return CHAT_OK;
	if (reading->torn > 0 && disk->ftruncate(fd, 0) != 0)
		return CHAT_EIO;
	return write_first_line(ledger, fd);
}

void
ledger_close(struct ledger *ledger)
{
	(void)close(ledger->fd);
	free(ledger->page);
	ledger->fd = -1;
	ledger->page = NULL;
}

bool
ledger_is_full(const struct ledger *ledger)
{
	return ledger->count == LEDGER_MOST ||
	    ledger->page_len + SIZE_RECORD > LEDGER_BYTES;
}

static bool
waits(const struct ledger *ledger, const struct mark *mark)
{
	for (size_t i = 0; i < ledger->count; i++)
		if (memcmp(ledger->lines[i].mark.id, mark->id, SIZE_MARK) == 0)
			return true;
	return false;
}

static void
append(
    struct ledger *ledger, const struct mark *mark, const struct record *record)
{
	struct ledger_line *line = &ledger->lines[ledger->count++];
	struct record copy = *record;
	/* prev is known once the lines before are written. */
	struct record_position position = {
	    .seq = ledger->chain.seq + ledger->count};

	copy.position = &position;
	line->mark = *mark;
	line->bytes = ledger->page + ledger->page_len;
	line->len = record_spell(&copy, line->bytes);
	ledger->page_len += line->len;
}

enum ledger_status
ledger_look(
    const struct ledger *ledger, const struct mark *mark, struct chain *behind)
{
	switch (memory_recall(ledger->memory, mark, behind)) {
	case RECALL_SAME:
		return LEDGER_KNOWN;
	case RECALL_OTHER:
		return LEDGER_TAKEN;
	default:
		return waits(ledger, mark) ? LEDGER_LATER : LEDGER_NEW;
	}
}

int
ledger_add(struct ledger *ledger, const struct mark *mark,
    const struct record *record, enum ledger_status *status)
{
	*status = ledger_look(ledger, mark, NULL);
	if (*status != LEDGER_NEW)
		return CHAT_OK;
	if (ledger_is_full(ledger))
		return CHAT_EINTERNAL;
	append(ledger, mark, record);
	*status = LEDGER_WAITS;
	return CHAT_OK;
}

/* Puts the lines that wait behind the chain. */
static int
link_lines(struct ledger *ledger)
{
	struct chain chain = ledger->chain;
	struct record_position position;
	int error;

	for (size_t i = 0; i < ledger->count; i++) {
		struct ledger_line *line = &ledger->lines[i];

		chain_next(&chain, CHAIN_RECORD, &position);
		record_link(line->bytes, position.prev);
		if ((error = chain_add(&chain, ledger->suite, CHAIN_RECORD,
			 &position, line->bytes, line->len)) != 0)
			return error;
		line->behind = chain;
	}
	return CHAT_OK;
}

/* Whether the file is what we left behind, and somebody can find it. */
static int
check_file(struct ledger *ledger)
{
	struct stat st;

	if (fstat(ledger->fd, &st) != 0)
		return CHAT_EIO;
	if (st.st_nlink == 0 || st.st_size == 0)
		return CHAT_ECLOSED;
	if (st.st_size == ledger->size)
		return CHAT_OK;
	ledger->dead = true;
	return CHAT_EMALFORMED;
}

/*
 * Removes what a write or a sync that failed has left. It must be gone from the
 * disk, too: its messages may come again, and be in another file then.
 */
static void
take_back(struct ledger *ledger)
{
	int number = errno;

	if (ledger->disk->ftruncate(ledger->fd, ledger->size) != 0 ||
	    ledger->disk->fdatasync(ledger->fd) != 0)
		ledger->dead = true;
	errno = number;
}

/* Whether the file had a name and its lines once these were on the disk. */
static bool
is_still_there(const struct ledger *ledger)
{
	struct stat st;

	return fstat(ledger->fd, &st) == 0 && st.st_nlink > 0 &&
	    st.st_size == ledger->size + (off_t)ledger->page_len;
}

int
ledger_commit(struct ledger *ledger)
{
	int error;

	if (ledger->count == 0)
		return CHAT_OK;
	if ((error = check_file(ledger)) != 0 ||
	    (error = link_lines(ledger)) != 0)
		return error;
	if (write_and_sync(ledger, ledger->fd, ledger->page, ledger->page_len,
		ledger->size) != 0) {
		take_back(ledger);
		return CHAT_EIO;
	}
	if (!is_still_there(ledger))
		return CHAT_ECLOSED;
	ledger->size += (off_t)ledger->page_len;
	ledger->chain = ledger->lines[ledger->count - 1].behind;
	for (size_t i = 0; i < ledger->count; i++)
		memory_add(ledger->memory, &ledger->lines[i].mark,
		    &ledger->lines[i].behind);
	return CHAT_OK;
}

void
ledger_clear(struct ledger *ledger)
{
	explicit_bzero(ledger->page, ledger->page_len);
	ledger->page_len = 0;
	ledger->count = 0;
}

/* Whether the file ends where the chain stands. Then it is synced. */
static bool
ends_here(const struct ledger *ledger, int fd, off_t size)
{
	struct older file;
	char last;

	return older_look(ledger->suite, fd, &file) &&
	    older_before(&file, 1, &ledger->chain) != NULL &&
	    tail_read(fd, &last, 1, size - 1) == 0 && last == '\n' &&
	    ledger->disk->fdatasync(fd) == 0;
}

/* Goes on in a file that is not the one in use. */
static int
change_file(struct ledger *ledger, int fd, off_t size)
{
	int error;

	if ((error = ledger_lock(fd)) != 0)
		return error;
	if (size == 0)
		error = write_first_line(ledger, fd);
	else if (ends_here(ledger, fd, size))
		ledger->size = size;
	else
		error = CHAT_EMALFORMED;
	if (error != 0)
		return error;
	(void)close(ledger->fd);
	ledger->fd = fd;
	ledger->dead = false;
	return CHAT_OK;
}

int
ledger_reopen(struct ledger *ledger, int fd)
{
	struct stat now, other;
	int error;

	if (fstat(ledger->fd, &now) != 0 || fstat(fd, &other) != 0)
		return CHAT_EIO;
	if (now.st_dev != other.st_dev || now.st_ino != other.st_ino)
		return change_file(ledger, fd, other.st_size);
	if (now.st_size == 0 &&
	    (error = write_first_line(ledger, ledger->fd)) != 0)
		return error;
	(void)close(fd);
	return CHAT_OK;
}
