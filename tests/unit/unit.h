/* The base of every unit test: a runner, hexadecimal, files with vectors. */
#ifndef TESTS_UNIT_UNIT_H
#define TESTS_UNIT_UNIT_H

#include <cJSON.h>
#include <check.h>
#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/hex.h"

#define UNIT_SKIPPED 77 /* exit status; the output tells why */
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
/* On a slow machine, tests/run has libcheck multiply this. */
#define UNIT_TIMEOUT_S 300
#define UNIT_LATE_MS 3600000 /* a deadline that a test never reaches */
#define UNIT_HEX_MAX 1024    /* maximum bytes for unit_hex() */

/* Tests, with a function to run before and after each; either may be NULL. */
struct unit {
	const char *name;
	const TTest *const *tests;
	size_t count;
	void (*setup)(void), (*teardown)(void);
};

/* Returns a test case for a unit, for a suite with several units. */
static inline TCase *
unit_case(const struct unit *unit)
{
	TCase *tc = tcase_create(unit->name);

	tcase_set_timeout(tc, UNIT_TIMEOUT_S);
	if (unit->setup != NULL || unit->teardown != NULL)
		tcase_add_checked_fixture(tc, unit->setup, unit->teardown);
	for (size_t i = 0; i < unit->count; i++)
		tcase_add_test(tc, unit->tests[i]);
	return tc;
}

/* Runs a suite; returns the exit status of the program. */
static inline int
unit_run_suite(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}

/* Runs one unit as a suite. */
static inline int
unit_run(const struct unit *unit)
{
	Suite *suite = suite_create(unit->name);

	suite_add_tcase(suite, unit_case(unit));
	return unit_run_suite(suite);
}

/* Returns the hexadecimal of some bytes. Four buffers are used in turn. */
static inline const char *
unit_hex(const void *data, size_t len)
{
	static char hex[4][2 * UNIT_HEX_MAX + 1];
	static unsigned int turn;

	ck_assert_uint_le(len, UNIT_HEX_MAX);
	turn = (turn + 1) % 4;
	hex_encode(data, len, hex[turn]);
	return hex[turn];
}

/* Decodes hexadecimal, which must be exactly `size` bytes. */
static inline void
unit_unhex(const char *hex, void *data, size_t size)
{
	ck_assert_msg(
	    strlen(hex) == 2 * size && hex_decode(hex, data, size) == 0,
	    "not %zu bytes of hex: %s", size, hex);
}

#define ck_assert_hex_eq(data, len, hex) \
	ck_assert_str_eq(unit_hex(data, len), hex)

/* Loads a JSON file; the path starts at the top of the repository. */
static inline cJSON *
unit_load(const char *path)
{
	static char text[1 << 16];
	FILE *file = fopen(path, "r");
	size_t len;
	cJSON *json;

	ck_assert_msg(file != NULL, "cannot open %s", path);
	len = fread(text, 1, sizeof(text) - 1, file);
	text[len] = '\0';
	ck_assert_int_eq(fclose(file), 0);
	json = cJSON_ParseWithOpts(text, NULL, true);
	ck_assert_msg(json != NULL, "%s is not JSON", path);
	return json;
}

/* Returns the string with this key in an object. */
static inline const char *
unit_string(const cJSON *object, const char *key)
{
	const char *string =
	    cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));

	ck_assert_msg(string != NULL, "no string \"%s\"", key);
	return string;
}

/* Returns tests/vectors/chat1.json, which is read once. */
static inline const cJSON *
unit_chat1(void)
{
	static cJSON *chat1;

	if (chat1 == NULL)
		chat1 = unit_load("tests/vectors/chat1.json");
	return chat1;
}

/*
 * Returns a string of chat1.json; and the bytes that it spells in hexadecimal.
 */
static inline const char *
unit_vector(const char *key)
{
	return unit_string(unit_chat1(), key);
}

static inline void
unit_vector_bytes(const char *key, void *data, size_t size)
{
	unit_unhex(unit_vector(key), data, size);
}

/* Returns frame n of chat1.json, 1 to 6, LF included. */
static inline const char *
unit_vector_frame(int n)
{
	const cJSON *frames =
	    cJSON_GetObjectItemCaseSensitive(unit_chat1(), "frames");
	const char *frame =
	    cJSON_GetStringValue(cJSON_GetArrayItem(frames, n - 1));

	ck_assert_ptr_nonnull(frame);
	return frame;
}

/* Returns T(n) of chat1.json, 0 to 6, in hexadecimal. */
static inline const char *
unit_vector_t(int n)
{
	const cJSON *all = cJSON_GetObjectItemCaseSensitive(unit_chat1(), "T");
	const char *hash = cJSON_GetStringValue(cJSON_GetArrayItem(all, n));

	ck_assert_ptr_nonnull(hash);
	return hash;
}

#endif
