/* Reading and writing the floor's frames, whose length is known. */
#ifndef TESTS_BENCH_WIRE_H
#define TESTS_BENCH_WIRE_H

#include "tests/bench/floor.h"

/* Reads frame n, or writes a line. fd is non-blocking. Return 0 or -1. */
int wire_read(int fd, int n, struct line *line);
int wire_write(int fd, const struct line *line);

#endif
