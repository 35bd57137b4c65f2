/* The list of entries that a user directory is. */
#include "common/users/list.h"

#include <string.h>

#include "common/base/error.h"
#include "common/base/limits.h"
#include "common/users/entry.h"

struct taking {
	list_taker *take;
	void *arg;
};

/*
 * Recognises a file in another encoding by its first bytes. UTF-16 without a
 * byte order mark is recognised by the NUL in "[". Returns advice, or NULL.
 */
static const char *
encoding(const struct json *json)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *words;
	} all[] = {
	    {"\xef\xbb\xbf", 3,
		"the file starts with a byte order mark; save it as plain UTF-8, without BOM"},
	    {"\xff\xfe\0\0", 4,
		"the file is UTF-32; save it as plain UTF-8, or use iconv -f UTF-32 -t UTF-8"},
	    {"\0\0\xfe\xff", 4,
		"the file is UTF-32; save it as plain UTF-8, or use iconv -f UTF-32 -t UTF-8"},
	    {"\xff\xfe", 2,
		"the file is UTF-16; save it as plain UTF-8, or use iconv -f UTF-16 -t UTF-8"},
	    {"\xfe\xff", 2,
		"the file is UTF-16; save it as plain UTF-8, or use iconv -f UTF-16 -t UTF-8"},
	    {"[\0", 2,
		"the file is UTF-16; save it as plain UTF-8, or use iconv -f UTF-16LE -t UTF-8"},
	    {"\0[", 2,
		"the file is UTF-16; save it as plain UTF-8, or use iconv -f UTF-16BE -t UTF-8"},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if ((size_t)(json->end - json->next) >= all[i].len &&
		    memcmp(json->next, all[i].bytes, all[i].len) == 0)
			return all[i].words;
	return NULL;
}

/* Describes the object that stands in place of the list. */
static const char *
object(const struct json *json)
{
	struct fault ignored;
	struct json ahead = *json;
	struct json_text key = {.tree = NULL};
	const char *words =
	    "expected a list, [{\"username\": ...}, ...], found '{'; only the list of entries may stand in the file";

	ahead.fault = &ignored;
	ahead.next++;
	if (json_peek(&ahead) == '"' && json_string(&ahead, &key) == 0 &&
	    entry_has_key(&key))
		words =
		    "expected a list, found an entry without one; put [ before it and ] after it";
	json_free(&key);
	ahead.next = json->next;
	if (json_skip(&ahead, LIMIT_DEPTH) == 0 && json_peek(&ahead) == '{')
		words =
		    "expected a list, found an object and another after it; put [ before the first, commas between them, and ] after the last";
	return words;
}

/* Fills in the fault for a file that does not start with a list. */
static int
not_a_list(struct json *json)
{
	if (json_peek(json) == '{')
		return fault_set(json->fault, json->line, "%s", object(json));
	return json_unexpected(json, "a list, [{\"username\": ...}, ...]");
}

static int
read_item(struct json *json, void *arg)
{
	const struct taking *taking = arg;
	struct entry entry;
	int error;

	if (json_peek(json) != '{')
		return json_unexpected(json, "an entry, { ... }");
	if ((error = entry_read(json, &entry)) == 0)
		error = taking->take(&entry, taking->arg, json->fault);
	entry_close(&entry);
	return error;
}

int
list_read(const char *bytes, size_t len, list_taker *take, void *arg,
    struct fault *fault)
{
	struct json json = {
	    .next = bytes, .end = bytes + len, .line = 1, .fault = fault};
	struct taking taking = {take, arg};
	const char *words = encoding(&json);
	int error;

	if (words != NULL)
		return fault_set(fault, json.line, "%s", words);
	if (json_peek(&json) != '[')
		return not_a_list(&json);
	json_set_up();
	json.inside = true;
	if ((error = json_list(&json, read_item, &taking)) != 0)
		return error;
	return json_peek(&json) == -1
	    ? CHAT_OK
	    : json_unexpected(&json, "nothing after the list");
}
