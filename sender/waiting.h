/* Finds data on standard input that would be ignored. */
#ifndef SENDER_WAITING_H
#define SENDER_WAITING_H

#include <stdbool.h>

#include "sender/options.h"

/*
 * Returns whether data waits on standard input and is meant for us: bytes in a
 * pipe, or the rest of a file. It is not meant for us if our parent has the
 * same standard input, such as a shell that reads a loop's lines or its own
 * script from it, or if -d or -k names it. Never blocks.
 */
bool waiting_input(const struct options *options);

#endif
