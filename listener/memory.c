/* A ring of message ids with a hash chain through it. */
#include "listener/memory.h"

#include <stdlib.h>
#include <string.h>

#include "common/error.h"

#define SIZE_MARK 16
#define NOBODY 0 /* places are counted from 1 */

struct memory {
	uint32_t newest; /* place of the message added last */
	uint32_t heads[MEMORY_MESSAGES];
	uint32_t next[MEMORY_MESSAGES + 1];
	uint8_t marks[MEMORY_MESSAGES + 1][SIZE_MARK];
	bool used[MEMORY_MESSAGES + 1];
};

struct memory *
memory_open(void)
{
	return calloc(1, sizeof(struct memory));
}

/* What is kept of a sender and an id: half a hash, which nobody can steer. */
static int
mark_of(const struct suite *suite, const char *from, const uint8_t id[SIZE_ID],
    uint8_t mark[SIZE_MARK])
{
	const struct span spans[] = {{id, SIZE_ID}, {from, strlen(from)}};
	uint8_t digest[SIZE_HASH];
	int error = suite_sha256(suite, spans, 2, digest);

	memcpy(mark, digest, SIZE_MARK);
	return error;
}

static uint32_t *
head_of(struct memory *memory, const uint8_t mark[SIZE_MARK])
{
	return &memory->heads[(uint32_t)mark[0] << 8 | mark[1]];
}

int
memory_knows(const struct memory *memory, const struct suite *suite,
    const char *from, const uint8_t id[SIZE_ID], bool *seen)
{
	uint8_t mark[SIZE_MARK];
	uint32_t place;
	int error;

	if ((error = mark_of(suite, from, id, mark)) != 0)
		return error;
	place = memory->heads[(uint32_t)mark[0] << 8 | mark[1]];
	while (place != NOBODY &&
	    memcmp(memory->marks[place], mark, SIZE_MARK) != 0)
		place = memory->next[place];
	*seen = place != NOBODY;
	return CHAT_OK;
}

/* Takes a place out of the chain that it is in. */
static void
forget(struct memory *memory, uint32_t place)
{
	uint32_t *link = head_of(memory, memory->marks[place]);

	while (*link != place)
		link = &memory->next[*link];
	*link = memory->next[place];
}

int
memory_add(struct memory *memory, const struct suite *suite, const char *from,
    const uint8_t id[SIZE_ID])
{
	uint8_t mark[SIZE_MARK];
	uint32_t place = memory->newest % MEMORY_MESSAGES + 1;
	uint32_t *head;
	int error;

	if ((error = mark_of(suite, from, id, mark)) != 0)
		return error;
	if (memory->used[place])
		forget(memory, place);
	head = head_of(memory, mark);
	memory->used[place] = true;
	memcpy(memory->marks[place], mark, SIZE_MARK);
	memory->next[place] = *head;
	*head = place;
	memory->newest = place;
	return CHAT_OK;
}
