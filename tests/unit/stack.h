/* A function runs on a stack of its own, which can be searched afterwards. */
#ifndef TESTS_UNIT_STACK_H
#define TESTS_UNIT_STACK_H

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"

#define STACK ((size_t)512 * 1024)
#define STACK_RUN 8 /* this many bytes in a row would reveal a secret */

static uint8_t *stack;

static inline void
stack_setup(void)
{
	ck_assert_int_eq(posix_memalign((void **)&stack, 65536, STACK), 0);
}

static inline void
stack_teardown(void)
{
	free(stack);
}

/* Uses the stack far below what a thread writes when it ends. */
static inline void *
stack_descend(void *call)
{
	volatile uint8_t above[STACK / 4];

	above[0] = 0;
	((void (**)(void))call)[above[0]]();
	return NULL;
}

/* Calls a function on the emptied stack. */
static inline void
stack_run(void (*call)(void))
{
	pthread_attr_t attributes;
	pthread_t thread;

	memset(stack, 0, STACK);
	ck_assert_int_eq(pthread_attr_init(&attributes), 0);
	ck_assert_int_eq(pthread_attr_setstack(&attributes, stack, STACK), 0);
	ck_assert_int_eq(
	    pthread_create(&thread, &attributes, stack_descend, &call), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_int_eq(pthread_attr_destroy(&attributes), 0);
}

/* Whether eight bytes in a row of a secret are on the stack. */
static inline bool
stack_holds(const void *secret, size_t len)
{
	const uint8_t *bytes = secret;

	for (size_t i = 0; i + STACK_RUN <= len; i++)
		if (memmem(stack, STACK, bytes + i, STACK_RUN) != NULL)
			return true;
	return false;
}

#endif
