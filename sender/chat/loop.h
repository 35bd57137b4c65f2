/* Waiting for what is typed, and for everything else. */
#ifndef SENDER_CHAT_LOOP_H
#define SENDER_CHAT_LOOP_H

#include <stdbool.h>

enum loop_ready {
	LOOP_TYPED, /* standard input can be read, or is at its end */
	LOOP_OTHER, /* loop_serve() has something to do, and may write */
	LOOP_OVER,  /* a signal came, or loop_end() was called */
};

/* Signals come through the loop from now on. */
void loop_open(void);

/* Calls ready(arg) from loop_serve() while fd can be read; loop_forget ends it.
 */
void loop_watch(int fd, void (*ready)(void *arg), void *arg);
void loop_forget(int fd);

/* Calls this after the terminal got another size, or we were continued. */
void loop_on_resize(void (*resized)(void));

/*
 * Calls look() every few seconds; if it returns true, calls act() from
 * loop_serve().
 */
void loop_look(bool (*look)(void), void (*act)(void));

/* Waits. Without `typed`, standard input is left alone. */
enum loop_ready loop_wait(bool typed);
void loop_serve(void);

/* Ends the program with this status; the first call counts. */
void loop_end(int status);
bool loop_is_over(void);

/*
 * Something failed, and the program goes on. Without a terminal nobody sees
 * that, so the program ends with the first such status instead of 0.
 */
void loop_note(int status);

int loop_status(void);

#endif
