/* What dispatch.c, attempt.c and retry.c know of each recipient. */
#ifndef SENDER_JOB_H
#define SENDER_JOB_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "sender/delivery.h"
#include "sender/report.h"

#define NO_FD (-1)

/* Pauses between attempts, in milliseconds, before jitter. */
#define FIRST_PAUSE_MS 200
#define LONGEST_PAUSE_MS 10000

/* A recipient, and the message that is under way to them. */
struct job {
	struct delivery *delivery; /* the caller's */
	struct outcome outcome;    /* of the last attempt */
	pid_t pid;                 /* of the attempt going on */
	int fd;             /* where it will say how it ended, or NO_FD */
	int64_t overdue_ms; /* when it should have said so, and is killed */
	int64_t next_ms;    /* when to try again */
	int pause_ms;
	enum send_exit told; /* the last answer that was doubted aloud */
	bool uncertain;      /* an attempt ended without a valid receipt */
	bool idle;           /* its stream has no message yet */
	bool ended;
	bool untold;                  /* its line of -j could not be written */
	int64_t start_ms, give_up_ms; /* of this message */
	enum send_exit status;        /* of the first message that failed */
	uint8_t *text_left;           /* shared with the attempt going on */
	bool uncertain_now; /* the text of the last attempt may have left */
};

/* All of them. */
struct round {
	struct job jobs[MOST_RECIPIENTS];
	size_t count;
	unsigned retry_s;
	const struct report *how;
	struct text *lines; /* with streams: where their texts go through */
	sigset_t mask;      /* for waiting */
};

#endif
