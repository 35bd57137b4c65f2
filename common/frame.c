/* Frames: the canonical spelling, and the reading that allows no other. */
#include "common/frame.h"

#include <cJSON.h>
#include <stdio.h>
#include <string.h>

#include "common/base64.h"
#include "common/crc32.h"
#include "common/error.h"
#include "common/hex.h"
#include "common/instant.h"

#define SUFFIX "\"},\"enc_type\":\"AES256CBC\"}}\n"
#define SUFFIX_LEN (sizeof(SUFFIX) - 1)

static const char *const type_names[] = {
    [FRAME_HELLO] = "hello",
    [FRAME_CHALLENGE] = "challenge",
    [FRAME_RESPONSE] = "response",
    [FRAME_CONFIRM] = "confirm",
    [FRAME_TEXT] = "text",
    [FRAME_ACK] = "ack",
    [FRAME_NACK] = "nack",
};
#define TYPES (sizeof(type_names) / sizeof(type_names[0]))

static int
append(struct line *line, const char *bytes, size_t len)
{
	if (len > LIMIT_TEXT_FRAME - line->len)
		return CHAT_ETOOLONG;
	memcpy(line->bytes + line->len, bytes, len);
	line->len += len;
	return CHAT_OK;
}

static int
append_head(struct line *line, const struct frame *frame, uint32_t crc)
{
	char time[SIZE_INSTANT + 1];
	int len;

	if (instant_format(frame->time, time) != 0)
		return CHAT_EMALFORMED;
	len = snprintf(line->bytes, LIMIT_TEXT_FRAME,
	    "{\"header\":{\"msg_type\":\"%s\",\"crc\":%u,\"timestamp\":\"%s\"},"
	    "\"message\":\"",
	    type_names[frame->type], crc, time);
	line->len = (size_t)len;
	return CHAT_OK;
}

int
frame_encode(const struct frame *frame, struct line *line)
{
	static const char middle[] =
	    "\",\"security\":{\"hmac\":"
	    "{\"hmac_type\":\"SHA256\",\"hmac_val\":\"";
	static const uint8_t none[1];
	char base64[SIZE_BASE64(LIMIT_CIPHERTEXT) + 1];
	char mac[2 * SIZE_HASH + 1];
	size_t len;
	int error;

	if (frame->payload_len > LIMIT_CIPHERTEXT)
		return CHAT_ETOOLONG;
	len = base64_encode(frame->payload_len == 0 ? none : frame->payload,
	    frame->payload_len, base64);
	hex_encode(frame->mac, SIZE_HASH, mac);
	if ((error = append_head(line, frame, crc32_of(base64, len))) != 0 ||
	    (error = append(line, base64, len)) != 0 ||
	    (error = append(line, middle, sizeof(middle) - 1)) != 0 ||
	    (error = append(line, mac, frame->sealed ? 2 * SIZE_HASH : 0)) !=
		0 ||
	    (error = append(line, SUFFIX, SUFFIX_LEN)) != 0)
		return error;
	return line->len > frame_limit(frame->type) ? CHAT_ETOOLONG : CHAT_OK;
}

/* The string at object.name, or NULL. */
static const char *
string_at(const cJSON *object, const char *name)
{
	return cJSON_GetStringValue(
	    cJSON_GetObjectItemCaseSensitive(object, name));
}

static int
take_type(const cJSON *header, struct frame *frame)
{
	const char *name = string_at(header, "msg_type");

	for (size_t i = 0; name != NULL && i < TYPES; i++)
		if (strcmp(name, type_names[i]) == 0) {
			frame->type = (enum frame_type)i;
			return CHAT_OK;
		}
	return CHAT_EMALFORMED;
}

static int
take_time(const cJSON *header, struct frame *frame)
{
	const char *time = string_at(header, "timestamp");

	if (time == NULL || strlen(time) != SIZE_INSTANT)
		return CHAT_EMALFORMED;
	return instant_parse(time, &frame->time);
}

static int
take_payload(
    const cJSON *root, struct frame *frame, uint8_t *payload, size_t size)
{
	const char *message = string_at(root, "message");

	if (message == NULL)
		return CHAT_EMALFORMED;
	frame->payload = payload;
	return base64_decode(
	    message, strlen(message), payload, size, &frame->payload_len);
}

static int
take_mac(const cJSON *security, struct frame *frame)
{
	const cJSON *hmac = cJSON_GetObjectItemCaseSensitive(security, "hmac");
	const char *mac = string_at(hmac, "hmac_val");

	if (mac == NULL)
		return CHAT_EMALFORMED;
	frame->sealed = mac[0] != '\0';
	if (!frame->sealed)
		return CHAT_OK;
	return hex_decode(mac, frame->mac, SIZE_HASH);
}

int
frame_decode(
    const struct line *line, struct frame *frame, uint8_t *payload, size_t size)
{
	struct line again;
	const cJSON *header, *security;
	cJSON *root;
	int error;

	memset(frame, 0, sizeof(*frame));
	root = cJSON_ParseWithLength(line->bytes, line->len);
	header = cJSON_GetObjectItemCaseSensitive(root, "header");
	security = cJSON_GetObjectItemCaseSensitive(root, "security");
	if ((error = take_type(header, frame)) == 0 &&
	    (error = take_time(header, frame)) == 0 &&
	    (error = take_payload(root, frame, payload, size)) == 0)
		error = take_mac(security, frame);
	cJSON_Delete(root);
	if (error != 0)
		return error;
	/*
	 * One canonical form: whatever JSON forgives (key order, case, white
	 * space, escapes, numbers, what follows) comes out different here.
	 */
	if (frame_encode(frame, &again) != 0 || again.len != line->len ||
	    memcmp(again.bytes, line->bytes, line->len) != 0)
		return CHAT_EMALFORMED;
	return CHAT_OK;
}

void
frame_unsealed(const struct line *line, bool sealed, struct span spans[2])
{
	size_t tail = line->len - SUFFIX_LEN;

	spans[0].data = line->bytes;
	spans[0].len = tail - (sealed ? 2 * SIZE_HASH : 0);
	spans[1].data = line->bytes + tail;
	spans[1].len = SUFFIX_LEN;
}

int
frame_seal(struct line *line, const uint8_t mac[SIZE_HASH])
{
	char hex[2 * SIZE_HASH + 1];
	int error;

	hex_encode(mac, SIZE_HASH, hex);
	line->len -= SUFFIX_LEN;
	if ((error = append(line, hex, 2 * SIZE_HASH)) != 0)
		return error;
	return append(line, SUFFIX, SUFFIX_LEN);
}

size_t
frame_limit(enum frame_type type)
{
	return type == FRAME_TEXT ? LIMIT_TEXT_FRAME : LIMIT_FRAME;
}
