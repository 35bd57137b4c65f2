/*
 * Frames spelled independently of the code under test: the template of the
 * page, a CRC-32 bit by bit, base64 by a table. And checks that a line is
 * refused.
 */
#ifndef TESTS_UNIT_LINE_H
#define TESTS_UNIT_LINE_H

#include "common/base/error.h"
#include "common/chat1/frame.h"
#include "tests/unit/unit.h"

#define LINE_TEMPLATE                                                        \
	"{\"header\":{\"msg_type\":\"%s\",\"crc\":%s,\"timestamp\":\"%s\"}," \
	"\"message\":\"%s\",\"security\":{\"hmac\":{\"hmac_type\":"          \
	"\"SHA256\",\"hmac_val\":\"%s\"},\"enc_type\":\"AES256CBC\"}}\n"
#define LINE_TIME "2026-01-02T03:04:05Z"

/* The fields of the template. NULL means a value that fits. */
struct parts {
	const char *type, *crc, *time, *message, *mac;
};

/* The names of the types, in the order of enum frame_type. */
static const char *const line_types[] = {"hello", "challenge", "response",
    "confirm", "text", "ack", "nack", "lines"};

static inline uint32_t
line_crc(const char *text)
{
	uint32_t crc = 0xffffffff;

	for (; *text != '\0'; text++) {
		crc ^= (uint8_t)*text;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (0xedb88320 & -(crc & 1));
	}
	return ~crc;
}

/*
 * Writes the base64 of len bytes and a NUL; text has room for SIZE_BASE64(len)
 * + 1.
 */
static inline void
line_base64(const uint8_t *data, size_t len, char *text)
{
	static const char table[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < len; i += 3) {
		uint32_t bits = (uint32_t)data[i] << 16;

		if (i + 1 < len)
			bits |= (uint32_t)data[i + 1] << 8;
		if (i + 2 < len)
			bits |= data[i + 2];
		*text++ = table[bits >> 18];
		*text++ = table[bits >> 12 & 63];
		*text++ = i + 1 < len ? table[bits >> 6 & 63] : '=';
		*text++ = i + 2 < len ? table[bits & 63] : '=';
	}
	*text = '\0';
}

/* Builds a line from its parts. */
static inline void
line_spell(struct line *line, const struct parts *parts)
{
	const char *message = parts->message ? parts->message : "";
	char crc[16];
	int len;

	(void)snprintf(crc, sizeof(crc), "%u", line_crc(message));
	len = snprintf(line->bytes, sizeof(line->bytes), LINE_TEMPLATE,
	    parts->type ? parts->type : "hello", parts->crc ? parts->crc : crc,
	    parts->time ? parts->time : LINE_TIME, message,
	    parts->mac ? parts->mac : "");
	ck_assert_int_gt(len, 0);
	line->len = (size_t)len;
}

static inline void
line_copy(struct line *line, const char *bytes, size_t len)
{
	ck_assert_uint_le(len, sizeof(line->bytes));
	memcpy(line->bytes, bytes, len);
	line->len = len;
}

/* Decodes a line into a static buffer that is one byte larger than needed. */
static inline int
line_decode(const struct line *line, struct frame *frame)
{
	static uint8_t payload[LIMIT_CIPHERTEXT + 1];

	return frame_decode(line, frame, payload, sizeof(payload));
}

static inline void
line_accept(const struct line *line)
{
	struct frame frame;

	ck_assert_msg(line_decode(line, &frame) == 0, "refused: %.*s",
	    (int)line->len, line->bytes);
}

static inline void
line_refuse(const struct line *line)
{
	struct frame frame;

	ck_assert_msg(line_decode(line, &frame) == CHAT_EMALFORMED,
	    "taken: %.*s", (int)line->len, line->bytes);
}

/* The same for a line given as a string, and for one given as parts. */
static inline void
line_refuse_json(const char *json)
{
	static struct line line;

	line_copy(&line, json, strlen(json));
	line_refuse(&line);
}

static inline void
line_accept_parts(struct parts parts)
{
	static struct line line;

	line_spell(&line, &parts);
	line_accept(&line);
}

static inline void
line_refuse_parts(struct parts parts)
{
	static struct line line;

	line_spell(&line, &parts);
	line_refuse(&line);
}

#endif
