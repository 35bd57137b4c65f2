/* chat-listen, which runs as long as chat-terminal does. */
#ifndef SENDER_CHAT_LISTENER_H
#define SENDER_CHAT_LISTENER_H

/* What chat-listen is to be told; user and log may be NULL. */
struct listener_words {
	char *directory, *port, *user, *log;
};

/*
 * Starts it and waits until it listens. Returns -1, or its exit status if it
 * has ended, or loop_status() if the loop is over. When it ends later, the loop
 * ends with its status.
 */
int listener_start(const struct listener_words *words);

/* Who it is in the directory, once it listens. */
const char *listener_name(void);

/* Has it read the directory again. */
void listener_reload(void);

/* Ends it, soon. */
void listener_stop(void);

#endif
