/* A ring buffer of marks, with a hash table of chains to find them. */
#include "common/log/memory.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/error.h"

#define NOBODY 0 /* no mark; positions are counted from 1 */

struct memory {
	uint8_t key[SIZE_HASH];
	uint32_t newest; /* the position of the latest mark */
	uint32_t heads[MEMORY_MESSAGES];
	uint32_t next[MEMORY_MESSAGES + 1];
	struct mark marks[MEMORY_MESSAGES + 1];
	bool used[MEMORY_MESSAGES + 1];
	struct chain behind[MEMORY_MESSAGES + 1];
};

struct memory *
memory_open(void)
{
	struct memory *memory = calloc(1, sizeof(struct memory));

	if (memory != NULL && getentropy(memory->key, SIZE_HASH) != 0) {
		free(memory);
		memory = NULL;
	}
	return memory;
}

int
memory_mark(const struct memory *memory, const struct suite *suite,
    const char *from, bool listed, const uint8_t id[SIZE_ID],
    const uint8_t digest[SIZE_HASH], struct mark *mark)
{
	/* The byte after the key tells the three kinds of hashes apart. */
	const uint8_t who = listed ? 1 : 0, text = 2;
	const struct span of_id[] = {{memory->key, SIZE_HASH}, {&who, 1},
	    {id, SIZE_ID}, {from, strlen(from)}};
	const struct span of_text[] = {{memory->key, SIZE_HASH}, {&text, 1},
	    {mark->id, SIZE_MARK}, {digest, SIZE_HASH}};
	uint8_t hash[SIZE_HASH];
	int error;

	if ((error = suite_sha256(suite, of_id, 4, hash)) != 0)
		return error;
	memcpy(mark->id, hash, SIZE_MARK);
	if ((error = suite_sha256(suite, of_text, 4, hash)) != 0)
		return error;
	memcpy(mark->text, hash, SIZE_MARK);
	return CHAT_OK;
}

static uint32_t
row_of(const struct mark *mark)
{
	return (uint32_t)mark->id[0] << 8 | mark->id[1];
}

enum recall
memory_recall(
    const struct memory *memory, const struct mark *mark, struct chain *behind)
{
	uint32_t position = memory->heads[row_of(mark)];

	while (position != NOBODY &&
	    memcmp(memory->marks[position].id, mark->id, SIZE_MARK) != 0)
		position = memory->next[position];
	if (position == NOBODY)
		return RECALL_NOTHING;
	if (behind != NULL)
		*behind = memory->behind[position];
	return memcmp(memory->marks[position].text, mark->text, SIZE_MARK) == 0
	    ? RECALL_SAME
	    : RECALL_OTHER;
}

/* Removes a position from its chain. */
static void
forget(struct memory *memory, uint32_t position)
{
	uint32_t *link = &memory->heads[row_of(&memory->marks[position])];

	while (*link != position)
		link = &memory->next[*link];
	*link = memory->next[position];
}

void
memory_add(
    struct memory *memory, const struct mark *mark, const struct chain *behind)
{
	uint32_t position = memory->newest % MEMORY_MESSAGES + 1;
	uint32_t *head = &memory->heads[row_of(mark)];

	if (memory->used[position])
		forget(memory, position);
	memory->used[position] = true;
	memory->marks[position] = *mark;
	if (behind != NULL)
		memory->behind[position] = *behind;
	memory->next[position] = *head;
	*head = position;
	memory->newest = position;
}
