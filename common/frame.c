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

/* Base64 is spelled in pieces, so that no buffer needs room for all of it. */
#define PIECE 768

/*
 * Writes a spelling down, or compares it with one that is there: it comes
 * piece by piece in both cases, from the same function.
 */
struct pen {
	char *to;         /* where the next piece goes, or NULL */
	const char *same; /* what the next piece must be, where to is NULL */
	size_t left;      /* room, or bytes to come */
	int error;
};

static void
put(struct pen *pen, const char *bytes, size_t len)
{
	if (pen->error != 0)
		return;
	if (len > pen->left) {
		pen->error = CHAT_ETOOLONG;
	} else if (pen->to != NULL) {
		memcpy(pen->to, bytes, len);
		pen->to += len;
	} else {
		if (memcmp(pen->same, bytes, len) != 0)
			pen->error = CHAT_EMALFORMED;
		pen->same += len;
	}
	pen->left -= pen->error == 0 ? len : 0;
}

/* The payload in base64, to a pen unless that is NULL; returns its CRC. */
static uint32_t
put_payload(struct pen *pen, const struct frame *frame)
{
	char base64[SIZE_BASE64(PIECE) + 1];
	uint32_t crc = 0;

	for (size_t at = 0, len; at < frame->payload_len; at += PIECE) {
		len = frame->payload_len - at;
		len = base64_encode(
		    frame->payload + at, len < PIECE ? len : PIECE, base64);
		if (pen != NULL)
			put(pen, base64, len);
		else
			crc = crc32_add(crc, base64, len);
	}
	return crc;
}

static void
put_head(struct pen *pen, const struct frame *frame)
{
	char head[FRAME_TEMPLATE_MAX], time[SIZE_INSTANT + 1];
	int len;

	if (instant_format(frame->time, time) != 0) {
		pen->error = CHAT_EMALFORMED;
		return;
	}
	len = snprintf(head, sizeof(head),
	    "{\"header\":{\"msg_type\":\"%s\",\"crc\":%u,\"timestamp\":\"%s\"},"
	    "\"message\":\"",
	    type_names[frame->type], put_payload(NULL, frame), time);
	put(pen, head, (size_t)len);
}

static int
spell(const struct frame *frame, struct pen *pen)
{
	static const char middle[] =
	    "\",\"security\":{\"hmac\":"
	    "{\"hmac_type\":\"SHA256\",\"hmac_val\":\"";
	char mac[2 * SIZE_HASH + 1];

	if (frame->payload_len > LIMIT_CIPHERTEXT)
		return CHAT_ETOOLONG;
	hex_encode(frame->mac, SIZE_HASH, mac);
	put_head(pen, frame);
	(void)put_payload(pen, frame);
	put(pen, middle, sizeof(middle) - 1);
	put(pen, mac, frame->sealed ? (size_t)2 * SIZE_HASH : 0);
	put(pen, SUFFIX, SUFFIX_LEN);
	return pen->error;
}

int
frame_encode(const struct frame *frame, struct line *line)
{
	struct pen pen = {.to = line->bytes, .left = LIMIT_TEXT_FRAME};
	int error = spell(frame, &pen);

	line->len = LIMIT_TEXT_FRAME - pen.left;
	if (error != 0)
		return error;
	return line->len > frame_limit(frame->type) ? CHAT_ETOOLONG : CHAT_OK;
}

/* Whether a line is the spelling of a frame, byte for byte. */
static bool
is_spelling(const struct line *line, const struct frame *frame)
{
	struct pen pen = {.same = line->bytes, .left = line->len};

	return spell(frame, &pen) == 0 && pen.left == 0 &&
	    line->len <= frame_limit(frame->type);
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
	return is_spelling(line, frame) ? CHAT_OK : CHAT_EMALFORMED;
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
	char *at = line->bytes + line->len - SUFFIX_LEN;
	struct pen pen = {
	    .to = at, .left = LIMIT_TEXT_FRAME - line->len + SUFFIX_LEN};

	hex_encode(mac, SIZE_HASH, hex);
	put(&pen, hex, (size_t)2 * SIZE_HASH);
	put(&pen, SUFFIX, SUFFIX_LEN);
	line->len = LIMIT_TEXT_FRAME - pen.left;
	return pen.error;
}

size_t
frame_limit(enum frame_type type)
{
	return type == FRAME_TEXT ? LIMIT_TEXT_FRAME : LIMIT_FRAME;
}
