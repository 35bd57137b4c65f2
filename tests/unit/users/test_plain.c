/*
 * The short way through an entry and the long one agree: a key that nobody
 * knows keeps an entry from being plain, and must not change what comes of
 * it. CHAT_SEED=n repeats the run that printed `seed n`.
 */
#include <time.h>

#include "common/users/plain.h"
#include "tests/unit/listing.h"

#define ROUNDS 50000
#define MARK "\"x\":0,"

static uint64_t dice;

/* splitmix64: the same numbers from the same seed everywhere. */
static unsigned
draw(unsigned sides)
{
	uint64_t z = dice += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (unsigned)((z ^ z >> 31) % sides);
}

static bool
is_plain(const char *entry)
{
	const char *next = entry, *end = entry + strlen(entry);
	unsigned long line = 1;
	struct entry read;
	bool plain = plain_entry(&next, end, &line, &read);

	ck_assert(plain ? next <= end : next == entry && line == 1);
	return plain;
}

START_TEST(what_programs_write_is_plain)
{
	ck_assert(is_plain(ALICE));
	ck_assert(is_plain(BOB));
	ck_assert(is_plain("{ \"port\" : \"00080\" ,\n\t\"ip\":\"h\",\r\n"
			   "\"password\":\"p'{}[],: ~\",\"username\":\"a\" }"));
}
END_TEST

START_TEST(an_entry_is_read_to_its_end)
{
	static const char json[] = "{\"username\":\"a\",\n\"password\":\"p\","
				   "\n\"port\":65535,\"ip\":\"::1\"},{";
	const char *next = json;
	unsigned long line = 7;
	struct entry entry;

	ck_assert(plain_entry(&next, json + sizeof(json) - 1, &line, &entry));
	ck_assert_str_eq(next, ",{");
	ck_assert_uint_eq(line, 9);
	ck_assert(entry.name_len == 1 && *entry.name == 'a');
	ck_assert(entry.password_len == 1 && *entry.password == 'p');
	ck_assert(entry.host_len == 3 && memcmp(entry.host, "::1", 3) == 0);
	ck_assert_uint_eq(entry.port, 65535);
}
END_TEST

START_TEST(no_truncation_is_plain)
{
	static const char json[] = ALICE;

	for (size_t len = 0; len < sizeof(json) - 1; len++) {
		char *exact = calloc(1, len + 1);
		const char *next = exact;
		unsigned long line = 1;
		struct entry entry;

		memcpy(exact, json, len);
		ck_assert(!plain_entry(&next, exact + len, &line, &entry));
		free(exact);
	}
}
END_TEST

/* What the short way has no words for is left to the long one. */
START_TEST(what_takes_more_is_not_plain)
{
	static const char *const values[][4] = {
	    {"\"\\u0061lice\"", "\"p\"", "1", "\"h\""},
	    {"\"a b\"", "\"p\"", "1", "\"h\""}, {"5", "\"p\"", "1", "\"h\""},
	    {"\"a\"", "\"\"", "1", "\"h\""},
	    {"\"a\"", "\"\xc3\xa9\"", "1", "\"h\""},
	    {"\"a\"", "\"p\x7f\"", "1", "\"h\""},
	    {"\"a\"", "\"p\tq\"", "1", "\"h\""},
	    {"\"a\"", "\"p\\\"", "1", "\"h\""},
	    {"\"a\"", "\"p\"", "01", "\"h\""}, {"\"a\"", "\"p\"", "", "\"h\""},
	    {"\"a\"", "\"p\"", "65536", "\"h\""},
	    {"\"a\"", "\"p\"", "5e3", "\"h\""},
	    {"\"a\"", "\"p\"", "1.0", "\"h\""},
	    {"\"a\"", "\"p\"", "\"\\5", "\"h\""},
	    {"\"a\"", "\"p\"", "\"5", "\"h\""}, {"\"a\"", "\"p\"", "1", "\"\""},
	    {"\"a\"", "\"p\"", "1", "\"a b\""}};

	for (size_t i = 0; i < COUNT(values); i++)
		ck_assert_msg(!is_plain(1 +
				  listing_of(values[i][0], values[i][1],
				      values[i][2], values[i][3])),
		    "entry %zu", i);
	ck_assert(!is_plain("{" MARK "\"username\":\"a\",\"password\":\"p\","
			    "\"port\":1,\"ip\":\"h\"}"));
	ck_assert(!is_plain("{\"username\":\"a\",\"username\":\"a\","
			    "\"port\":1,\"ip\":\"h\"}"));
	ck_assert(!is_plain("{\"username\":\"a\",\"password\":\"p\","
			    "\"port\":1,\"ip\":\"h\",}"));
}
END_TEST

/* A list of two whose first entry has some bytes changed. */
static void
spoil(char *json, size_t size)
{
	static const char bytes[] = "{}[]\",:\\ \n\t0159eua-.x\x01\x7f\xc3\xa9";
	size_t first;

	(void)snprintf(json, size, "%s",
	    draw(2) == 0 ? "[" ALICE ",\n" BOB "]" : "[" BOB ",\n" ALICE "]");
	first = (size_t)(strchr(json, '\n') - json);
	for (unsigned i = draw(3); i > 0; i--) {
		size_t at = 2 + draw((unsigned)first - 3);

		if (draw(3) == 0)
			memmove(json + at, json + at + 1, strlen(json + at));
		else
			json[at] = bytes[draw(sizeof(bytes) - 1)];
		first = strlen(json) < first ? strlen(json) : first;
	}
}

/* The same, with a key that nobody knows in the first entry. */
static void
mark(const char *json, char *marked)
{
	memcpy(marked, json, 2); /* [{ */
	strcpy(marked + 2, MARK);
	strcat(marked, json + 2);
}

START_TEST(the_short_way_is_the_long_way)
{
	char json[512], marked[600];
	struct directory short_way;
	struct fault reason;
	int error, accepted = 0;

	(void)printf("seed %llu\n", (unsigned long long)dice);
	for (int i = 0; i < ROUNDS; i++) {
		spoil(json, sizeof(json));
		if (json[2 + strspn(json + 2, " \n\t")] == '}')
			continue; /* a comma would follow the mark in vain */
		mark(json, marked);
		error = listing_parse(json, strlen(json));
		short_way = directory;
		reason = fault;
		ck_assert_msg(listing_parse(marked, strlen(marked)) == error,
		    "%d: %s", error, json);
		ck_assert_msg(reason.line == fault.line &&
			strcmp(reason.reason, fault.reason) == 0,
		    "\"%s\", \"%s\": %s", reason.reason, fault.reason, json);
		ck_assert_uint_eq(short_way.count, directory.count);
		for (size_t u = 0; u < directory.count; u++) {
			const struct user *a = &short_way.users[u];
			const struct user *b = &directory.users[u];

			ck_assert_str_eq(a->name, b->name);
			ck_assert_str_eq(a->password, b->password);
			ck_assert_str_eq(a->host, b->host);
			ck_assert_uint_eq(a->port, b->port);
		}
		accepted += error == 0;
		directory_free(&short_way);
		directory_free(&directory);
	}
	ck_assert_int_gt(accepted, ROUNDS / 10);
	ck_assert_int_lt(accepted, ROUNDS * 9 / 10);
}
END_TEST

int
main(void)
{
	const char *given = getenv("CHAT_SEED");
	const TTest *const tests[] = {
	    what_programs_write_is_plain,
	    an_entry_is_read_to_its_end,
	    no_truncation_is_plain,
	    what_takes_more_is_not_plain,
	    the_short_way_is_the_long_way,
	};

	dice = given != NULL ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
	return unit_run(
	    &(struct unit){"plain", tests, COUNT(tests), NULL, NULL});
}
