/* Data on standard input that nobody reads. */
#ifndef SENDER_WAITING_H
#define SENDER_WAITING_H

#include <stdbool.h>

#include "sender/options.h"

/*
 * Whether data waits on standard input that is for nobody but us: bytes that
 * are in a pipe now, or left in a file. Not so when whoever started us has
 * the same standard input, as a shell that reads the lines of a loop or its own
 * script there; nor when -d or -k names it. Never waits.
 */
bool waiting_input(const struct options *options);

#endif
