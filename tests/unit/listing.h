/* User directories in memory, for the tests of reading them. */
#ifndef TESTS_UNIT_LISTING_H
#define TESTS_UNIT_LISTING_H

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/error.h"
#include "common/users/directory.h"
#include "tests/unit/unit.h"

#define SECRET "hunter2-and-more" /* a fault must not quote it */
#define ALICE                                            \
	"{\"username\":\"alice\",\"password\":\"" SECRET \
	"\",\"port\":5000,\"ip\":\"192.0.2.7\"}"
#define BOB                                                      \
	"{\"username\":\"bob\",\"password\":\"battery staple\"," \
	"\"port\":\"5001\",\"ip\":\"2001:db8::7\"}"

static struct directory directory; /* for the current test */
static struct fault fault;

/* Calls directory_parse() on memory that ends where the JSON ends. */
static inline int
listing_parse(const char *json, size_t len)
{
	char *exact = calloc(1, len + (len == 0));
	int error;

	memcpy(exact, json, len);
	memset(&fault, 0, sizeof(fault));
	error = directory_parse(exact, len, &directory, &fault);
	free(exact);
	return error;
}

/*
 * Returns a file with these bytes and this mode, to be read from offset `skip`.
 */
static inline int
listing_file(const char *bytes, size_t len, mode_t mode, off_t skip)
{
	int fd = memfd_create("users", MFD_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, bytes, len), (ssize_t)len);
	ck_assert_int_eq(fchmod(fd, mode), 0);
	ck_assert_int_eq(lseek(fd, skip, SEEK_SET), skip);
	return fd;
}

/* Checks a refusal: it has a reason in words, which quotes no password. */
static inline void
listing_check_fault(const char *json)
{
	static const struct directory empty;

	const char *c = fault.reason;

	while (*c >= ' ' && *c < 0x7f)
		c++;
	ck_assert_msg(c > fault.reason && *c == '\0',
	    "no reason, or byte 0x%02x in it, for %s", (unsigned char)*c, json);
	ck_assert_uint_lt(strlen(fault.reason), sizeof(fault.reason) - 1);
	ck_assert_uint_ge(fault.line, 1);
	ck_assert_msg(strstr(fault.reason, SECRET) == NULL &&
		strstr(fault.reason, "battery") == NULL,
	    "a password is quoted: %s", fault.reason);
	ck_assert_mem_eq(&directory, &empty, sizeof(empty));
}

/*
 * Expects the JSON to be refused at this line, for a reason with these words.
 */
static inline void
listing_refuse_at(const char *json, unsigned long line, const char *words)
{
	int error = listing_parse(json, strlen(json));

	ck_assert_msg(error == CHAT_EDIRECTORY, "%d, taken: %s", error, json);
	listing_check_fault(json);
	ck_assert_msg(fault.line == line, "line %lu and not %lu for %s",
	    fault.line, line, json);
	ck_assert_msg(strstr(fault.reason, words) != NULL,
	    "\"%s\", without \"%s\", for %s", fault.reason, words, json);
}

static inline void
listing_refuse(const char *json, const char *words)
{
	listing_refuse_at(json, 1, words);
}

/* Expects the JSON to be accepted, with `count` users. */
static inline void
listing_accept(const char *json, size_t count)
{
	int error = listing_parse(json, strlen(json));

	ck_assert_msg(error == 0, "%d, \"%s\", line %lu, for %s", error,
	    fault.reason, fault.line, json);
	ck_assert_uint_eq(directory.count, count);
	directory_free(&directory);
}

/* Returns a list of one user, from the four values as JSON. */
static inline const char *
listing_of(
    const char *name, const char *password, const char *port, const char *ip)
{
	static char json[8192];
	int len = snprintf(json, sizeof(json),
	    "[{\"username\":%s,\"password\":%s,\"port\":%s,\"ip\":%s}]", name,
	    password, port, ip);

	ck_assert_int_lt(len, (int)sizeof(json));
	return json;
}

/* The same with one given value, and valid ones for the others. */
static inline const char *
listing_name(const char *name)
{
	return listing_of(name, "\"" SECRET "\"", "5000", "\"h\"");
}

static inline const char *
listing_password(const char *password)
{
	return listing_of("\"alice\"", password, "5000", "\"h\"");
}

static inline const char *
listing_port(const char *port)
{
	return listing_of("\"alice\"", "\"" SECRET "\"", port, "\"h\"");
}

static inline const char *
listing_ip(const char *ip)
{
	return listing_of("\"alice\"", "\"" SECRET "\"", "5000", ip);
}

/* Returns a JSON string of n equal bytes. The next call overwrites it. */
static inline const char *
listing_long(char c, size_t n)
{
	static char string[4096];

	ck_assert_uint_lt(n + 3, sizeof(string));
	string[0] = '"';
	memset(string + 1, c, n);
	string[n + 1] = '"';
	string[n + 2] = '\0';
	return string;
}

#endif
