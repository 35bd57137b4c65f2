/*
 * Signals that end chat-send: SIGINT, SIGTERM and SIGHUP, unless they were
 * ignored at the start. chat-send first reports what is known about the
 * message, then ends by the signal.
 */
#ifndef SENDER_INTERRUPT_H
#define SENDER_INTERRUPT_H

#include <signal.h>
#include <stdbool.h>

#include "sender/report.h"

/* The reasons in such a report. */
#define INTERRUPTED_UNSENT "interrupted; the message was not delivered"
#define INTERRUPTED_SENT \
	"interrupted after the message was sent, before its receipt came"

/*
 * For the process that makes the only attempt itself: from now on a signal
 * writes a report and ends the process. The report is `unsent`, or `sent` once
 * *maybe_sent is not 0. start_ms is when the attempt started, in clock_now_ms()
 * time. All must stay valid.
 */
void interrupt_speak(const struct report_style *style,
    const struct report_lines *unsent, const struct report_lines *sent,
    const volatile uint8_t *maybe_sent, int64_t start_ms);

/*
 * For the same process: the result is known. From now on a signal writes
 * `known`; `words` and `json` tell which parts. After interrupt_said(), they
 * have been written, and a signal writes nothing.
 */
void interrupt_known(const struct report_lines *known, bool words, bool json);
void interrupt_said(void);

/*
 * For a process whose children make the attempts: from now on signals are
 * noted, and arrive only while ppoll(2) uses *mask, which this fills in.
 */
void interrupt_hold(sigset_t *mask);

/*
 * Returns the signal that was noted, or that waits to arrive with *mask, or 0:
 * ppoll(2) lets none arrive if a descriptor is ready.
 */
int interrupt_noted(const sigset_t *mask);

/*
 * Returns whether another signal came after that. It ends a write(2) that
 * blocks if it arrives then: between interrupt_allow() and interrupt_delay().
 */
bool interrupt_again(void);

/* From now on a signal ends the process at once. */
void interrupt_release(void);

/* Ends the process by the signal that was noted. */
void interrupt_end(void) __attribute__((noreturn));

/* For an attempt: ignores the signals; its parent decides. */
void interrupt_ignore(void);

/*
 * Holds the signals back until interrupt_allow(): a child that is forked
 * between these has a chance to call interrupt_forget() before it gets one.
 */
void interrupt_delay(sigset_t *before);
void interrupt_allow(const sigset_t *before);

/* For a look-up: a signal ends it at once. */
void interrupt_forget(void);

#endif
