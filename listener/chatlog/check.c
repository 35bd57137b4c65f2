/* Checking a log. */
#include "listener/chatlog/check.h"

#include <err.h>
#include <inttypes.h>
#include <string.h>

#include "common/base/error.h"
#include "common/base/hex.h"
#include "common/base/text.h"
#include "common/log/chain.h"
#include "listener/chatlog/parts.h"

#define MOST_OWNERS 16

static struct {
	struct suite suite;
	struct check *check;
	struct receipts receipts;
	struct parts parts;
	struct chain chain;
	bool begun;     /* the chain has a beginning, behind */
	uint64_t older; /* so many messages of older files */
	char owners[MOST_OWNERS][LIMIT_NAME + 1]; /* whose messages these are */
	size_t owner_count;
	struct scroll scroll; /* too large for the stack */
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

/* Reads the results of a file. A shell may have taken the last newline off. */
static int
take_results(enum scroll_state read)
{
	struct scroll *scroll = &state.scroll;
	int error;

	for (; read != SCROLL_END; read = scroll_next(scroll)) {
		if (read == SCROLL_ERROR)
			return CHAT_EIO;
		if (read == SCROLL_LINE && scroll->len == 1)
			continue;
		error = read == SCROLL_LONG
		    ? CHAT_EMALFORMED
		    : receipts_add(&state.receipts, scroll);
		if (error == CHAT_EINTERNAL)
			return error;
		if (error != 0)
			fault("%s:%lu: not a line of chat-send -j",
			    QUOTED(scroll->name), scroll->number);
	}
	return CHAT_OK;
}

static void
warn_torn(void)
{
	warnx(
	    "%s:%lu: the file ends in a part of a line; chat-listen cuts it off when it starts",
	    QUOTED(state.scroll.name), state.scroll.number);
}

static bool
is_result(const struct scroll *scroll)
{
	static const char start[] = "{\"v\":1,\"type\":\"result\"";

	return scroll->len > sizeof(start) &&
	    memcmp(scroll->line, start, sizeof(start) - 1) == 0;
}

/* Finds out what a file is, by its first line. */
static int
sort_line(enum scroll_state read)
{
	struct scroll *scroll = &state.scroll;
	struct record_position position;

	if (read == SCROLL_ERROR)
		return CHAT_EIO;
	if (read == SCROLL_LINE &&
	    record_read_first_line(scroll->line, scroll->len, &position) == 0)
		return parts_add(&state.parts, &state.suite, scroll, &position);
	if ((read == SCROLL_LINE || read == SCROLL_TORN) && is_result(scroll))
		return take_results(read);
	if (read == SCROLL_END)
		warnx("%s: the file is empty", QUOTED(scroll->name));
	else if (read == SCROLL_TORN &&
	    chain_is_torn(
		CHAIN_FIRST_LINE, scroll->line, scroll->len, scroll->len))
		warn_torn();
	else
		fault(
		    "%s:1: neither the first line of a log nor a line of chat-send -j",
		    QUOTED(scroll->name));
	return CHAT_OK;
}

static int
sort_file(const char *name)
{
	struct scroll *scroll = &state.scroll;
	int error;

	if (scroll_open(scroll, name) != 0)
		return CHAT_EIO;
	error = sort_line(scroll_next(scroll));
	scroll_close(scroll);
	return error;
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
	else if (before < behind && kind == CHAIN_FIRST_LINE)
		fault("%s:%lu: what follows message %" PRIu64
		      " stands here again, or out of order",
		    name, number, before);
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
	chain_before(&state.chain, kind, position);
	if (!state.begun)
		state.older = state.chain.seq;
	state.begun = true;
	return chain_add(&state.chain, &state.suite, kind, position,
	    scroll->line, scroll->len);
}

static bool
is_owner(const char *name)
{
	for (size_t i = 0; i < state.owner_count; i++)
		if (strcmp(state.owners[i], name) == 0)
			return true;
	return false;
}

/* Nobody changes a name so often. */
static void
take_owner(const char *name)
{
	if (is_owner(name))
		return;
	if (state.owner_count < MOST_OWNERS)
		(void)strlcpy(state.owners[state.owner_count++], name,
		    sizeof(state.owners[0]));
	else
		fault("%s:%lu: this log has messages for over %d names",
		    QUOTED(state.scroll.name), state.scroll.number,
		    MOST_OWNERS);
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
		if (strcmp(kept->to, record->to) == 0 &&
		    memcmp(kept->id, record->id, SIZE_ID) == 0)
			kept->found |= memcmp(kept->receipt.head, chain->head,
					   SIZE_HASH) == 0;
	}
}

static void
fault_changed(void)
{
	const struct scroll *scroll = &state.scroll;

	fault("%s:%lu: this line was changed%s: it is not a line of a log",
	    QUOTED(scroll->name), scroll->number,
	    memchr(scroll->line, '\0', scroll->len) != NULL
		? ", or a crash left NULs in it"
		: "");
}

static int
check_record(void)
{
	struct check *check = state.check;
	struct record record;
	int error;

	if (record_read(state.scroll.line, state.scroll.len, &record,
		&state.store) != 0) {
		fault_changed();
		return CHAT_OK;
	}
	if ((error = add(CHAIN_RECORD, record.position)) != 0)
		return error;
	if (check->messages++ == 0)
		check->first = record.position->seq;
	check->last = record.position->seq;
	take_owner(record.to);
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

/* Checks what was read. */
static int
check_read(enum scroll_state read)
{
	const struct scroll *scroll = &state.scroll;

	switch (read) {
	case SCROLL_LINE:
		return check_line();
	case SCROLL_ERROR:
		return CHAT_EIO;
	case SCROLL_LONG:
		fault("%s:%lu: this line is longer than any line of a log",
		    QUOTED(scroll->name), scroll->number);
		return CHAT_OK;
	default:
		if (chain_is_torn(
			CHAIN_RECORD, scroll->line, scroll->len, scroll->len))
			warn_torn();
		else
			fault_changed();
		return CHAT_OK;
	}
}

static int
check_part(struct part *part)
{
	struct scroll *scroll = &state.scroll;
	enum scroll_state read;
	int error = CHAT_OK;

	read = part_read(part, scroll);
	while (read != SCROLL_END && (error = check_read(read)) == 0)
		read = scroll_next(scroll);
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
		char id[2 * SIZE_ID + 1];

		if (state.owner_count > 0 && !is_owner(kept->to)) {
			check->others++;
			continue;
		}
		check->receipts++;
		if (kept->found)
			check->found++;
		else if (kept->receipt.seq <= state.older)
			check->older++;
		else {
			hex_encode(kept->id, SIZE_ID, id);
			fault(
			    "message %" PRIu64
			    " is missing or was changed: id %s, receipted in %s:%lu",
			    kept->receipt.seq, id, QUOTED(kept->file),
			    kept->line);
		}
	}
	/* Who changes the name in each line would make all receipts void. */
	if (check->others > 0 && check->receipts == 0)
		fault("no receipt is for %s, whose log this is",
		    QUOTED(state.owners[0]));
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
	while ((part = parts_next(
		    &state.parts, state.begun ? &state.chain : NULL)) != NULL)
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
	if (parts_open(&state.parts, count) == 0 &&
	    suite_open(&state.suite) == 0) {
		error = check_all(names, count, name);
		suite_close(&state.suite);
	}
	receipts_free(&state.receipts);
	parts_close(&state.parts);
	return error;
}
