/*
 * The state of each recipient, shared by dispatch.c, attempt.c, ahead.c and
 * retry.c.
 */
#ifndef SENDER_JOB_H
#define SENDER_JOB_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "sender/delivery.h"
#include "sender/report.h"

#define NO_FD (-1)
#define MOST_AHEAD 3 /* attempts for a recipient, besides the current one */

/* The process of an attempt. Times are clock_now_ms() times. */
struct attempt {
	pid_t pid;
	int fd;                 /* a socket to it, or NO_FD: no process */
	uint8_t drawn[SIZE_ID]; /* the id of its message */
	uint8_t *maybe_sent;    /* shared with it */
	int64_t born_ms;        /* when it started, with CLOCK_BOOTTIME */
	int64_t overdue_ms;     /* when it is killed */
};

/* Attempts for the messages behind the current one, see ahead.h. */
struct ahead {
	struct attempt attempts[MOST_AHEAD];
	unsigned wanted; /* how many shorten the wait */
	unsigned budget; /* how many more may start with this message */
	int64_t next_ms; /* no new ones before this time */
	bool taken;      /* the current attempt was one of them */
	bool excused;    /* the current message was sent anew for that */
};

/*
 * A recipient, and the message being sent to them. Times are clock_now_ms()
 * times.
 */
struct job {
	struct delivery *delivery; /* owned by the caller */
	struct outcome outcome;    /* of the latest attempt */
	struct attempt attempt;    /* the current one */
	struct ahead ahead;
	int64_t next_ms; /* when to try again */
	int pause_ms;
	enum send_exit told; /* the latest doubtful answer that was reported */
	bool uncertain;      /* some attempt ended without a valid receipt */
	bool idle;           /* waits for the next message of its stream */
	bool ended;
	bool unreported;              /* its line of -j could not be written */
	int64_t start_ms, give_up_ms; /* of this message */
	enum send_exit status;        /* of the first message that failed */
	bool uncertain_now; /* the text of the latest attempt may be sent */
};

/* All recipients, and what they have in common. */
struct dispatch {
	struct job jobs[MOST_RECIPIENTS];
	size_t count;
	unsigned retry_s;
	const struct report_style *style;
	struct text *lines; /* with streams: a buffer for one text */
	sigset_t mask;      /* the signal mask for ppoll(2) */
	bool ending;        /* a signal came, and what was read is kept */
};

#endif
