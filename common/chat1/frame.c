/*
 * Frames: one template, which is written and matched byte by byte. There is no
 * JSON parser: a line that does not match the template is malformed.
 */
#include "common/chat1/frame.h"

#include <stdio.h>
#include <string.h>

#include "common/base/base64.h"
#include "common/base/crc32.h"
#include "common/base/error.h"
#include "common/base/hex.h"
#include "common/base/rest.h"
#include "common/base/timestamp.h"

/* The fixed bytes before each field, and after the last. */
#define TO_TYPE "{\"header\":{\"msg_type\":\""
#define TO_CRC "\",\"crc\":"
#define TO_TIME ",\"timestamp\":\""
#define TO_PAYLOAD "\"},\"message\":\""
#define TO_MAC \
	"\",\"security\":{\"hmac\":{\"hmac_type\":\"SHA256\",\"hmac_val\":\""
#define TO_END "\"},\"enc_type\":\"AES256CBC\"}}\n"
#define LEN(fixed) (sizeof(fixed) - 1)

#define CRC_DIGITS 10 /* of 4294967295 */
#define MAC_DIGITS (2 * (size_t)SIZE_HASH)
#define HEAD_MAX                                                           \
	(LEN(TO_TYPE "challenge" TO_CRC TO_TIME TO_PAYLOAD) + CRC_DIGITS + \
	    SIZE_INSTANT)

_Static_assert(LIMIT_TEXT_FRAME ==
	LEN(TO_TYPE "lines" TO_CRC TO_TIME TO_PAYLOAD TO_MAC TO_END) +
	    CRC_DIGITS + SIZE_INSTANT + MAC_DIGITS +
	    SIZE_BASE64(LIMIT_CIPHERTEXT),
    "the longest line is its template with all slots full");
_Static_assert(HEAD_MAX + SIZE_BASE64(LIMIT_CIPHERTEXT) <= LIMIT_TEXT_FRAME &&
	HEAD_MAX + SIZE_BASE64(LIMIT_FRAME) + MAC_DIGITS + LEN(TO_MAC TO_END) <=
	    LIMIT_TEXT_FRAME,
    "what frame_encode() writes has room in a line");

static const char *const type_names[] = {
    [FRAME_HELLO] = "hello",
    [FRAME_CHALLENGE] = "challenge",
    [FRAME_RESPONSE] = "response",
    [FRAME_CONFIRM] = "confirm",
    [FRAME_TEXT] = "text",
    [FRAME_ACK] = "ack",
    [FRAME_NACK] = "nack",
    [FRAME_LINES] = "lines",
};
#define TYPES (sizeof(type_names) / sizeof(type_names[0]))

/*
 * Writes the line up to the end of the payload. The checksum comes before the
 * payload, and its length varies. So the payload is first encoded behind the
 * longest possible head, then moved to its place.
 */
static int
put_payload(struct line *line, const struct frame *frame)
{
	char head[HEAD_MAX + 1], time[SIZE_INSTANT + 1];
	char *base64 = line->bytes + HEAD_MAX;
	size_t len;
	int head_len;

	if (timestamp_format(frame->time, time) != 0)
		return CHAT_EMALFORMED;
	len = base64_encode(frame->payload, frame->payload_len, base64);
	head_len = snprintf(head, sizeof(head),
	    TO_TYPE "%s" TO_CRC "%u" TO_TIME "%s" TO_PAYLOAD,
	    type_names[frame->type], crc32_add(0, base64, len), time);
	memcpy(line->bytes, head, (size_t)head_len);
	memmove(line->bytes + head_len, base64, len);
	line->len = (size_t)head_len + len;
	return CHAT_OK;
}

static void
put(struct line *line, const char *bytes, size_t len)
{
	memcpy(line->bytes + line->len, bytes, len);
	line->len += len;
}

int
frame_encode(const struct frame *frame, struct line *line)
{
	char mac[MAC_DIGITS + 1];
	int error;

	if (frame->payload_len >
	    (frame_is_text(frame->type) ? LIMIT_CIPHERTEXT : LIMIT_FRAME))
		return CHAT_ETOOLONG;
	if ((error = put_payload(line, frame)) != 0)
		return error;
	put(line, TO_MAC, LEN(TO_MAC));
	hex_encode(frame->mac, SIZE_HASH, mac);
	put(line, mac, frame->has_mac ? MAC_DIGITS : 0);
	put(line, TO_END, LEN(TO_END));
	return line->len > frame_limit(frame->type) ? CHAT_ETOOLONG : CHAT_OK;
}

/* No type name is a prefix of another. */
static bool
take_type(struct rest *rest, enum frame_type *type)
{
	for (size_t i = 0; i < TYPES; i++)
		if (rest_match(rest, type_names[i], strlen(type_names[i]))) {
			*type = (enum frame_type)i;
			return true;
		}
	return false;
}

/* Takes a decimal number without leading zeros. */
static bool
take_crc(struct rest *rest, uint32_t *crc)
{
	uint64_t number = 0;
	size_t len = 0;

	for (; len < rest->len && len < CRC_DIGITS && rest->at[len] >= '0' &&
	    rest->at[len] <= '9';
	    len++)
		number = 10 * number + (uint64_t)(rest->at[len] - '0');
	if (len == 0 || (len > 1 && rest->at[0] == '0') || number > UINT32_MAX)
		return false;
	*crc = (uint32_t)number;
	rest_pass(rest, len);
	return true;
}

static bool
take_time(struct rest *rest, int64_t *time)
{
	if (rest->len < SIZE_INSTANT || timestamp_parse(rest->at, time) != 0)
		return false;
	rest_pass(rest, SIZE_INSTANT);
	return true;
}

/* Takes the base64 up to the next quote; its checksum must be crc. */
static bool
take_payload(struct rest *rest, uint32_t crc, struct frame *frame,
    uint8_t *payload, size_t size)
{
	const char *quote = memchr(rest->at, '"', rest->len);
	size_t len = quote != NULL ? (size_t)(quote - rest->at) : 0;

	if (quote == NULL || crc32_add(0, rest->at, len) != crc ||
	    base64_decode(rest->at, len, payload, size, &frame->payload_len) !=
		0 ||
	    frame->payload_len > LIMIT_CIPHERTEXT)
		return false;
	frame->payload = payload;
	rest_pass(rest, len);
	return true;
}

/* Takes all digits of a MAC, or none. */
static bool
take_mac(struct rest *rest, struct frame *frame)
{
	frame->has_mac = rest->len > 0 && rest->at[0] != '"';
	if (!frame->has_mac)
		return true;
	if (rest->len < MAC_DIGITS ||
	    hex_decode(rest->at, frame->mac, SIZE_HASH) != 0)
		return false;
	rest_pass(rest, MAC_DIGITS);
	return true;
}

int
frame_decode(
    const struct line *line, struct frame *frame, uint8_t *payload, size_t size)
{
	struct rest rest = {line->bytes, line->len};
	uint32_t crc;

	memset(frame, 0, sizeof(*frame));
	if (!REST_MATCH(&rest, TO_TYPE) || !take_type(&rest, &frame->type) ||
	    line->len > frame_limit(frame->type) ||
	    !REST_MATCH(&rest, TO_CRC) || !take_crc(&rest, &crc) ||
	    !REST_MATCH(&rest, TO_TIME) || !take_time(&rest, &frame->time) ||
	    !REST_MATCH(&rest, TO_PAYLOAD) ||
	    !take_payload(&rest, crc, frame, payload, size) ||
	    !REST_MATCH(&rest, TO_MAC) || !take_mac(&rest, frame) ||
	    !REST_MATCH(&rest, TO_END) || rest.len != 0)
		return CHAT_EMALFORMED;
	return CHAT_OK;
}

void
frame_without_mac(const struct line *line, bool has_mac, struct span spans[2])
{
	size_t tail = line->len - LEN(TO_END);

	spans[0].data = line->bytes;
	spans[0].len = tail - (has_mac ? 2 * SIZE_HASH : 0);
	spans[1].data = line->bytes + tail;
	spans[1].len = LEN(TO_END);
}

bool
frame_is_text(enum frame_type type)
{
	return type == FRAME_TEXT || type == FRAME_LINES;
}

int
frame_set_mac(struct line *line, const uint8_t mac[SIZE_HASH])
{
	char hex[MAC_DIGITS + 1];

	if (line->len + MAC_DIGITS > LIMIT_TEXT_FRAME)
		return CHAT_ETOOLONG;
	hex_encode(mac, SIZE_HASH, hex);
	line->len -= LEN(TO_END);
	put(line, hex, MAC_DIGITS);
	put(line, TO_END, LEN(TO_END));
	return CHAT_OK;
}

size_t
frame_limit(enum frame_type type)
{
	return frame_is_text(type) ? LIMIT_TEXT_FRAME : LIMIT_FRAME;
}
