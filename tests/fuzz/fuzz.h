/* What fuzzers share: the entry point, inputs, invariants. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Tries one input. libFuzzer or drive.c calls it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An invariant. An input that breaks it is a bug. */
#define HOLDS(what) ((what) ? (void)0 : fuzz_found(#what, __FILE__, __LINE__))

static inline void __attribute__((noreturn))
fuzz_found(const char *what, const char *file, int line)
{
	(void)fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}

/* The rest of an input. */
struct input {
	const uint8_t *at, *end;
};

/* Returns the next byte; 0 after the end. */
static inline uint8_t
input_byte(struct input *input)
{
	return input->at < input->end ? *input->at++ : 0;
}

/* Takes the next bytes, at most `want`; *bytes points into the input. */
static inline size_t
input_take(struct input *input, size_t want, const uint8_t **bytes)
{
	size_t left = (size_t)(input->end - input->at);
	size_t len = want < left ? want : left;

	*bytes = input->at;
	input->at += len;
	return len;
}

/* Takes the next line with its LF, which the last one may lack. */
static inline size_t
input_line(struct input *input, const uint8_t **line)
{
	size_t left = (size_t)(input->end - input->at);
	const uint8_t *lf = left == 0 ? NULL : memchr(input->at, '\n', left);

	return input_take(
	    input, lf == NULL ? left : (size_t)(lf - input->at) + 1, line);
}

static inline bool
all_zero(const void *memory, size_t len)
{
	const uint8_t *p = memory;

	/* All bytes are equal to the one before: fast, even if instrumented. */
	return len == 0 || (p[0] == 0 && memcmp(p, p + 1, len - 1) == 0);
}

#endif
