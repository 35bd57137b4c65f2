/*
 * Whether a connection gets a session: decided in the listener, before
 * anything is forked. How a session ended (the class of its exit status, see
 * end.h) is what its source is judged by. chat-listen(1), ADMISSION.
 */
#ifndef LISTENER_ADMISSION_H
#define LISTENER_ADMISSION_H

#include "listener/cidr.h"
#include "listener/session.h"

/* A source that has sessions, or a penalty that has not expired. */
struct track {
	uint8_t bytes[16]; /* IPv4: the address; IPv6: the first 64 bits */
	unsigned sessions; /* now */
	int64_t until;     /* when its penalty ends, stream_clock() time */
	bool barred;       /* the penalty grew so high that it is enforced */
};

/* The table is a fixed size: rows by a keyed hash, the least bad evicted. */
#define TRACK_ROWS 512
#define TRACK_WAYS 32

struct admission {
	unsigned most;       /* sessions at once */
	unsigned per_source; /* of them, from one source */
	unsigned now;        /* sessions there are */
	struct networks exempt;
	uint64_t key; /* random */
	struct track tracks[TRACK_ROWS][TRACK_WAYS];
};

/* Why a connection gets no session. */
enum refusal {
	REFUSAL_NONE,
	REFUSAL_FULL,    /* no session is left */
	REFUSAL_EARLY,   /* drawn by lot, as few sessions are left */
	REFUSAL_SOURCE,  /* its source has as many as it may */
	REFUSAL_PENALTY, /* its source misbehaved */
	REFUSAL_SYSTEM,  /* fork or descriptors failed */
	REFUSAL_LATER,   /* it waits in the queue of the kernel */
	REFUSALS,
};

/*
 * Decides on a connection. now_ms is stream_clock() time. When the answer is
 * REFUSAL_NONE, the session counts from here on, until admission_leave().
 */
enum refusal admission_enter(
    struct admission *admission, const struct source *source, int64_t now_ms);

/*
 * A session turns out to come from elsewhere, because a balancer says so: it
 * counts there from now on. Returns why not, if so; then nothing changes.
 */
enum refusal admission_move(struct admission *admission,
    const struct source *from, const struct source *to, int64_t now_ms);

/*
 * A session came to an end of this class. Its source gets the penalty for
 * it.
 */
void admission_leave(struct admission *admission, const struct source *source,
    enum end_class class, int64_t now_ms);

#endif
