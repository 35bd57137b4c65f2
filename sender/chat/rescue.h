/* The process that outlives chat-terminal, and restores the terminal. */
#ifndef SENDER_CHAT_RESCUE_H
#define SENDER_CHAT_RESCUE_H

/*
 * Forks. Returns in the child, which gets SIGTERM if this process dies. This
 * process passes signals on, waits for the child and all that it started,
 * restores the terminal unless the child has done so, and ends with its status.
 * None of them can be stopped from the keyboard.
 */
void rescue_start(void);

/* The child has restored the terminal. */
void rescue_cancel(void);

#endif
