/* Sessions for the tests of admission.c. */
#ifndef TESTS_UNIT_ADMISSION_H
#define TESTS_UNIT_ADMISSION_H

#include "listener/parent/admission.h"
#include "tests/unit/listener.h"

#define S 1000 /* ms */

static struct admission admission;
static int64_t now_ms;
static struct stay *evicted; /* by the latest session that entered */

/* A session, with the cell in which the keyholder would note its proof. */
struct caller {
	struct stay stay;
	proof_cell cell;
	struct source source;
};

static inline void
open_admission(unsigned most, unsigned per_source)
{
	static const struct networks none;

	admission_open(&admission, most, per_source, &none);
	now_ms = 123456789;
}

static inline enum refusal
come(struct caller *caller, const struct source *source)
{
	static uint64_t number;

	memset(caller, 0, sizeof(*caller));
	caller->source = *source;
	caller->stay.number = ++number;
	caller->stay.proof = &caller->cell;
	return admission_enter(
	    &admission, &caller->stay, source, now_ms, &evicted);
}

static inline enum refusal
come_from(struct caller *caller, const char *text)
{
	struct source source = source_at(text);

	return come(caller, &source);
}

static inline void
prove(struct caller *caller)
{
	atomic_store(&caller->cell, caller->stay.number);
}

static inline void
go(struct caller *caller, enum session_end end)
{
	admission_leave(&admission, &caller->stay, end, now_ms);
}

/* Makes a source known, by a session that proves itself. */
static inline void
become_known(const struct source *source)
{
	struct caller caller;

	ck_assert_int_eq(come(&caller, source), REFUSAL_NONE);
	prove(&caller);
	go(&caller, SESSION_DELIVERED);
}

/* Returns the nth of many sources, each in another network. */
static inline struct source
source_number(uint32_t n)
{
	struct source source = {.bytes = {0x20, 0x01}};

	memcpy(source.bytes + 2, &n, sizeof(n));
	return source;
}

static inline void
exempt(const char *text)
{
	struct networks *networks = &admission.exempt;
	const char *fault;

	ck_assert_int_eq(
	    cidr_parse(text, &networks->list[networks->count++], &fault), 0);
}

#endif
