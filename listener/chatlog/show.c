/* Showing the messages of a log. */
#include "listener/chatlog/show.h"

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/error.h"
#include "common/base/text.h"
#include "listener/chatlog/scroll.h"

#define PAUSE_MS 200 /* between two looks at a file that is followed */

static struct scroll scroll; /* too large for the stack */

/* Shows one message. Returns 0, or CHAT_EIO with errno set. */
static int
show_record(struct show *show, const struct record *record)
{
	static struct message message;
	static char out[SIZE_DISPLAY];
	size_t len;

	memcpy(message.id, record->id, SIZE_ID);
	(void)strlcpy(message.from, record->from, sizeof(message.from));
	(void)strlcpy(message.to, record->to, sizeof(message.to));
	message.listed = record->listed;
	message.sent = record->sent;
	message.lines = record->lines;
	message.len = record->len;
	memcpy(message.text, record->text, record->len);
	show->display.address = record->address;
	show->display.columns = output_columns(&show->output);
	len = display_spell(&show->display, &message, record->received, out);
	show->display.last = record->received;
	return fwrite(out, 1, len, stdout) == len ? CHAT_OK : CHAT_EIO;
}

/* Shows the line that was read. */
static int
show_line(struct show *show)
{
	static struct record_store store;
	struct record record;

	if (record_read(scroll.line, scroll.len, &record, &store) != 0) {
		warnx("%s:%lu: not a line of a log", QUOTED(scroll.name),
		    scroll.number);
		return CHAT_OK;
	}
	return show_record(show, &record);
}

static int
read_first_line(void)
{
	struct record_position position;
	enum scroll_state read = scroll_next(&scroll);

	if (read == SCROLL_ERROR)
		return CHAT_EIO;
	if (read == SCROLL_END)
		return CHAT_OK;
	return read == SCROLL_LINE &&
		record_read_first_line(scroll.line, scroll.len, &position) == 0
	    ? CHAT_OK
	    : CHAT_EMALFORMED;
}

/* Moves to the last messages that are wanted. */
static int
skip_to_last(unsigned long last)
{
	off_t *offsets = calloc(last, sizeof(*offsets));
	unsigned long count = 0, first = scroll.number;
	enum scroll_state read;
	off_t offset;

	if (offsets == NULL)
		return CHAT_EINTERNAL;
	do {
		offset = ftello(scroll.file);
		read = scroll_next(&scroll);
		if (read == SCROLL_LINE || read == SCROLL_LONG)
			offsets[count++ % last] = offset;
	} while (read == SCROLL_LINE || read == SCROLL_LONG);
	offset = offsets[count < last ? 0 : count % last];
	free(offsets);
	if (count > 0)
		(void)fseeko(scroll.file, offset, SEEK_SET);
	scroll.number = first + (count < last ? 0 : count - last);
	return read == SCROLL_ERROR ? CHAT_EIO : CHAT_OK;
}

/* Shows what there is now. */
static int
show_rest(struct show *show, bool *output)
{
	enum scroll_state read;
	int error = CHAT_OK;

	while (error == 0 && (read = scroll_next(&scroll)) == SCROLL_LINE) {
		if (scroll.number > 1)
			error = show_line(show);
		*output = error != 0;
	}
	if (error != 0)
		return error;
	if (read == SCROLL_TORN)
		scroll_back(&scroll);
	if (read == SCROLL_ERROR)
		return CHAT_EIO;
	*output = fflush(stdout) != 0;
	return *output ? CHAT_EIO : CHAT_OK;
}

/* Whether another file has the name now. */
static bool
is_replaced(void)
{
	struct stat ours, named;

	return fstat(fileno(scroll.file), &ours) == 0 &&
	    stat(scroll.name, &named) == 0 &&
	    (ours.st_dev != named.st_dev || ours.st_ino != named.st_ino);
}

/* Waits a little. Returns whether anybody still reads the output. */
static bool
wait_a_little(void)
{
	struct pollfd output = {.fd = STDOUT_FILENO};

	return poll(&output, 1, PAUSE_MS) <= 0 ||
	    (output.revents & (POLLERR | POLLHUP)) == 0;
}

static int
follow(struct show *show, bool *output)
{
	int error;

	while (wait_a_little()) {
		bool replaced = is_replaced();

		/* What was appended before it was replaced comes first. */
		if ((error = show_rest(show, output)) != 0)
			return error;
		if (!replaced)
			continue;
		scroll_close(&scroll);
		if (scroll_open(&scroll, scroll.name) != 0)
			return CHAT_EIO;
	}
	return CHAT_OK;
}

int
show_file(struct show *show, const char *name, bool *output)
{
	int error;

	*output = false;
	if (scroll_open(&scroll, name) != 0)
		return CHAT_EIO;
	if ((error = read_first_line()) == 0 &&
	    (show->last == 0 || (error = skip_to_last(show->last)) == 0) &&
	    (error = show_rest(show, output)) == 0 && show->follow)
		error = follow(show, output);
	scroll_close(&scroll);
	return error;
}
