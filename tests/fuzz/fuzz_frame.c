/*
 * frame_decode() of any line, compared with a reader that was written from
 * chat-protocol(7) alone and knows only the canonical form. A byte of value 1
 * stands for MANY letters A, so that small inputs make long lines.
 */
#include "tests/fuzz/frames.h"

#define MANY 4096

/* The rest of a line. */
struct rest {
	const char *at, *end;
};

static bool
literal(struct rest *rest, const char *text)
{
	size_t len = strlen(text);

	if ((size_t)(rest->end - rest->at) < len ||
	    memcmp(rest->at, text, len) != 0)
		return false;
	rest->at += len;
	return true;
}

/* Skips characters of a set. Returns how many there were. */
static size_t
span(struct rest *rest, const char *set)
{
	const char *start = rest->at;

	while (rest->at < rest->end && *rest->at != '\0' &&
	    strchr(set, *rest->at) != NULL)
		rest->at++;
	return (size_t)(rest->at - start);
}

static uint32_t
crc_of(const char *text, size_t len)
{
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < len; i++) {
		crc ^= (uint8_t)text[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (0xedb88320 & -(crc & 1));
	}
	return ~crc;
}

/* Reads a number of this many digits, or returns -1. */
static int
number(struct rest *rest, int digits)
{
	int value = 0;

	for (; digits > 0; digits--, rest->at++) {
		if (rest->at == rest->end || *rest->at < '0' || *rest->at > '9')
			return -1;
		value = value * 10 + (*rest->at - '0');
	}
	return value;
}

static bool
instant(struct rest *rest)
{
	static const int days[] = {
	    31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int year = number(rest, 4), month, day, hour, minute, second;
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	if (year < 0 || !literal(rest, "-") || (month = number(rest, 2)) < 1 ||
	    month > 12 || !literal(rest, "-") || (day = number(rest, 2)) < 1 ||
	    day > days[month - 1] + (month == 2 && leap))
		return false;
	return literal(rest, "T") && (hour = number(rest, 2)) >= 0 &&
	    hour < 24 && literal(rest, ":") &&
	    (minute = number(rest, 2)) >= 0 && minute < 60 &&
	    literal(rest, ":") && (second = number(rest, 2)) >= 0 &&
	    second < 60 && literal(rest, "Z");
}

/* Reads base64 of at most 65552 bytes, whose unused bits are zero. */
static bool
base64(struct rest *rest)
{
	static const char table[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t len = span(rest, table), pad = (4 - len % 4) % 4;
	size_t last;

	if (len * 3 / 4 > 65552)
		return false;
	if (pad == 0)
		return true;
	last = (size_t)(strchr(table, rest->at[-1]) - table);
	return (pad == 1 && last % 4 == 0 && literal(rest, "=")) ||
	    (pad == 2 && last % 16 == 0 && literal(rest, "=="));
}

static bool
canonical(const char *bytes, size_t len)
{
	static const char *const types[] = {"hello", "challenge", "response",
	    "confirm", "text", "ack", "nack", "lines"};
	struct rest rest = {bytes, bytes + len};
	char digits[16], crc[16];
	const char *start;
	size_t type = 0, n;

	if (!literal(&rest, "{\"header\":{\"msg_type\":\""))
		return false;
	while (type < 8 && !literal(&rest, types[type]))
		type++;
	if (type == 8 || len > (type == 4 || type == 7 ? 87645 : 1024))
		return false;
	if (!literal(&rest, "\",\"crc\":"))
		return false;
	start = rest.at;
	if ((n = span(&rest, "0123456789")) > 10)
		return false;
	memcpy(digits, start, n);
	digits[n] = '\0';
	if (!literal(&rest, ",\"timestamp\":\"") || !instant(&rest) ||
	    !literal(&rest, "\"},\"message\":\""))
		return false;
	start = rest.at;
	if (!base64(&rest))
		return false;
	n = (size_t)(rest.at - start);
	(void)snprintf(crc, sizeof(crc), "%u", crc_of(start, n));
	if (strcmp(crc, digits) != 0 ||
	    !literal(&rest,
		"\",\"security\":{\"hmac\":"
		"{\"hmac_type\":\"SHA256\",\"hmac_val\":\""))
		return false;
	n = span(&rest, "0123456789abcdef");
	return (n == 0 || n == 64) &&
	    literal(&rest, "\"},\"enc_type\":\"AES256CBC\"}}\n") &&
	    rest.at == rest.end;
}

static bool
same_line(const struct line *a, const struct line *b)
{
	return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

/* A decoded frame, encoded again with its MAC, gives the same line. */
static void
check_round_trip(const struct frame *frame, const struct line *line)
{
	static struct line again;
	struct frame bare = *frame;
	struct span spans[2];

	HOLDS(frame_encode(frame, &again) == 0 && same_line(&again, line));
	bare.has_mac = false;
	HOLDS(frame_encode(&bare, &again) == 0);
	frame_without_mac(line, frame->has_mac, spans);
	HOLDS(spans[0].len + spans[1].len == again.len);
	HOLDS(memcmp(again.bytes, spans[0].data, spans[0].len) == 0);
	HOLDS(memcmp(again.bytes + spans[0].len, spans[1].data, spans[1].len) ==
	    0);
	if (frame->has_mac)
		HOLDS(frame_set_mac(&again, frame->mac) == 0 &&
		    same_line(&again, line));
}

/* The errors that a nack may stand for. */
static bool
is_reason(int error)
{
	return (error >= CHAT_EUNDELIVERED && error <= CHAT_EMALFORMED) ||
	    error == CHAT_ETAKEN || error == CHAT_EWAIT;
}

static void
check_payload(const struct frame *frame)
{
	char from[LIMIT_NAME + 1], to[LIMIT_NAME + 1];
	uint8_t packed[HELLO_MAX];
	struct hello hello;

	HOLDS(is_reason(payload_nack_error(frame)));
	if (payload_hello_unpack(
		frame->payload, frame->payload_len, from, to, &hello) != 0)
		return;
	HOLDS(payload_hello_pack(&hello, packed) == frame->payload_len);
	HOLDS(memcmp(packed, frame->payload, frame->payload_len) == 0);
}

/* With exactly as much room as the frame needs, and with one byte less. */
static void
check_room(const struct line *line, const struct frame *whole)
{
	size_t size = whole->payload_len;
	uint8_t *exact = malloc(size + 1);
	struct frame frame;

	HOLDS(exact != NULL);
	HOLDS(frame_decode(line, &frame, exact, size) == 0);
	HOLDS(frame.payload_len == whole->payload_len &&
	    memcmp(frame.payload, whole->payload, frame.payload_len) == 0);
	exact[size] = 0xa5;
	if (size > 0)
		HOLDS(frame_decode(line, &frame, exact, size - 1) ==
		    CHAT_EMALFORMED);
	HOLDS(exact[size] == 0xa5);
	free(exact);
}

/* Returns the line that an input stands for. */
static void
expand(struct line *line, const uint8_t *data, size_t size)
{
	static uint8_t bytes[sizeof(line->bytes)];
	size_t len = 0, many;

	for (size_t i = 0; i < size && len < sizeof(bytes); i++) {
		many = data[i] == 1 ? MANY : 1;
		if (many > sizeof(bytes) - len)
			many = sizeof(bytes) - len;
		memset(bytes + len, data[i] == 1 ? 'A' : data[i], many);
		len += many;
	}
	frames_fill(line, bytes, len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct line line;
	static uint8_t payload[LIMIT_CIPHERTEXT];
	struct frame frame;
	int error;

	expand(&line, data, size);
	error = frame_decode(&line, &frame, payload, sizeof(payload));
	HOLDS((error == 0) == canonical(line.bytes, line.len));
	HOLDS(error == 0 || error == CHAT_EMALFORMED);
	if (error != 0)
		return 0;
	HOLDS(line.len <= frame_limit(frame.type));
	check_round_trip(&frame, &line);
	check_payload(&frame);
	check_room(&line, &frame);
	return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	return frames_mutate_line(data, size, max, seed);
}
