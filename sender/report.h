/* What chat-send says about how a delivery ended. */
#ifndef SENDER_REPORT_H
#define SENDER_REPORT_H

#include "sender/delivery.h"

/* How to say it. */
struct report {
	bool json;    /* a line of JSON on standard output */
	bool success; /* say so too when it worked */
	bool verbose;
	bool
	    waits; /* somebody sees how long it takes: say what is waited for */
};

/* The lines about an end, ready to be written; empty where there is none. */
struct report_lines {
	char json[4096]; /* without the milliseconds, which end it */
	char words[2048];
};

/* Spells the lines about a failure. */
void report_spell(const struct delivery *delivery,
    const struct outcome *outcome, struct report_lines *lines);

/*
 * Writes them: the JSON with these milliseconds if wanted, and the words if
 * wanted, or if the JSON could not be written. May be called in a signal
 * handler. Returns 0, or CHAT_EIO with errno set.
 */
int report_write(
    const struct report_lines *lines, bool words, bool json, int64_t ms);

/* Whether there are words about this end: with JSON, only for a line of -l. */
bool report_has_words(const struct report *report,
    const struct delivery *delivery, const struct outcome *outcome);

/*
 * Says how it ended, after so many milliseconds. Works in a confined process
 * too. Returns 0, or CHAT_EIO when the line of JSON could not be written; then
 * standard error has it in words. chat-send(1), OUTPUT.
 */
int report_outcome(const struct report *report, const struct delivery *delivery,
    const struct outcome *outcome, int64_t ms);

/* An interruption: the words and, if the report wants it, the JSON. */
void report_interrupted(const struct report *report,
    const struct delivery *delivery, const struct outcome *outcome, int64_t ms);

/* Whether the same message may be sent again, under the same id. */
bool report_retryable(enum send_exit status);

#endif
