/* The messages of -l. */
#include "sender/lines.h"

#include <err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "common/base/limits.h"
#include "sender/compose.h"
#include "sender/parts.h"

#define SIZE_SUMMARY 1024

/* The head of a line in the buffer; its bytes follow. */
struct waiting {
	size_t len;
	unsigned long line;
	int64_t composed;
	uint8_t drawn[SIZE_ID];
};

struct stream {
	size_t at;         /* offset of its next line in `waiting` */
	struct text taken; /* the message taken from there last */
	bool failing, stopped;
	unsigned long left_out;
};

/*
 * Children do not inherit this: an attempt, which talks to the network, has
 * only the message that it sends.
 */
static struct lines {
	struct parts input;
	char waiting[LIMIT_WAITING];
	size_t end; /* bytes used in `waiting` */
	size_t count;
	bool each; /* each line is a message of its own */
	struct stream streams[MOST_RECIPIENTS];
} *lines;

enum send_exit
lines_open(size_t count, bool each, struct failure *failure)
{
	void *memory;

	if (compose_need_input(failure,
		"standard input is closed; -l reads the messages from there") !=
	    SEND_OK)
		return failure->status;
	memory = mmap(NULL, sizeof(*lines), PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED ||
	    madvise(memory, sizeof(*lines), MADV_DONTFORK) != 0)
		return failure_of_system(
		    failure, SEND_INTERNAL, "cannot get memory for the lines");
	lines = memory;
	lines->input.line = 1;
	lines->count = count;
	lines->each = each;
	return SEND_OK;
}

/* Returns the head of the line at this offset. */
static struct waiting
head_at(size_t at)
{
	struct waiting head;

	memcpy(&head, lines->waiting + at, sizeof(head));
	return head;
}

/* Returns the size of the line at this offset, with its head. */
static size_t
size_at(size_t at)
{
	return sizeof(struct waiting) + head_at(at).len;
}

/* Drops what every stream has taken. */
static void
compact(void)
{
	size_t least = lines->end, left;

	for (size_t i = 0; i < lines->count; i++)
		if (!lines->streams[i].stopped && lines->streams[i].at < least)
			least = lines->streams[i].at;
	if (least == 0)
		return;
	left = lines->end - least;
	memmove(lines->waiting, lines->waiting + least, left);
	explicit_bzero(lines->waiting + left, least);
	lines->end = left;
	for (size_t i = 0; i < lines->count; i++)
		lines->streams[i].at -= lines->streams[i].stopped ? 0 : least;
}

/* Whether a recipient who can be reached has taken everything. */
static bool
somebody_waits(void)
{
	for (size_t i = 0; i < lines->count; i++) {
		const struct stream *stream = &lines->streams[i];

		if (!stream->stopped && !stream->failing &&
		    stream->at == lines->end)
			return true;
	}
	return false;
}

/* Drops the oldest lines for recipients who cannot be reached. */
static void
leave_out(size_t need)
{
	for (size_t i = 0; i < lines->count; i++) {
		struct stream *stream = &lines->streams[i];

		while (!stream->stopped && stream->failing &&
		    stream->at < need && stream->at < lines->end) {
			stream->at += size_at(stream->at);
			stream->left_out++;
		}
	}
}

/* Makes room for the part. Returns whether there is enough. */
static bool
has_room(void)
{
	size_t size = sizeof(struct waiting) + lines->input.part.len;

	if (LIMIT_WAITING - lines->end >= size)
		return true;
	compact();
	if (LIMIT_WAITING - lines->end < size && somebody_waits()) {
		leave_out(size);
		compact();
	}
	return LIMIT_WAITING - lines->end >= size;
}

/* Moves the complete part into the buffer. Returns whether there was room. */
static bool
keep(void)
{
	struct waiting head = {.len = lines->input.part.len,
	    .line = lines->input.line,
	    .composed = (int64_t)time(NULL)};

	if (!has_room())
		return false;
	arc4random_buf(head.drawn, SIZE_ID);
	memcpy(lines->waiting + lines->end, &head, sizeof(head));
	memcpy(lines->waiting + lines->end + sizeof(head),
	    lines->input.part.bytes, head.len);
	lines->end += sizeof(head) + head.len;
	for (size_t i = 0; i < lines->count; i++)
		lines->streams[i].left_out += lines->streams[i].stopped;
	parts_take(&lines->input);
	return true;
}

static void
keep_all(void)
{
	while (parts_complete(&lines->input) && keep())
		;
}

int
lines_fd(void)
{
	return lines->input.over || lines->input.complete ? -1 : STDIN_FILENO;
}

void
lines_read(void)
{
	parts_read(&lines->input);
	keep_all();
}

/* Whether the next line of a stream has a place behind those taken. */
static bool
fits(const struct stream *to, const struct delivery *delivery)
{
	struct waiting head;

	if (lines->each || to->at == lines->end ||
	    delivery->lines == LIMIT_LINES)
		return false;
	head = head_at(to->at);
	return head.len < LIMIT_TEXT - to->taken.len &&
	    head.composed - delivery->composed <= LIMIT_APART_S;
}

/* Moves the next line of a stream behind those taken. */
static void
gather(struct stream *to, struct delivery *delivery)
{
	struct waiting head = head_at(to->at);
	struct text *taken = &to->taken;

	taken->batch = delivery->lines++ > 0;
	if (taken->batch)
		taken->bytes[taken->len++] = '\n';
	memcpy(taken->bytes + taken->len,
	    lines->waiting + to->at + sizeof(head), head.len);
	taken->len += head.len;
	to->at += sizeof(head) + head.len;
	delivery->last = head.line;
}

/* Sets what a message has from its first line, which is at this offset. */
static void
take_head(size_t at, struct delivery *delivery)
{
	struct waiting head = head_at(at);

	memcpy(delivery->drawn, head.drawn, SIZE_ID);
	delivery->composed = head.composed;
	delivery->line = delivery->last = head.line;
}

enum lines_state
lines_next(size_t stream, struct delivery *delivery)
{
	struct stream *to = &lines->streams[stream];

	if (to->at == lines->end)
		keep_all(); /* there may be room by now */
	if (to->at == lines->end)
		return lines->input.over && !lines->input.complete ? LINES_END
								   : LINES_WAIT;
	take_head(to->at, delivery);
	delivery->lines = 0;
	explicit_bzero(to->taken.bytes, to->taken.len);
	to->taken.len = 0;
	do
		gather(to, delivery);
	while (fits(to, delivery));
	return LINES_MESSAGE;
}

void
lines_load(size_t stream, struct text *text)
{
	const struct text *taken = &lines->streams[stream].taken;

	explicit_bzero(text->bytes, text->len);
	memcpy(text->bytes, taken->bytes, taken->len);
	text->len = taken->len;
	text->batch = taken->batch;
}

/* Returns the offset of the line that is n behind the next one, or the end. */
static size_t
offset_of(size_t stream, size_t n)
{
	size_t at = lines->streams[stream].at;

	while (at < lines->end && n-- > 0)
		at += size_at(at);
	return at;
}

bool
lines_peek(size_t stream, size_t n, struct delivery *delivery)
{
	size_t at = offset_of(stream, n);

	if (!lines->each || at == lines->end)
		return false;
	take_head(at, delivery);
	delivery->lines = 1;
	return true;
}

void
lines_load_next(size_t stream, size_t n, struct text *text)
{
	size_t at = offset_of(stream, n);

	explicit_bzero(text->bytes, text->len);
	text->len = head_at(at).len;
	text->batch = false;
	memcpy(text->bytes, lines->waiting + at + sizeof(struct waiting),
	    text->len);
}

bool
lines_are_each(void)
{
	return lines != NULL && lines->each;
}

void
lines_failing(size_t stream, bool failing)
{
	lines->streams[stream].failing = failing;
}

void
lines_stop(size_t stream)
{
	struct stream *ended = &lines->streams[stream];

	while (ended->at < lines->end) {
		ended->at += size_at(ended->at);
		ended->left_out++;
	}
	ended->stopped = true;
}

unsigned long
lines_left_out(size_t stream)
{
	return lines->streams[stream].left_out;
}

/* Appends to the summary. What does not fit is cut off. */
static void __attribute__((format(printf, 2, 3)))
add(char summary[SIZE_SUMMARY], const char *format, ...)
{
	size_t len = strlen(summary);
	va_list values;

	va_start(values, format);
	(void)vsnprintf(summary + len, SIZE_SUMMARY - len, format, values);
	va_end(values);
}

static const char *
plural(unsigned long count)
{
	return count == 1 ? "" : "s";
}

enum send_exit
lines_summary(const struct delivery deliveries[])
{
	unsigned long changed = lines->input.lines_changed;
	unsigned long divided = lines->input.lines_divided, left_out;
	char summary[SIZE_SUMMARY] = "";
	const char *between = "";

	if (changed > 0)
		add(summary,
		    "%lu line%s changed: bytes that are not text became U+FFFD",
		    changed, plural(changed));
	if (divided > 0)
		add(summary, "%s%lu line%s sent in parts of at most %d bytes",
		    *summary == '\0' ? "" : "; ", divided, plural(divided),
		    LIMIT_TEXT);
	for (size_t i = 0; i < lines->count; i++) {
		if ((left_out = lines->streams[i].left_out) == 0)
			continue;
		if (*between == '\0')
			between =
			    *summary == '\0' ? "not sent: " : "; not sent: ";
		add(summary, "%s%lu line%s to %s", between, left_out,
		    plural(left_out), deliveries[i].destination.to);
		between = ", ";
	}
	if (*summary != '\0')
		warnx("%s", summary);
	if (lines->input.failed)
		return SEND_INPUT;
	return changed > 0 || divided > 0 ? SEND_CHANGED : SEND_OK;
}
