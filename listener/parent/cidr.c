/* Networks in CIDR notation. */
#include "listener/parent/cidr.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/error.h"

#define MAPPED_BITS 96 /* of an IPv4-mapped address before IPv4's own */

int
cidr_parse(const char *text, struct cidr *cidr)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	char address[INET6_ADDRSTRLEN];
	size_t len = strcspn(text, "/");
	unsigned before = 0;
	const char *error = NULL;

	if (len >= sizeof(address))
		return CHAT_EMALFORMED;
	memcpy(address, text, len);
	address[len] = '\0';
	if (inet_pton(AF_INET, address, cidr->bytes + 12) == 1) {
		memcpy(cidr->bytes, mapped, sizeof(mapped));
		before = MAPPED_BITS;
	} else if (inet_pton(AF_INET6, address, cidr->bytes) != 1) {
		return CHAT_EMALFORMED;
	}
	cidr->bits = 128;
	if (text[len] == '\0')
		return CHAT_OK;
	if (text[len + 1] < '0' || text[len + 1] > '9')
		return CHAT_EMALFORMED; /* strtonum takes blanks and signs */
	cidr->bits = before +
	    (unsigned)strtonum(text + len + 1, 0, 128 - before, &error);
	return error == NULL ? CHAT_OK : CHAT_EMALFORMED;
}

bool
cidr_contains(const struct cidr *cidr, const struct source *source)
{
	size_t whole = cidr->bits / 8;
	unsigned rest = cidr->bits % 8;
	uint8_t mask = (uint8_t)(0xff00 >> rest);

	if (memcmp(cidr->bytes, source->bytes, whole) != 0)
		return false;
	return rest == 0 ||
	    ((cidr->bytes[whole] ^ source->bytes[whole]) & mask) == 0;
}

bool
cidr_contain(const struct networks *networks, const struct source *source)
{
	for (unsigned i = 0; i < networks->count; i++)
		if (cidr_contains(&networks->list[i], source))
			return true;
	return false;
}
