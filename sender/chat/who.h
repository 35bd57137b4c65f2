/* Who is there. */
#ifndef SENDER_CHAT_WHO_H
#define SENDER_CHAT_WHO_H

#include <stddef.h>

/*
 * Runs /who, which takes no words: asks the first MOST_RECIPIENTS users whether
 * they are there, and shows the list when all have answered.
 */
void who_run(size_t count, char *words[]);

#endif
