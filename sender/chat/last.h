/* The last messages of the received log, as chat-log shows them. */
#ifndef SENDER_CHAT_LAST_H
#define SENDER_CHAT_LAST_H

#include <stdbool.h>

/* Shows so many messages of a log, while the loop goes on. */
void last_show(char *log, char *number);

/* Whether that is not finished. */
bool last_is_running(void);

/* Gives it up. */
void last_stop(void);

#endif
