/* Receipts that senders kept. */
#include "listener/chatlog/receipts.h"

#include <cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/error.h"
#include "common/base/hex.h"

#define FIRST_ROOM 64
#define EXACT ((double)((uint64_t)1 << 53)) /* integers of a double */

static const char *
string_of(const cJSON *object, const char *key)
{
	return cJSON_GetStringValue(
	    cJSON_GetObjectItemCaseSensitive(object, key));
}

static bool
read_hex(const char *hex, uint8_t *bytes, size_t size)
{
	return hex != NULL && strlen(hex) == 2 * size &&
	    hex_decode(hex, bytes, size) == 0;
}

/* Reads the numbers of a receipt. */
static bool
read_receipt(const cJSON *object, struct receipt *receipt)
{
	const cJSON *seq = cJSON_GetObjectItemCaseSensitive(object, "seq");

	if (!cJSON_IsNumber(seq) || seq->valuedouble < 1 ||
	    seq->valuedouble > EXACT ||
	    !read_hex(string_of(object, "head"), receipt->head, SIZE_HASH))
		return false;
	receipt->seq = (uint64_t)seq->valuedouble;
	return true;
}

static int
keep(struct receipts *receipts, const struct kept *kept)
{
	size_t room = receipts->room == 0 ? FIRST_ROOM : 2 * receipts->room;
	struct kept *list;

	if (receipts->count == receipts->room) {
		list =
		    reallocarray(receipts->list, room, sizeof(*receipts->list));
		if (list == NULL)
			return CHAT_EINTERNAL;
		receipts->list = list;
		receipts->room = room;
	}
	receipts->list[receipts->count++] = *kept;
	return CHAT_OK;
}

/* Takes it from a result, if it has one. */
static int
take(
    struct receipts *receipts, const cJSON *result, const struct scroll *scroll)
{
	const cJSON *receipt =
	    cJSON_GetObjectItemCaseSensitive(result, "receipt");
	const char *type = string_of(result, "type");
	const char *to = string_of(result, "to");
	struct kept kept = {.file = scroll->name, .line = scroll->number};

	if (type == NULL || strcmp(type, "result") != 0)
		return CHAT_EMALFORMED;
	if (receipt == NULL)
		return CHAT_OK;
	if (to == NULL ||
	    strlcpy(kept.to, to, sizeof(kept.to)) >= sizeof(kept.to) ||
	    !read_hex(string_of(result, "id"), kept.id, SIZE_ID) ||
	    !read_receipt(receipt, &kept.receipt))
		return CHAT_EMALFORMED;
	return keep(receipts, &kept);
}

int
receipts_add(struct receipts *receipts, const struct scroll *scroll)
{
	cJSON *result = cJSON_ParseWithLength(scroll->line, scroll->len);
	int error = take(receipts, result, scroll);

	cJSON_Delete(result);
	return error;
}

static int
compare_seq(const void *a, const void *b)
{
	const struct kept *one = a, *other = b;

	return one->receipt.seq < other->receipt.seq
	    ? -1
	    : one->receipt.seq > other->receipt.seq;
}

void
receipts_sort(struct receipts *receipts)
{
	if (receipts->count > 0)
		qsort(receipts->list, receipts->count, sizeof(*receipts->list),
		    compare_seq);
}

size_t
receipts_from(const struct receipts *receipts, uint64_t seq)
{
	size_t low = 0, high = receipts->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (receipts->list[middle].receipt.seq < seq)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void
receipts_free(struct receipts *receipts)
{
	free(receipts->list);
	memset(receipts, 0, sizeof(*receipts));
}
