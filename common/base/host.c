/* The one reader of addresses and host names. */
#include "common/base/host.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

#include "common/base/error.h"
#include "common/base/limits.h"

#define LIMIT_LABEL 63 /* RFC 1035 */

static const char bad_ip4[] =
    "an IPv4 address is four numbers from 0 to 255 without leading zeros, such as 192.0.2.7";
static const char bad_any[] =
    "it stands for all addresses of a host; write one by which others reach it";
static const char bad_ip6[] = "not an IPv6 address, such as 2001:db8::7";

static int
bad(const char **fault, const char *words)
{
	*fault = words;
	return CHAT_EMALFORMED;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Whether this is four numbers from 0 to 255, with a dot between two. */
static bool
is_ip4(const char *p, const char *end)
{
	int numbers = 0;

	for (;; p++) {
		const char *start = p;
		int value = 0;

		while (p < end && *p != '.' && p - start < 4)
			value = 10 * value + (*p++ - '0');
		if (p == start || value > 255 || p - start > 3 ||
		    (*start == '0' && p - start > 1))
			return false;
		numbers++;
		if (p == end)
			return numbers == 4;
		if (*p != '.')
			return false;
	}
}

/*
 * Whether this is an interface name, as it follows the % of a link-local
 * address.
 */
static bool
is_interface(const char *p, const char *end)
{
	if (p == end || end - p >= IFNAMSIZ)
		return false;
	while (p < end &&
	    (is_letter(*p) || is_digit(*p) || *p == '.' || *p == '_' ||
		*p == '-'))
		p++;
	return p == end;
}

/* Whether the text ends in a port, as in host:5000, and has no other colon. */
static bool
has_port(const char *p, const char *end)
{
	const char *colon = memchr(p, ':', (size_t)(end - p));

	if (end[-1] == ':' || colon == p)
		return false;
	for (p = colon + 1; p < end; p++)
		if (!is_digit(*p))
			return false;
	return true;
}

/* Reads an IPv6 address without an interface. */
static bool
parse_ip6(const char *text, size_t len, uint8_t address[16])
{
	char copy[INET6_ADDRSTRLEN];

	if (len >= sizeof(copy))
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	return inet_pton(AF_INET6, copy, address) == 1;
}

/* Returns whether it stands for all addresses of a host, of either family. */
static bool
is_any(const uint8_t address[16])
{
	static const uint8_t any6[16], any4[16] = {[10] = 0xff, [11] = 0xff};

	return memcmp(address, any6, 16) == 0 || memcmp(address, any4, 16) == 0;
}

static int
read_ip6(const char *text, size_t len, const char **fault)
{
	const char *end = text + len, *zone = memchr(text, '%', len);
	size_t plain = zone == NULL ? len : (size_t)(zone - text);
	struct in6_addr address;
	bool local;

	if (has_port(text, end))
		return bad(fault,
		    "the port does not belong here; give it on its own (-p, or \"port\" in a directory)");
	if (!parse_ip6(text, plain, address.s6_addr))
		return bad(fault, bad_ip6);
	if (is_any(address.s6_addr))
		return bad(fault, bad_any);
	local = IN6_IS_ADDR_LINKLOCAL(&address);
	if (local && zone == NULL)
		return bad(fault,
		    "a link-local address needs its interface, such as fe80::1%eth0");
	if (zone != NULL && (!local || !is_interface(zone + 1, end)))
		return bad(fault,
		    "only a link-local address takes % and an interface, such as fe80::1%eth0");
	return CHAT_OK;
}

/*
 * Whether inet_aton(3), and so getaddrinfo(3), takes this label for a number.
 */
static bool
is_number(const char *p, const char *end)
{
	bool hexadecimal = end - p >= 2 && *p == '0' && (p[1] | 32) == 'x';

	for (p += hexadecimal ? 2 : 0; p < end; p++)
		if (hexadecimal ? !isxdigit((unsigned char)*p) : !is_digit(*p))
			return false;
	return true;
}

static int
read_name(const char *text, size_t len, const char **fault)
{
	static const char words[] =
	    "not a host name: letters, digits, - and _ with single dots between, 63 at most from dot to dot";
	const char *end = text + len, *p = text, *label = text;

	if (end - p > 1 && end[-1] == '.')
		end--;
	for (;; p++) {
		if (p < end && *p != '.') {
			if (!is_letter(*p) && !is_digit(*p) && *p != '-' &&
			    *p != '_')
				return bad(fault, words);
			continue;
		}
		if (p == label || p - label > LIMIT_LABEL || *label == '-' ||
		    p[-1] == '-')
			return bad(fault, words);
		if (p == end)
			break;
		label = p + 1;
	}
	if (is_number(label, end))
		return bad(fault,
		    "a host name does not end in a number; an IPv4 address is four decimal ones");
	return CHAT_OK;
}

static enum host_kind
kind_of(const char *text, size_t len)
{
	bool numeric = true;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == ':')
			return HOST_IP6;
		numeric = numeric && (is_digit(text[i]) || text[i] == '.');
	}
	return numeric ? HOST_IP4 : HOST_NAME;
}

/* Finds the kind of an address by its characters, unless it can be none. */
static int
begin(const char *text, size_t len, enum host_kind *kind, const char **fault)
{
	if (len == 0)
		return bad(fault, "it is empty");
	if (len > LIMIT_HOST)
		return bad(fault, "it is longer than 255 bytes");
	if (*text == '[')
		return bad(fault,
		    "an IPv6 address has no brackets here, and a port is given on its own");
	*kind = kind_of(text, len);
	return CHAT_OK;
}

int
host_read(
    const char *text, size_t len, enum host_kind *kind, const char **fault)
{
	if (begin(text, len, kind, fault) != 0)
		return CHAT_EMALFORMED;
	if (*kind == HOST_IP6)
		return read_ip6(text, len, fault);
	if (*kind == HOST_NAME)
		return read_name(text, len, fault);
	if (!is_ip4(text, text + len))
		return bad(fault, bad_ip4);
	return len == 7 && memcmp(text, "0.0.0.0", 7) == 0 ? bad(fault, bad_any)
							   : CHAT_OK;
}

int
host_read_address(const char *text, size_t len, uint8_t address[16],
    enum host_kind *kind, const char **fault)
{
	static const char mapped[] = "::ffff:";
	char copy[INET6_ADDRSTRLEN];

	if (begin(text, len, kind, fault) != 0)
		return CHAT_EMALFORMED;
	if (*kind == HOST_NAME)
		return bad(fault, "not an address in numbers");
	if (*kind == HOST_IP6)
		return parse_ip6(text, len, address) ? CHAT_OK
						     : bad(fault, bad_ip6);
	if (!is_ip4(text, text + len))
		return bad(fault, bad_ip4);
	memcpy(copy, mapped, sizeof(mapped) - 1);
	memcpy(copy + sizeof(mapped) - 1, text, len);
	return parse_ip6(copy, sizeof(mapped) - 1 + len, address)
	    ? CHAT_OK
	    : bad(fault, bad_ip4);
}

bool
host_is_localhost(const char *name)
{
	return strcmp(name, "localhost") == 0;
}
