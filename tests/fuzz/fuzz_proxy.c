/*
 * The header of a balancer and what follows it. The result of proxy_read() is
 * compared with an independent reader.
 */
#include "listener/session/proxy.h"

#include <arpa/inet.h>
#include <regex.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/error.h"
#include "tests/fuzz/fuzz.h"

#define SIZE_SIGNATURE 12
#define SIZE_FIXED 16 /* of version 2 */
#define WORDS 5       /* of version 1 */

/* The expected result of an input. */
struct reading {
	bool good, named;
	size_t len; /* of the header, if it is valid */
	char text[INET6_ADDRSTRLEN];
};

static bool
is_number(const char *word)
{
	char *end;
	unsigned long port = strtoul(word, &end, 10);
	char again[8];

	(void)snprintf(again, sizeof(again), "%lu", port);
	return port <= 65535 && strcmp(again, word) == 0;
}

/* A mapped address is an IPv4 address. */
static void
spell(const struct in6_addr *address, char text[INET6_ADDRSTRLEN])
{
	if (IN6_IS_ADDR_V4MAPPED(address))
		(void)inet_ntop(
		    AF_INET, address->s6_addr + 12, text, INET6_ADDRSTRLEN);
	else
		(void)inet_ntop(AF_INET6, address, text, INET6_ADDRSTRLEN);
}

/* Splits a line of version 1 into words. Returns whether it has all of them. */
static bool
split(char *line, const char *words[WORDS])
{
	static const char form[] =
	    "^PROXY (TCP4|TCP6) ([^ ]+) ([^ ]+) ([^ ]+) ([^ ]+)$";
	static regex_t regex;
	static bool compiled;
	regmatch_t found[WORDS + 1];

	if (!compiled)
		HOLDS(regcomp(&regex, form, REG_EXTENDED) == 0);
	compiled = true;
	if (regexec(&regex, line, WORDS + 1, found, 0) != 0)
		return false;
	for (size_t i = 0; i < WORDS; i++) {
		words[i] = line + found[i + 1].rm_so;
		line[found[i + 1].rm_eo] = '\0';
	}
	return true;
}

static struct reading
read_version_1(const char *data, size_t size)
{
	const char *lf = memchr(data, '\n', size), *words[WORDS];
	struct reading reading = {0};
	struct in6_addr address, ours;
	char line[LIMIT_PROXY_1 + 1];
	int family;

	reading.len = lf == NULL ? 0 : (size_t)(lf - data) + 1;
	if (reading.len < 15 || reading.len > LIMIT_PROXY_1 || lf[-1] != '\r' ||
	    memchr(data, '\0', reading.len) != NULL)
		return reading;
	(void)snprintf(line, sizeof(line), "%.*s", (int)reading.len - 2, data);
	reading.good = strcmp(line, "PROXY UNKNOWN") == 0 ||
	    strncmp(line, "PROXY UNKNOWN ", 14) == 0;
	if (reading.good || !split(line, words))
		return reading;
	family = words[0][3] == '6' ? AF_INET6 : AF_INET;
	reading.good = inet_pton(family, words[1], &address) == 1 &&
	    inet_pton(family, words[2], &ours) == 1 && is_number(words[3]) &&
	    is_number(words[4]);
	reading.named = reading.good;
	if (reading.good && family == AF_INET6)
		spell(&address, reading.text);
	else if (reading.good)
		(void)inet_ntop(
		    AF_INET, &address, reading.text, sizeof(reading.text));
	return reading;
}

static struct reading
read_version_2(const uint8_t *data, size_t size)
{
	struct reading reading = {0};
	struct in6_addr address;
	size_t len;

	if (size < SIZE_FIXED)
		return reading;
	len = (size_t)data[14] * 256 + data[15];
	reading.len = SIZE_FIXED + len;
	if (reading.len > LIMIT_PROXY_2 || reading.len > size)
		return reading;
	reading.good = data[12] == 0x20 || (data[12] == 0x21 && data[13] == 0);
	if (reading.good || data[12] != 0x21)
		return reading;
	if (data[13] == 0x11 && len >= 12) {
		(void)inet_ntop(AF_INET, data + SIZE_FIXED, reading.text,
		    sizeof(reading.text));
		reading.good = reading.named = true;
	} else if (data[13] == 0x21 && len >= 36) {
		memcpy(&address, data + SIZE_FIXED, sizeof(address));
		spell(&address, reading.text);
		reading.good = reading.named = true;
	}
	return reading;
}

static struct reading
read_again(const uint8_t *data, size_t size)
{
	static const char signature[] = "\r\n\r\n\0\r\nQUIT\n";

	if (size >= SIZE_SIGNATURE &&
	    memcmp(data, signature, SIZE_SIGNATURE) == 0)
		return read_version_2(data, size);
	if (size >= SIZE_SIGNATURE && memcmp(data, "PROXY ", 6) == 0)
		return read_version_1((const char *)data, size);
	return (struct reading){0};
}

/* The header is consumed, and all that follows it is still there. */
static void
check_rest(int fd, const uint8_t *rest, size_t len)
{
	uint8_t *bytes = malloc(len + 1);
	size_t got = 0;
	ssize_t n;

	HOLDS(bytes != NULL);
	while ((n = read(fd, bytes + got, len + 1 - got)) > 0)
		got += (size_t)n;
	HOLDS(got == len && memcmp(bytes, rest, len) == 0);
	free(bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reading wanted = read_again(data, size);
	struct source source = {.text = ""};
	bool named = false;
	int ends[2], error;

	HOLDS(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
	HOLDS(write(ends[1], data, size) == (ssize_t)size);
	HOLDS(shutdown(ends[1], SHUT_WR) == 0);
	error = proxy_read(ends[0], clock_now_ms() + 60000, &source, &named);
	HOLDS((error == CHAT_OK) == wanted.good);
	if (error == CHAT_OK) {
		HOLDS(named == wanted.named);
		HOLDS(!named || strcmp(source.text, wanted.text) == 0);
		check_rest(ends[0], data + wanted.len, size - wanted.len);
	} else {
		HOLDS(error == CHAT_EMALFORMED || error == CHAT_ECLOSED);
	}
	(void)close(ends[0]);
	(void)close(ends[1]);
	return 0;
}
