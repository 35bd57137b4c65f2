/*
 * Whether a connection gets a session: decided in the listener, before
 * anything is forked. A source is judged by what its sessions used, by how
 * they ended, and by whether they proved themselves. chat-listen(1),
 * ADMISSION.
 */
#ifndef LISTENER_PARENT_ADMISSION_H
#define LISTENER_PARENT_ADMISSION_H

#include <sys/queue.h>

#include "listener/link/end.h"
#include "listener/link/order.h"
#include "listener/parent/cidr.h"
#include "listener/parent/tracks.h"

/* A session, as far as admission goes. Its memory is the caller's. */
struct stay {
	uint64_t number;         /* of this session and no other; not 0 */
	const proof_cell *proof; /* holds that number once it is proven */
	/* The rest is admission's own. */
	enum stay_state {
		STAY_NONE,
		STAY_VISITOR, /* a balancer has yet to say whose it is */
		STAY_CROWD,   /* its source is not known: it may be evicted */
		STAY_SAFE,    /* its source is, or it has proven itself */
	} state;
	bool proven;
	int64_t since; /* clock_now_ms() time */
	struct track *tracks[LEVELS];
	TAILQ_ENTRY(stay) link;
};

struct admission {
	unsigned most;       /* sessions at once, visitors aside */
	unsigned kept;       /* of them, for sources that are known */
	unsigned per_source; /* of them, for one source on the lowest level */
	unsigned now;        /* sessions there are */
	unsigned visitors;   /* and those; at most `most` as well */
	unsigned crowded;    /* sessions in the crowd */
	int64_t spent;       /* when the cost of those without proof is paid */
	TAILQ_HEAD(stays, stay) crowd;
	struct networks exempt;
	struct tracks tracks;
};

/* Why a connection gets no session, or has to give it up. */
enum refusal {
	REFUSAL_NONE,
	REFUSAL_FULL,    /* no session is left for it */
	REFUSAL_RUSH,    /* too many began lately that came to nothing */
	REFUSAL_SOURCE,  /* its source has as many as it may */
	REFUSAL_PENALTY, /* its source misbehaved, and has to wait */
	REFUSAL_EVICTED, /* its place went to a better claim */
	REFUSAL_SYSTEM,  /* fork or descriptors failed */
	REFUSAL_LATER,   /* it waits in the queue of the kernel */
	REFUSALS,
};

/* Makes it ready, with a key of its own for the table. */
void admission_open(struct admission *admission, unsigned most,
    unsigned per_source, const struct networks *exempt);

/*
 * Decides on a connection. now_ms is clock_now_ms() time. When the answer is
 * REFUSAL_NONE, the stay counts from here on, until admission_leave();
 * *evicted is a stay that had to make room for it, or NULL. That one counts
 * no more, and its session is to be killed; admission_leave() of it does
 * nothing.
 */
enum refusal admission_enter(struct admission *admission, struct stay *stay,
    const struct source *source, int64_t now_ms, struct stay **evicted);

/* A connection from a balancer, which will say whose it is. */
enum refusal admission_visit(
    struct admission *admission, struct stay *stay, int64_t now_ms);

/* Its session ended like that. Its source pays for it. */
void admission_leave(struct admission *admission, struct stay *stay,
    enum session_end end, int64_t now_ms);

/*
 * A visitor turns out to come from there, and counts there from now on, as
 * with admission_enter(). Where it may not, it stays a visitor.
 */
enum refusal admission_move(struct admission *admission, struct stay *stay,
    const struct source *to, int64_t now_ms, struct stay **evicted);

#endif
