/*
 * Signals that end chat-send: SIGINT, SIGTERM and SIGHUP, unless they were
 * ignored from the start. What is known of the message is said first, and then
 * the process ends by that signal.
 */
#ifndef SENDER_INTERRUPT_H
#define SENDER_INTERRUPT_H

#include <signal.h>

#include "sender/report.h"

/* How a message stands that was interrupted. */
#define INTERRUPTED_UNSENT "interrupted; the message was not delivered"
#define INTERRUPTED_SENT \
	"interrupted after the message was sent, before its receipt came"

/*
 * For a process that makes the one attempt itself: from here on a signal
 * writes the first lines, or, once *text_left is not 0, the second, and ends
 * the process. start_ms is when it began, in clock_now_ms() time.
 */
void interrupt_speak(const struct report *report,
    const struct report_lines *unsent, const struct report_lines *sent,
    const volatile uint8_t *text_left, int64_t start_ms);

/*
 * For the same process: what became of the message is known. A signal writes
 * these lines from here on, until they were written, and then none.
 */
void interrupt_known(const struct report_lines *known, bool words, bool json);
void interrupt_said(void);

/*
 * For a process whose children make attempts: from here on signals only come
 * where ppoll(2) has this mask, and are noted.
 */
void interrupt_hold(sigset_t *mask);

/* The signal that was noted, or 0. */
int interrupt_noted(void);

/* The next signal ends the process at once, whatever it is doing. */
void interrupt_release(void);

/* Ends the process by the signal that was noted. */
void interrupt_end(void) __attribute__((noreturn));

/* For an attempt: whoever started it decides. */
void interrupt_ignore(void);

/* For a look-up: signals end it, without a word. */
void interrupt_forget(void);

#endif
