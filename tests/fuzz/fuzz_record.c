/*
 * record_read() and record_read_first_line() of any line: what they take is
 * what would be spelled of it, and says the same to a parser of JSON.
 */
#include <cJSON.h>

#include "common/base/batch.h"
#include "common/base/error.h"
#include "common/base/hex.h"
#include "common/base/name.h"
#include "common/base/text.h"
#include "common/log/record.h"
#include "tests/fuzz/fuzz.h"

static void
check_string(const cJSON *json, const char *name, const char *value, size_t len)
{
	const char *string =
	    cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, name));

	HOLDS(string != NULL && strlen(string) == len);
	HOLDS(memcmp(string, value, len) == 0);
}

static void
check_hex(const cJSON *json, const char *name, const uint8_t *data, size_t len)
{
	char hex[2 * SIZE_HASH + 1];

	hex_encode(data, len, hex);
	check_string(json, name, hex, 2 * len);
}

static void
check_place(const cJSON *json, const struct record_position *position)
{
	const cJSON *seq = cJSON_GetObjectItemCaseSensitive(json, "seq");

	HOLDS(cJSON_IsNumber(seq) && seq->valuedouble == (double)position->seq);
	check_hex(json, "prev", position->prev, SIZE_HASH);
}

static void
check_lines(const cJSON *json, const struct record *record)
{
	const cJSON *lines = cJSON_GetObjectItem(json, "lines");

	HOLDS((lines != NULL) == (record->lines != 0));
	HOLDS(lines == NULL ||
	    (lines->valuedouble == (double)record->lines &&
		batch_count(record->text, record->len) == record->lines));
}

static void
check_record(const cJSON *json, const struct record *record)
{
	HOLDS(name_valid(record->from, strlen(record->from)) &&
	    name_valid(record->to, strlen(record->to)));
	HOLDS(text_check(record->text, record->len) == 0);
	check_string(json, "type", "message", strlen("message"));
	check_place(json, record->position);
	check_hex(json, "id", record->id, SIZE_ID);
	check_lines(json, record);
	check_string(json, "from", record->from, strlen(record->from));
	check_string(json, "to", record->to, strlen(record->to));
	check_string(json, "address", record->address, strlen(record->address));
	check_string(json, "text", record->text, record->len);
	HOLDS(cJSON_IsTrue(cJSON_GetObjectItem(json, "listed")) ==
	    record->listed);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char again[SIZE_RECORD];
	static struct record_store store;
	const char *line = (const char *)data, *behind;
	struct record_position position;
	struct record record;
	int error = record_read(line, size, &record, &store);
	int head_error = record_read_first_line(line, size, &position);
	cJSON *json;

	HOLDS(error == 0 || error == CHAT_EMALFORMED);
	HOLDS(head_error == 0 || head_error == CHAT_EMALFORMED);
	if (error != 0 && head_error != 0)
		return 0;
	HOLDS(error != 0 || head_error != 0);
	json = cJSON_ParseWithLengthOpts(line, size, &behind, false);
	HOLDS(json != NULL && behind == line + size - 1 && *behind == '\n');
	if (error == 0) {
		check_record(json, &record);
		HOLDS(record_spell(&record, again) == size);
	} else {
		check_string(json, "type", "log", strlen("log"));
		check_place(json, &position);
		HOLDS(record_spell_first_line(&position, again) == size);
	}
	HOLDS(memcmp(again, line, size) == 0);
	cJSON_Delete(json);
	return 0;
}
