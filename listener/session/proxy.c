/* The PROXY protocol. */
#include "listener/session/proxy.h"

#include <arpa/inet.h>
#include <string.h>

#include "common/base/error.h"
#include "common/base/stream.h"

#define SIZE_SIGNATURE 12
static const uint8_t signature[SIZE_SIGNATURE] = {
    '\r', '\n', '\r', '\n', 0, '\r', '\n', 'Q', 'U', 'I', 'T', '\n'};

/* The bytes after the signature: version and command, family, length (2). */
#define SIZE_HEAD 4
#define COMMAND_LOCAL 0x20
#define COMMAND_PROXY 0x21
#define FAMILY_UNSPEC 0x00
#define FAMILY_TCP4 0x11
#define FAMILY_TCP6 0x21
#define SIZE_TCP4 12 /* two addresses and two ports */
#define SIZE_TCP6 36

/* Whether this is "0" to "65535", without leading zeros. */
static bool
is_port(const char *word)
{
	unsigned port = 0;

	if (*word == '\0' || (word[0] == '0' && word[1] != '\0'))
		return false;
	for (; *word != '\0'; word++) {
		if (*word < '0' || *word > '9')
			return false;
		port = 10 * port + (unsigned)(*word - '0');
		if (port > 65535)
			return false;
	}
	return true;
}

static bool
take_address(int family, const char *word, struct source *source)
{
	struct sockaddr_storage address = {.ss_family = (sa_family_t)family};
	void *bytes = family == AF_INET
	    ? (void *)&((struct sockaddr_in *)&address)->sin_addr
	    : (void *)&((struct sockaddr_in6 *)&address)->sin6_addr;

	if (inet_pton(family, word, bytes) != 1)
		return false;
	source_of(&address, source);
	return true;
}

/* Parses "TCP4 192.0.2.7 192.0.2.1 56324 443", or UNKNOWN and anything. */
static int
parse_1(char *line, struct source *source, bool *named)
{
	struct source ours;
	char *words[6];
	int family;

	*named = false;
	if (strcmp(line, "UNKNOWN") == 0 || strncmp(line, "UNKNOWN ", 8) == 0)
		return CHAT_OK;
	for (size_t i = 0; i < 6; i++)
		words[i] = strsep(&line, " ");
	if (words[4] == NULL || words[5] != NULL)
		return CHAT_EMALFORMED;
	family = strcmp(words[0], "TCP4") == 0 ? AF_INET
	    : strcmp(words[0], "TCP6") == 0    ? AF_INET6
					       : AF_UNSPEC;
	if (family == AF_UNSPEC || !take_address(family, words[1], source) ||
	    !take_address(family, words[2], &ours) || !is_port(words[3]) ||
	    !is_port(words[4]))
		return CHAT_EMALFORMED;
	*named = true;
	return CHAT_OK;
}

/* Parses the len bytes after the signature. Skips extensions. */
static int
parse_2(const uint8_t *bytes, size_t len, struct source *source, bool *named)
{
	const uint8_t *block = bytes + SIZE_HEAD;
	uint8_t mapped[16] = {[10] = 0xff, [11] = 0xff};

	len -= SIZE_HEAD;
	*named = false;
	if (bytes[0] == COMMAND_LOCAL ||
	    (bytes[0] == COMMAND_PROXY && bytes[1] == FAMILY_UNSPEC))
		return CHAT_OK;
	if (bytes[0] != COMMAND_PROXY)
		return CHAT_EMALFORMED;
	if (bytes[1] == FAMILY_TCP4 && len >= SIZE_TCP4) {
		memcpy(mapped + 12, block, 4);
		source_from(mapped, source);
	} else if (bytes[1] == FAMILY_TCP6 && len >= SIZE_TCP6) {
		source_from(block, source);
	} else {
		return CHAT_EMALFORMED;
	}
	*named = true;
	return CHAT_OK;
}

/*
 * Reads byte by byte: chat1 follows right after the CR LF that ends version 1.
 */
static int
read_1(int fd, int64_t deadline, const uint8_t start[SIZE_SIGNATURE],
    struct source *source, bool *named)
{
	char line[LIMIT_PROXY_1];
	size_t len = SIZE_SIGNATURE;
	int error;

	memcpy(line, start, len);
	if (memchr(line, '\n', len) != NULL)
		return CHAT_EMALFORMED; /* a header is longer than that */
	while (line[len - 1] != '\n') {
		if (len == sizeof(line))
			return CHAT_EMALFORMED;
		if ((error = stream_take(fd, line + len, 1, deadline)) != 0)
			return error;
		len++;
	}
	if (line[len - 2] != '\r' || memchr(line, '\0', len) != NULL)
		return CHAT_EMALFORMED;
	line[len - 2] = '\0';
	return parse_1(line + strlen("PROXY "), source, named);
}

static int
read_2(int fd, int64_t deadline, struct source *source, bool *named)
{
	uint8_t bytes[LIMIT_PROXY_2 - SIZE_SIGNATURE];
	size_t len;
	int error;

	if ((error = stream_take(fd, bytes, SIZE_HEAD, deadline)) != 0)
		return error;
	len = (size_t)bytes[2] << 8 | bytes[3];
	if (len > sizeof(bytes) - SIZE_HEAD)
		return CHAT_EMALFORMED;
	if ((error = stream_take(fd, bytes + SIZE_HEAD, len, deadline)) != 0)
		return error;
	return parse_2(bytes, SIZE_HEAD + len, source, named);
}

int
proxy_read(int fd, int64_t deadline, struct source *source, bool *named)
{
	uint8_t start[SIZE_SIGNATURE];
	int error = stream_take(fd, start, sizeof(start), deadline);

	if (error != 0)
		return error;
	if (memcmp(start, signature, sizeof(signature)) == 0)
		return read_2(fd, deadline, source, named);
	if (memcmp(start, "PROXY ", 6) == 0)
		return read_1(fd, deadline, start, source, named);
	return CHAT_EMALFORMED;
}
