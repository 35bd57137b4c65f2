/*
 * A failure that concerns the whole message, and so each of its recipients:
 * nothing is sent.
 */
#ifndef SENDER_REFUSAL_H
#define SENDER_REFUSAL_H

#include "sender/failure.h"
#include "sender/report.h"

/*
 * From now on, refusals report to these deliveries: if *how asks for JSON, a
 * result for each. Until then, and without JSON, a refusal is one line of words
 * on standard error. Both must stay valid.
 */
void refusal_open(
    const struct report *how, const struct delivery deliveries[], size_t count);

/* Prepares the report about a failure. */
void refusal_spell(const struct failure *failure);

/*
 * Writes the report that was prepared, if there is one. A signal handler may
 * call this.
 */
void refusal_write(void);

#endif
