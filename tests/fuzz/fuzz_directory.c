/*
 * directory_parse() of any bytes. Its messages must not depend on a password: a
 * second parse, with every password in other letters, must give the same
 * messages.
 */
#include <cJSON.h>
#include <ctype.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/error.h"
#include "common/base/name.h"
#include "common/base/text.h"
#include "common/users/directory.h"
#include "common/users/entry.h"
#include "tests/fuzz/fuzz.h"

/* A parse, with all of its messages. */
struct result {
	int error;
	struct directory directory;
	struct fault fault;
	char warnings[WEAKNESSES][SIZE_WEAKNESS];
};

/*
 * Returns another character of the same kind. Broken JSON, such as after a
 * missing quote, must stay equally broken; so hexadecimal digits stay such, and
 * the characters of numbers and of true, false and null do not change.
 */
static char
other_letter(char c)
{
	static const char *const rings[] = {"bcd", "ghijkmopqvwxyz", "ABCDF",
	    "GHIJKLMNOPQRSTUVWXYZ", "123456789"};
	const char *at;

	for (size_t i = 0; i < sizeof(rings) / sizeof(rings[0]); i++)
		if (c != '\0' && (at = strchr(rings[i], c)) != NULL)
			return at[1] == '\0' ? rings[i][0] : at[1];
	return c;
}

/* Skips white space from i on. */
static size_t
skip_space(const char *json, size_t len, size_t i)
{
	while (i < len && json[i] != '\0' && strchr(" \t\r\n", json[i]) != NULL)
		i++;
	return i;
}

/*
 * Writes one string, from behind its quote at i, in other letters. Escapes
 * stay; of a broken one, as much as there is.
 */
static void
disguise(char *json, size_t len, size_t i)
{
	size_t digits;

	for (; i < len && json[i] != '"'; i++) {
		if (json[i] != '\\') {
			json[i] = other_letter(json[i]);
			continue;
		}
		if (++i == len || json[i] != 'u')
			continue;
		for (digits = 0; digits < 4 && i + 1 < len &&
		    isxdigit((unsigned char)json[i + 1]);
		    digits++)
			i++;
	}
}

/* Writes the value of every "password" in other letters. */
static void
disguise_all(char *json, size_t len)
{
	static const char key[] = "\"password\"";
	size_t i, key_len = sizeof(key) - 1;

	for (size_t start = 0; start + key_len <= len; start++) {
		if (memcmp(json + start, key, key_len) != 0)
			continue;
		i = skip_space(json, len, start + key_len);
		if (i == len || json[i] != ':')
			continue;
		i = skip_space(json, len, i + 1);
		if (i < len && json[i] == '"')
			disguise(json, len, i + 1);
	}
}

/* Collects the messages about a valid directory. */
static void
parsed(int error, struct result *result)
{
	result->error = error;
	if (error != 0)
		return;
	for (int i = 0; i < WEAKNESSES; i++)
		(void)directory_warning(
		    &result->directory.weakness, i, result->warnings[i]);
}

/* Reads it from a file or, if it is short, from a pipe: one name, or all. */
static int
read_file(const char *json, size_t len, const char *name, struct result *result)
{
	int fds[2] = {-1, -1};
	int error;

	if (len % 2 == 0 || len > PIPE_BUF)
		fds[0] = fds[1] = memfd_create("directory", 0);
	else
		HOLDS(pipe(fds) == 0);
	HOLDS(fds[0] != -1 && write(fds[1], json, len) == (ssize_t)len);
	if (fds[0] != fds[1])
		(void)close(fds[1]);
	else
		HOLDS(lseek(fds[0], 0, SEEK_SET) == 0 &&
		    fchmod(fds[0], 0600) == 0);
	if (name != NULL)
		error = directory_look_up(
		    fds[0], &name, 1, &result->directory, &result->fault);
	else
		error = directory_read(
		    fds[0], NULL, &result->directory, &result->fault);
	(void)close(fds[0]);
	return error;
}

/*
 * Returns how many entries cJSON sees in all, or -1. It gives up at some depth.
 */
static int
entries_of(const char *json, size_t len)
{
	const char *end;
	cJSON *list = cJSON_ParseWithLengthOpts(json, len, &end, false);
	int count = list == NULL ? -1 : cJSON_GetArraySize(list);

	HOLDS(
	    list == NULL || skip_space(json, len, (size_t)(end - json)) == len);
	cJSON_Delete(list);
	return count;
}

/* If it was accepted, \u has four digits; otherwise cJSON makes it a NUL. */
static void
check_escapes(const char *json, size_t len)
{
	for (size_t i = 0; i + 1 < len; i++) {
		if (json[i] != '\\')
			continue;
		i++;
		HOLDS(strchr("\"\\/bfnrtu", json[i]) != NULL);
		HOLDS(len - i < 5 || memcmp(json + i, "u0000", 5) != 0);
		for (size_t j = i + 1; json[i] == 'u' && j < i + 5; j++)
			HOLDS(j < len && isxdigit((unsigned char)json[j]));
	}
}

static void
check_users(const struct directory *d, const char *json, size_t len)
{
	int entries = entries_of(json, len);

	check_escapes(json, len);
	HOLDS(entries == (int)d->count || (entries == -1 && len > 900));
	for (size_t i = 0; i < d->count; i++) {
		const struct user *user = &d->users[i];

		HOLDS(name_valid(user->name, strlen(user->name)));
		HOLDS(password_valid(user->password, strlen(user->password)));
		HOLDS(
		    strlen(user->host) > 0 && strlen(user->host) <= LIMIT_HOST);
		HOLDS(user->port > 0);
		HOLDS(directory_find(d, user->name) == user);
	}
	HOLDS(directory_find(d, "") == NULL);
	HOLDS(directory_find(d, "nobody here has this name") == NULL);
}

/* A reason is one line that is safe to print, and its line is in the file. */
static void
check_fault(const struct fault *fault, const char *json, size_t len)
{
	const char *p = fault->reason, *end = p + strlen(p);
	unsigned long lines = 1;

	HOLDS(p < end && end < p + sizeof(fault->reason) - 1);
	while (p < end)
		HOLDS(!text_is_unsafe(text_next(&p, end)));
	for (size_t i = 0; i < len; i++)
		lines += json[i] == '\n';
	HOLDS(fault->line >= 1 && fault->line <= lines);
}

static void
check_same(const struct result *a, const struct result *b)
{
	HOLDS(a->error == b->error && a->fault.line == b->fault.line);
	HOLDS(strcmp(a->fault.reason, b->fault.reason) == 0);
	HOLDS(a->directory.count == b->directory.count);
	for (size_t i = 0; i < a->directory.count; i++)
		HOLDS(strcmp(a->directory.users[i].name,
			  b->directory.users[i].name) == 0);
	for (int i = 0; i < WEAKNESSES; i++)
		HOLDS(strcmp(a->warnings[i], b->warnings[i]) == 0);
}

static void
check_alike(const struct user *a, const struct user *b)
{
	HOLDS(a != NULL && strcmp(a->name, b->name) == 0);
	HOLDS(strcmp(a->password, b->password) == 0);
	HOLDS(strcmp(a->host, b->host) == 0 && a->port == b->port);
}

/* A look-up gives the same result as reading all. */
static void
check_look_up(const struct result *all, const char *json, size_t len)
{
	const struct directory *d = &all->directory;
	const struct user *user =
	    d->count == 0 ? NULL : &d->users[len % d->count];
	const char *name = user == NULL ? "alice" : user->name;
	struct result one = {0};

	one.error = read_file(json, len, name, &one);
	if (one.error == 0)
		HOLDS(one.directory.count == (user != NULL) || all->error != 0);
	if (one.error == 0 && user != NULL)
		check_alike(directory_find(&one.directory, name), user);
	if (one.error == 0 && all->error != 0)
		HOLDS(strstr(all->fault.reason, "is listed twice") != NULL);
	if (one.error != 0)
		HOLDS(all->error == one.error &&
		    all->fault.line <= one.fault.line);
	directory_free(&one.directory);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct result result, disguised;
	const char *json = (const char *)data;
	char *copy = malloc(size + 1);

	HOLDS(copy != NULL);
	memcpy(copy, data, size);
	disguise_all(copy, size);
	memset(&result, 0, sizeof(result));
	memset(&disguised, 0, sizeof(disguised));
	parsed(directory_parse(json, size, &result.directory, &result.fault),
	    &result);
	parsed(read_file(copy, size, NULL, &disguised), &disguised);
	HOLDS(result.error == 0 || result.error == CHAT_EDIRECTORY);
	if (result.error == 0)
		check_users(&result.directory, json, size);
	else
		check_fault(&result.fault, json, size);
	check_same(&result, &disguised);
	check_look_up(&result, json, size);
	directory_free(&result.directory);
	directory_free(&disguised.directory);
	free(copy);
	return 0;
}
