/*
 * A failure that concerns the whole message, and so each of its recipients:
 * nothing is sent.
 */
#ifndef SENDER_FATAL_H
#define SENDER_FATAL_H

#include "sender/failure.h"
#include "sender/report.h"

/*
 * From now on the report is about these deliveries: if *style asks for JSON, a
 * result for each. Until then, and without JSON, it is one line of words on
 * standard error. Both must stay valid.
 */
void fatal_open(const struct report_style *style,
    const struct delivery deliveries[], size_t count);

/* Prepares the report about a failure. */
void fatal_spell(const struct failure *failure);

/*
 * Writes the report that was prepared, if there is one. A signal handler may
 * call this.
 */
void fatal_write(void);

#endif
