/* Checking a log. */
#include "listener/chatlog/check.h"

#include <err.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/error.h"
#include "common/base/text.h"
#include "common/log/chain.h"

/* A file of the log. */
struct part {
	const char *name;
	struct record_position position; /* of its first line */
	bool done;
};

static struct {
	struct suite suite;
	struct check *check;
	struct receipts receipts;
	struct part *parts;
	size_t count;
	struct chain chain;
	bool begun;              /* the chain has a beginning */
	char to[LIMIT_NAME + 1]; /* whose log it is, once a record says so */
	struct scroll scroll;    /* too large for the stack */
	struct record_store store;
} state;

static void __attribute__((format(printf, 1, 2)))
fault(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vwarnx(format, arguments);
	va_end(arguments);
	state.check->faults++;
}

/* Reads the results of a file. */
static int
take_results(enum scroll_state read)
{
	struct scroll *scroll = &state.scroll;
	int error;

	for (; read != SCROLL_END; read = scroll_next(scroll)) {
		if (read == SCROLL_ERROR)
			return CHAT_EIO;
		error = read == SCROLL_LINE
		    ? receipts_add(&state.receipts, scroll)
		    : CHAT_EMALFORMED;
		if (error == CHAT_EINTERNAL)
			return error;
		if (error != 0)
			fault("%s:%lu: not a line of chat-send -j",
			    QUOTED(scroll->name), scroll->number);
	}
	return CHAT_OK;
}

/* Finds out what a file is, by its first line. */
static int
sort_file(const char *name)
{
	struct scroll *scroll = &state.scroll;
	struct part *part = &state.parts[state.count];
	enum scroll_state read;
	int error = CHAT_OK;

	if (scroll_open(scroll, name) != 0)
		return CHAT_EIO;
	read = scroll_next(scroll);
	if (read == SCROLL_LINE &&
	    record_read_first_line(
		scroll->line, scroll->len, &part->position) == 0) {
		part->name = name;
		state.count++;
	} else if (read == SCROLL_LINE &&
	    strncmp(scroll->line, "{\"v\":1,\"type\":\"result\"", 22) == 0) {
		error = take_results(read);
	} else if (read == SCROLL_ERROR) {
		error = CHAT_EIO;
	} else if (read != SCROLL_END) {
		fault(
		    "%s:1: neither the first line of a log nor a line of chat-send -j",
		    QUOTED(name));
	}
	scroll_close(scroll);
	return error;
}

/* The file that goes on where the chain stands; else the next one after it. */
static struct part *
next_part(void)
{
	struct part *best = NULL;
	struct record_position position;

	chain_next(&state.chain, CHAIN_FIRST_LINE, &position);
	for (size_t i = 0; i < state.count; i++) {
		struct part *part = &state.parts[i];

		if (part->done)
			continue;
		if (state.begun && part->position.seq == position.seq &&
		    memcmp(part->position.prev, position.prev, SIZE_HASH) == 0)
			return part;
		if (best == NULL || part->position.seq < best->position.seq)
			best = part;
	}
	return best;
}

/* Says why a line is not the next one. */
static void
explain(enum chain_line kind, const struct record_position *position)
{
	const char *name = QUOTED(state.scroll.name);
	unsigned long number = state.scroll.number;
	uint64_t behind = state.chain.seq, before = position->seq - kind;

	if (before == behind)
		fault(
		    "%s:%lu: the line before this one was changed, removed or added",
		    name, number);
	else if (before < behind)
		fault("%s:%lu: message %" PRIu64
		      " stands here again, or out of order",
		    name, number, position->seq);
	else if (before == behind + 1)
		fault("%s:%lu: message %" PRIu64 " is missing before this line",
		    name, number, before);
	else
		fault("%s:%lu: messages %" PRIu64 " to %" PRIu64
		      " are missing before this line",
		    name, number, behind + 1, before);
}

/* Adds a line to the chain; after a fault, the chain goes on from this line. */
static int
add(enum chain_line kind, const struct record_position *position)
{
	const struct scroll *scroll = &state.scroll;
	int error = CHAT_EMALFORMED;

	if (state.begun)
		error = chain_add(&state.chain, &state.suite, kind, position,
		    scroll->line, scroll->len);
	if (error != CHAT_EMALFORMED)
		return error;
	if (state.begun)
		explain(kind, position);
	state.begun = true;
	chain_before(&state.chain, kind, position);
	return chain_add(&state.chain, &state.suite, kind, position,
	    scroll->line, scroll->len);
}

/* Compares a message with the receipts for its number. */
static void
compare(const struct record *record)
{
	const struct chain *chain = &state.chain;
	struct kept *kept;

	for (size_t i = receipts_from(&state.receipts, chain->seq);
	    i < state.receipts.count; i++) {
		kept = &state.receipts.list[i];
		if (kept->receipt.seq != chain->seq)
			return;
		if (strcmp(kept->to, record->to) == 0)
			kept->found |= memcmp(kept->receipt.head, chain->head,
					   SIZE_HASH) == 0;
	}
}

static int
check_record(void)
{
	struct check *check = state.check;
	struct record record;
	int error;

	if (record_read(state.scroll.line, state.scroll.len, &record,
		&state.store) != 0) {
		fault(
		    "%s:%lu: this line was changed: it is not a line of a log",
		    QUOTED(state.scroll.name), state.scroll.number);
		return CHAT_OK;
	}
	if ((error = add(CHAIN_RECORD, record.position)) != 0)
		return error;
	if (check->messages++ == 0)
		check->first = record.position->seq;
	check->last = record.position->seq;
	(void)strlcpy(state.to, record.to, sizeof(state.to));
	compare(&record);
	return CHAT_OK;
}

static int
check_line(void)
{
	struct record_position position;

	/* Also in the middle, where files were joined. */
	if (record_read_first_line(
		state.scroll.line, state.scroll.len, &position) == 0)
		return add(CHAIN_FIRST_LINE, &position);
	return check_record();
}

static int
check_part(struct part *part)
{
	struct scroll *scroll = &state.scroll;
	enum scroll_state read;
	int error = CHAT_OK;

	part->done = true;
	if (scroll_open(scroll, part->name) != 0)
		return CHAT_EIO;
	while (error == 0 && (read = scroll_next(scroll)) != SCROLL_END) {
		if (read == SCROLL_ERROR)
			error = CHAT_EIO;
		else if (read == SCROLL_LINE)
			error = check_line();
		else if (read == SCROLL_LONG)
			fault(
			    "%s:%lu: this line is longer than any line of a log",
			    QUOTED(part->name), scroll->number);
		else
			warnx(
			    "%s:%lu: the file ends in a part of a line; chat-listen cuts it off when it starts",
			    QUOTED(part->name), scroll->number);
	}
	scroll_close(scroll);
	return error;
}

/* Reports receipts whose message is not in the log. */
static void
check_receipts(void)
{
	struct check *check = state.check;

	for (size_t i = 0; i < state.receipts.count; i++) {
		const struct kept *kept = &state.receipts.list[i];

		if (state.to[0] != '\0' && strcmp(kept->to, state.to) != 0)
			continue;
		check->receipts++;
		if (kept->found)
			check->found++;
		else if (check->first > kept->receipt.seq)
			check->older++;
		else
			fault(
			    "message %" PRIu64
			    " is missing or was changed: id %s, receipted in %s:%lu",
			    kept->receipt.seq, kept->id, QUOTED(kept->file),
			    kept->line);
	}
}

static int
check_all(char *const names[], size_t count, const char **name)
{
	struct part *part;
	int error;

	for (size_t i = 0; i < count; i++)
		if ((error = sort_file(*name = names[i])) != 0)
			return error;
	receipts_sort(&state.receipts);
	while ((part = next_part()) != NULL)
		if ((error = check_part(part)) != 0) {
			*name = part->name;
			return error;
		}
	check_receipts();
	return CHAT_OK;
}

int
check_files(
    char *const names[], size_t count, struct check *check, const char **name)
{
	int error = CHAT_EINTERNAL;

	memset(check, 0, sizeof(*check));
	memset(&state, 0, sizeof(state));
	state.check = check;
	state.parts = calloc(count, sizeof(*state.parts));
	if (state.parts != NULL && suite_open(&state.suite) == 0) {
		error = check_all(names, count, name);
		suite_close(&state.suite);
	}
	receipts_free(&state.receipts);
	free(state.parts);
	return error;
}
