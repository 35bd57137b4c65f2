/* Lines made of inputs, and mutations that keep frames valid. */
#ifndef TESTS_FUZZ_FRAMES_H
#define TESTS_FUZZ_FRAMES_H

#include <sanitizer/asan_interface.h>

#include "common/base/error.h"
#include "common/chat1/payload.h"
#include "tests/fuzz/fuzz.h"

/* Only libFuzzer has it; other drivers call no mutator. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max)
    __attribute__((weak));
size_t LLVMFuzzerCustomMutator(
    uint8_t *data, size_t size, size_t max, unsigned seed);

/* Returns a line of these bytes; nothing after it can be read. */
static inline void
frames_fill(struct line *line, const uint8_t *bytes, size_t len)
{
	ASAN_UNPOISON_MEMORY_REGION(line->bytes, sizeof(line->bytes));
	line->len = len < sizeof(line->bytes) ? len : sizeof(line->bytes);
	if (line->len > 0)
		memcpy(line->bytes, bytes, line->len);
	ASAN_POISON_MEMORY_REGION(
	    line->bytes + line->len, sizeof(line->bytes) - line->len);
}

/* Whether frames of this type have a MAC; a nack may have one or not. */
static inline bool
frames_has_mac(enum frame_type type)
{
	return (type >= FRAME_RESPONSE && type <= FRAME_ACK) ||
	    type == FRAME_LINES;
}

/* Makes a hello with other names. Returns the length of its payload. */
static inline size_t
frames_mutate_names(uint8_t *payload, size_t len, unsigned seed)
{
	char names[2][LIMIT_NAME + 1];
	struct hello hello;
	uint8_t packed[HELLO_MAX];
	char *name = names[seed % 2];

	if (payload_hello_unpack(payload, len, names[0], names[1], &hello) != 0)
		return len;
	len = LLVMFuzzerMutate((uint8_t *)name, strlen(name), LIMIT_NAME);
	name[len] = '\0';
	len = payload_hello_pack(&hello, packed);
	memcpy(payload, packed, len);
	return len;
}

/* Makes a text with other bytes, and PKCS#7 padding as in fake_seal.h. */
static inline size_t
frames_mutate_text(uint8_t *payload, size_t len, size_t max)
{
	size_t pad = len == 0 ? 0 : payload[len - 1];

	if (pad >= 1 && pad <= SIZE_BLOCK && pad <= len)
		len -= pad;
	len = LLVMFuzzerMutate(payload, len, max - SIZE_BLOCK);
	pad = SIZE_BLOCK - len % SIZE_BLOCK;
	memset(payload + len, (int)pad, pad);
	return len + pad;
}

static inline size_t
frames_mutate_payload(struct frame *frame, uint8_t *payload, unsigned seed)
{
	size_t max = frame_is_text(frame->type) ? 4096 : 512;

	if (frame->payload_len > max || seed % 8 == 0)
		return LLVMFuzzerMutate(
		    payload, frame->payload_len, LIMIT_CIPHERTEXT);
	if (frame->type == FRAME_HELLO && seed % 8 < 4)
		return frames_mutate_names(payload, frame->payload_len, seed);
	if (frame_is_text(frame->type))
		return frames_mutate_text(payload, frame->payload_len, max);
	return LLVMFuzzerMutate(payload, frame->payload_len, max);
}

/* Changes one field of a frame. */
static inline void
frames_mutate_frame(struct frame *frame, uint8_t *payload, unsigned seed)
{
	static const int64_t steps[] = {1, -1, 300, -300, 301, -301, 86400,
	    -31536000, INT32_MAX, -(INT64_C(1) << 37)};

	switch (seed % 16) {
	case 0:
	case 1:
		frame->type = seed / 16 % (FRAME_LINES + 1);
		frame->has_mac = frames_has_mac(frame->type);
		break;
	case 2:
		frame->has_mac = !frame->has_mac;
		break;
	case 3:
		frame->mac[seed / 16 % SIZE_HASH] ^= (uint8_t)(seed >> 16);
		break;
	case 4:
	case 5:
		frame->time +=
		    steps[seed / 16 % (sizeof(steps) / sizeof(steps[0]))];
		break;
	default:
		frame->payload_len =
		    frames_mutate_payload(frame, payload, seed / 16);
		break;
	}
}

/*
 * Mutates one line: in three of four cases its contents, with CRC and base64 to
 * match; otherwise, and if it is not a frame, any bytes of it.
 */
static inline size_t
frames_mutate_line(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	static struct line line;
	static uint8_t payload[LIMIT_CIPHERTEXT];
	struct frame frame;

	if (seed % 4 == 0 || size > sizeof(line.bytes))
		return LLVMFuzzerMutate(data, size, max);
	frames_fill(&line, data, size);
	if (frame_decode(&line, &frame, payload, sizeof(payload)) != 0)
		return LLVMFuzzerMutate(data, size, max);
	frames_mutate_frame(&frame, payload, seed / 4);
	ASAN_UNPOISON_MEMORY_REGION(line.bytes, sizeof(line.bytes));
	if (frame_encode(&frame, &line) != 0 || line.len > max)
		return LLVMFuzzerMutate(data, size, max);
	memcpy(data, line.bytes, line.len);
	return line.len;
}

/* Mutates one of the lines of an input; the first one as plain bytes. */
static inline size_t
frames_mutate_lines(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	static uint8_t work[1 << 17];
	struct input input = {data, data + size};
	const uint8_t *line = data;
	size_t len = 0, before, behind, room;
	unsigned at = seed / 16 % 8, count = 0;

	do
		len = input_line(&input, &line);
	while (count++ < at && input.at < input.end);
	before = (size_t)(line - data);
	behind = size - before - len;
	room = max > before + behind ? max - before - behind : 0;
	if (seed % 16 == 0 || room < len || room == 0 || room > sizeof(work))
		return LLVMFuzzerMutate(data, size, max);
	memcpy(work, line, len);
	len = count == 1 ? LLVMFuzzerMutate(work, len, room)
			 : frames_mutate_line(work, len, room, seed / 128);
	memmove(data + before + len, data + size - behind, behind);
	memcpy(data + before, work, len);
	return before + len + behind;
}

#endif
