/* Requests to the recorder for which the keyholder has vouched. */
#ifndef TESTS_UNIT_VOUCHED_H
#define TESTS_UNIT_VOUCHED_H

#include "listener/link/session_recorder.h"
#include "listener/link/ticket.h"
#include "tests/unit/ledger.h"

static const uint8_t vouched_key[SIZE_HASH] = {1, 2, 3};

/* A request of session `number`, without its text. Needs log_setup(). */
static inline struct recorder_ask
vouched_ask(size_t number, enum recorder_request request, uint8_t id)
{
	struct message message = {.id = {id},
	    .from = "bob",
	    .to = "alice",
	    .listed = true,
	    .sent = LOG_WHEN};
	struct ticket_subject subject = {.session = number,
	    .from = message.from,
	    .to = message.to,
	    .listed = true,
	    .id = message.id};
	struct recorder_ask ask = {.request = (uint8_t)request};
	uint8_t ticket[SIZE_HASH];
	struct source source = {.bytes = {0}};

	ck_assert_int_eq(
	    ticket_make(&log_suite, vouched_key, &subject, ticket), 0);
	submission_fill(&ask.submission, &message, &source, ticket);
	return ask;
}

#endif
