/* The process that outlives chat-terminal, and restores the terminal. */
#ifndef SENDER_CHAT_GUARD_H
#define SENDER_CHAT_GUARD_H

/* What ends a mode of the terminal that chat-terminal sets: bracketed paste. */
#define GUARD_MODES_OFF "\033[?2004l"

/*
 * Forks. Returns in the child, which gets SIGTERM if this process dies. This
 * process passes signals on, waits for the child and all that it started,
 * restores the terminal if the child was killed, and ends with its status.
 */
void guard_start(void);

#endif
