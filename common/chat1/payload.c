/* The payloads of chat1's frames. */
#include "common/chat1/payload.h"

#include <string.h>

#include "common/base/error.h"
#include "common/base/name.h"

/* Each reason and its error. The first match counts, in both directions. */
static const struct {
	enum nack_reason reason;
	int error;
} reasons[] = {
    {NACK_MALFORMED, CHAT_EMALFORMED}, {NACK_VERSION, CHAT_EVERSION},
    {NACK_CLOCK, CHAT_ECLOCK}, {NACK_NOT_AUTHENTIC, CHAT_EAUTH},
    {NACK_BUSY, CHAT_EBUSY}, {NACK_NOT_DELIVERED, CHAT_EUNDELIVERED},
    {NACK_TAKEN, CHAT_ETAKEN}, {NACK_WAIT, CHAT_EWAIT},
    {NACK_BUSY, CHAT_EINTERNAL}, /* our fault; the sender should retry */
};
#define REASONS (sizeof(reasons) / sizeof(reasons[0]))

static uint8_t *
pack(uint8_t *p, const void *data, size_t len)
{
	memcpy(p, data, len);
	return p + len;
}

size_t
payload_hello_pack(const struct hello *hello, uint8_t *payload)
{
	uint8_t from_len = (uint8_t)strlen(hello->from);
	uint8_t to_len = (uint8_t)strlen(hello->to);
	uint8_t *p = payload;

	*p++ = CHAT1_VERSION;
	p = pack(p, hello->id, SIZE_ID);
	*p++ = from_len;
	p = pack(p, hello->from, from_len);
	*p++ = to_len;
	p = pack(p, hello->to, to_len);
	p = pack(p, hello->share, SIZE_POINT);
	return (size_t)(p - payload);
}

/* Takes a length byte and a name off the front of *left bytes. */
static int
unpack_name(const uint8_t **p, size_t *left, char *name)
{
	size_t len;

	if (*left < 1)
		return CHAT_EMALFORMED;
	len = **p;
	if (len > *left - 1 || !name_valid((const char *)*p + 1, len))
		return CHAT_EMALFORMED;
	memcpy(name, *p + 1, len);
	name[len] = '\0';
	*p += 1 + len;
	*left -= 1 + len;
	return CHAT_OK;
}

int
payload_hello_unpack(const uint8_t *payload, size_t len, char *from, char *to,
    struct hello *hello)
{
	const uint8_t *p = payload;

	if (len < 1)
		return CHAT_EMALFORMED;
	if (p[0] != CHAT1_VERSION)
		return CHAT_EVERSION;
	if (len < 1 + SIZE_ID)
		return CHAT_EMALFORMED;
	hello->id = p + 1;
	p += 1 + SIZE_ID;
	len -= 1 + SIZE_ID;
	if (unpack_name(&p, &len, from) != 0 ||
	    unpack_name(&p, &len, to) != 0 || len != SIZE_POINT)
		return CHAT_EMALFORMED;
	hello->from = from;
	hello->to = to;
	hello->share = p;
	return CHAT_OK;
}

int
payload_nack_error(const struct frame *frame)
{
	for (size_t i = 0; frame->payload_len == 1 && i < REASONS; i++)
		if (frame->payload[0] == reasons[i].reason)
			return reasons[i].error;
	return CHAT_EMALFORMED;
}

enum nack_reason
payload_nack_reason(int error)
{
	for (size_t i = 0; i < REASONS; i++)
		if (error == reasons[i].error)
			return reasons[i].reason;
	return NACK_MALFORMED;
}
