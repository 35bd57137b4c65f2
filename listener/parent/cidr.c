/* Networks in CIDR notation. */
#include "listener/parent/cidr.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/error.h"
#include "common/base/host.h"

#define MAPPED_BITS 96 /* before the IPv4 address in an IPv4-mapped one */

static bool
is_mapped(const uint8_t bytes[16])
{
	static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};

	return memcmp(bytes, prefix, sizeof(prefix)) == 0;
}

/* Reads a number from 0 to `most` without leading zeros. Returns it, or -1. */
static int
read_number(const char *text, int most)
{
	size_t len = strspn(text, "0123456789");
	const char *error;
	int number;

	if (text[len] != '\0' || len == 0 || (*text == '0' && len > 1))
		return -1;
	number = (int)strtonum(text, 0, most, &error);
	return error == NULL ? number : -1;
}

static int
bad(const char **fault, const char *words)
{
	*fault = words;
	return CHAT_EMALFORMED;
}

int
cidr_parse(const char *text, struct cidr *cidr, const char **fault)
{
	size_t len = strcspn(text, "/");
	enum host_kind kind;
	int before, bits;

	if (host_read_address(text, len, cidr->bytes, &kind, fault) != 0)
		return CHAT_EMALFORMED;
	before = kind == HOST_IP4 ? MAPPED_BITS : 0;
	bits = text[len] == '\0' ? 128 - before
				 : read_number(text + len + 1, 128 - before);
	if (bits == -1)
		return bad(fault,
		    kind == HOST_IP4
			? "the number after the / must be from 0 to 32, without leading zeros, as in 192.0.2.0/24"
			: "the number after the / must be from 0 to 128, without leading zeros, as in 2001:db8::/32");
	if (before + bits < MAPPED_BITS && is_mapped(cidr->bytes))
		return bad(fault,
		    "a network of IPv4 is written without ::ffff:, as in 192.0.2.0/24");
	cidr->bits = (unsigned)(before + bits);
	return CHAT_OK;
}

bool
cidr_contains(const struct cidr *cidr, const struct source *source)
{
	size_t whole = cidr->bits / 8;
	unsigned rest = cidr->bits % 8;
	uint8_t mask = (uint8_t)(0xff00 >> rest);

	if (cidr->bits < MAPPED_BITS && is_mapped(source->bytes))
		return false;
	if (memcmp(cidr->bytes, source->bytes, whole) != 0)
		return false;
	return rest == 0 ||
	    ((cidr->bytes[whole] ^ source->bytes[whole]) & mask) == 0;
}

bool
networks_contain(const struct networks *networks, const struct source *source)
{
	for (unsigned i = 0; i < networks->count; i++)
		if (cidr_contains(&networks->list[i], source))
			return true;
	return false;
}
