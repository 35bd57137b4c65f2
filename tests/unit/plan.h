/*
 * A disk that can fail, and processes that can die: what happens at which of
 * the calls with which a life changes files. A test passes its own calls, each
 * between plan_call() and plan_return().
 */
#ifndef TESTS_UNIT_PLAN_H
#define TESTS_UNIT_PLAN_H

#include <errno.h>
#include <setjmp.h>
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#else
#define __lsan_disable() ((void)0)
#define __lsan_enable() ((void)0)
#endif

#include "tests/unit/unit.h"

enum event {
	KILLED_BEFORE,
	KILLED_AFTER,
	FAILS,       /* and the disk has nothing of it */
	FAILS_THERE, /* a sync fails, and yet the disk has all */
	KILLED_HALF, /* a write is made in part */
	EVENTS,
};

static struct {
	int call, at;
	enum event event;
	bool happened;
	jmp_buf process;
} plan;

/* Whether this happens at the current call. */
static inline bool
plan_has(enum event event)
{
	bool has = plan.call == plan.at && plan.event == event;

	plan.happened |= has;
	return has;
}

static inline void
plan_call(void)
{
	plan.call++;
	if (plan_has(KILLED_BEFORE))
		longjmp(plan.process, 1);
}

static inline void
plan_return(void)
{
	if (plan_has(KILLED_AFTER))
		longjmp(plan.process, 1);
}

/* Nothing happens from now on. */
static inline void
plan_nothing(void)
{
	plan.at = -1;
}

/*
 * A process lives until something happens at call `at`, or goes on after that.
 * Returns whether there is such a call. plan.happened is whether this can
 * happen to it.
 */
static inline bool
plan_live(enum event event, int at, void (*live)(void))
{
	plan.call = 0;
	plan.at = at;
	plan.event = event;
	plan.happened = false;
	__lsan_disable(); /* the memory of who dies is gone, not leaked */
	if (setjmp(plan.process) == 0)
		live();
	__lsan_enable();
	return plan.call >= at;
}

#endif
