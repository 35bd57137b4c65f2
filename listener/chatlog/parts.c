/* The files of a log. */
#include "listener/chatlog/parts.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/error.h"

int
parts_open(struct parts *parts, size_t room)
{
	parts->count = 0;
	parts->list = calloc(room, sizeof(*parts->list));
	return parts->list != NULL ? CHAT_OK : CHAT_EINTERNAL;
}

/* Keeps what can be read only once. */
static int
keep_open(struct part *part, struct scroll *scroll)
{
	struct stat st;

	if (fstat(fileno(scroll->file), &st) == 0 && S_ISREG(st.st_mode))
		return CHAT_OK;
	part->kept = malloc(sizeof(*part->kept));
	if (part->kept == NULL)
		return CHAT_EINTERNAL;
	memcpy(part->kept, scroll, sizeof(*scroll));
	scroll->file = NULL;
	return CHAT_OK;
}

int
parts_add(struct parts *parts, const struct suite *suite, struct scroll *scroll,
    const struct record_position *position)
{
	struct part *part = &parts->list[parts->count++];
	int error;

	part->name = scroll->name;
	chain_before(&part->before, CHAIN_FIRST_LINE, position);
	part->behind = part->before;
	error = chain_add(&part->behind, suite, CHAIN_FIRST_LINE, position,
	    scroll->line, scroll->len);
	return error != 0 ? error : keep_open(part, scroll);
}

static bool
is_at(const struct part *part, const struct chain *chain)
{
	return part->before.seq == chain->seq &&
	    memcmp(part->before.head, chain->head, SIZE_HASH) == 0;
}

/* Returns a file without messages that this one goes on from, or NULL. */
static struct part *
before(struct parts *parts, const struct part *part)
{
	for (size_t i = 0; i < parts->count; i++)
		if (!parts->list[i].done && &parts->list[i] != part &&
		    is_at(part, &parts->list[i].behind))
			return &parts->list[i];
	return NULL;
}

/* Goes back as far as possible; forged files may go on in a ring. */
static struct part *
first_of(struct parts *parts, struct part *part)
{
	struct part *earlier;

	for (size_t i = 0; i < parts->count; i++) {
		if ((earlier = before(parts, part)) == NULL)
			break;
		part = earlier;
	}
	return part;
}

struct part *
parts_next(struct parts *parts, const struct chain *chain)
{
	struct part *best = NULL;

	for (size_t i = 0; i < parts->count; i++) {
		struct part *part = &parts->list[i];

		if (part->done)
			continue;
		if (chain != NULL && is_at(part, chain)) {
			part->done = true;
			return part;
		}
		if (best == NULL || part->before.seq < best->before.seq)
			best = part;
	}
	if (best != NULL)
		best = first_of(parts, best);
	if (best != NULL)
		best->done = true;
	return best;
}

enum scroll_state
part_read(struct part *part, struct scroll *scroll)
{
	if (part->kept != NULL) {
		memcpy(scroll, part->kept, sizeof(*scroll));
		free(part->kept);
		part->kept = NULL;
		return SCROLL_LINE;
	}
	return scroll_open(scroll, part->name) == 0 ? scroll_next(scroll)
						    : SCROLL_ERROR;
}

void
parts_close(struct parts *parts)
{
	for (size_t i = 0; i < parts->count; i++)
		if (parts->list[i].kept != NULL) {
			scroll_close(parts->list[i].kept);
			free(parts->list[i].kept);
		}
	free(parts->list);
	memset(parts, 0, sizeof(*parts));
}
