/* Reports how a delivery ended. */
#ifndef SENDER_REPORT_H
#define SENDER_REPORT_H

#include "sender/delivery.h"

/* How to report, and how much. */
struct report_style {
	bool json;    /* a line of JSON on standard output */
	bool success; /* report success in words too */
	bool verbose;
	bool waits; /* somebody watches: report delays */
	bool quiet; /* no words about a message that was kept */
};

/* A report, ready to be written. The strings may be empty. */
struct report_lines {
	char json[4096]; /* up to the milliseconds, which are last */
	char words[2048];
};

/* Fills in the report about an outcome. */
void report_spell(const struct delivery *delivery,
    const struct outcome *outcome, struct report_lines *lines);

/*
 * Writes a report: the JSON, with ms milliseconds, if `json` is set; the words
 * if `words` is set, or if the JSON could not be written. A signal handler may
 * call this. Returns 0, or CHAT_EIO with errno set if the JSON could not be
 * written.
 */
int report_write(
    const struct report_lines *lines, bool words, bool json, int64_t ms);

/*
 * Returns whether this outcome is reported in words in this style. A failure is
 * reported in words if JSON does not report it, or if it concerns a line of -l;
 * a message that was kept, if JSON does not report it.
 */
bool report_has_words(const struct report_style *style,
    const struct delivery *delivery, const struct outcome *outcome);

/*
 * Reports an outcome that took ms milliseconds. Works in a confined process.
 * Returns 0, or CHAT_EIO if the line of JSON could not be written; then the
 * words are on standard error. chat-send(1), OUTPUT.
 */
int report_outcome(const struct report_style *style,
    const struct delivery *delivery, const struct outcome *outcome, int64_t ms);

/*
 * Reports an interruption: in words, unless the message was kept and need not
 * be reported so; and, if *style asks for it, as JSON.
 */
void report_interrupted(const struct report_style *style,
    const struct delivery *delivery, const struct outcome *outcome, int64_t ms);

/*
 * Spells which lines of -l a message has, "line 5: " or "lines 5 to 9: "; empty
 * without -l.
 */
#define SIZE_LINES 64
void report_spell_lines(const struct delivery *delivery, char out[SIZE_LINES]);

/*
 * Escapes a string for JSON in ASCII. One that is too long is cut. size is that
 * of out; SIZE_JSON() of a string's size is enough.
 */
#define SIZE_JSON(size) ((size_t)6 * (size) + 16)
void report_quote(const char *string, char *out, size_t size);

/*
 * Makes an outcome that of a text that was sent before without a receipt, so
 * that it may have been shown: no later failure changes that.
 */
void report_uncertain(enum send_exit *status, char reason[SIZE_WHY]);

/* Returns what stands between a reason and more words, before the blank. */
const char *report_joint(const char *reason);

/* Returns whether the same message may be sent again with the same id. */
bool report_retryable(enum send_exit status);

#endif
