/*
 * Whether a connection gets a session. The parent decides before it forks. It
 * judges a source by the places that its sessions used, by how they ended, and
 * by whether they proved themselves. chat-listen(1), ADMISSION.
 */
#ifndef LISTENER_PARENT_ADMISSION_H
#define LISTENER_PARENT_ADMISSION_H

#include <sys/queue.h>

#include "listener/link/end.h"
#include "listener/link/order.h"
#include "listener/parent/cidr.h"
#include "listener/parent/tracks.h"

/* What admission knows of a session. The caller owns the memory. */
struct stay {
	uint64_t number;         /* unique to this session; not 0 */
	const proof_cell *proof; /* holds the number after a proof */
	/* The rest belongs to admission. */
	enum stay_state {
		STAY_NONE,
		STAY_VISITOR, /* a balancer has not named its source yet */
		STAY_CROWD,   /* its source is not known: it may be evicted */
		STAY_SAFE,    /* its source is known, or it is proven */
	} state;
	bool proven;
	int64_t since; /* clock_now_ms() time */
	struct track *tracks[LEVELS];
	TAILQ_ENTRY(stay) link;
};

struct admission {
	unsigned most;       /* how many sessions at once, without visitors */
	unsigned kept;       /* how many of them only for known sources */
	unsigned per_source; /* how many of them for one source, lowest level */
	unsigned sessions;   /* how many sessions there are, without visitors */
	unsigned visitors;   /* how many visitors; at most `most` as well */
	unsigned crowded;    /* how many sessions in the crowd */
	int64_t spent;       /* time at which the budget is full again */
	TAILQ_HEAD(stays, stay) crowd;
	struct networks exempt;
	struct tracks tracks;
};

/* Why a connection gets no session, or loses the one that it has. */
enum refusal {
	REFUSAL_NONE,
	REFUSAL_FULL,    /* all sessions are taken */
	REFUSAL_RUSH,    /* too many sessions without a proof lately */
	REFUSAL_SOURCE,  /* its source has as many sessions as it may have */
	REFUSAL_PENALTY, /* its source failed, and has to wait */
	REFUSAL_EVICTED, /* a better claim got its place */
	REFUSAL_SYSTEM,  /* out of processes or file descriptors */
	REFUSAL_LATER,   /* not accepted yet: it waits in the kernel's queue */
	REFUSALS,
};

/*
 * Prepares *admission for at most `most` sessions, and per_source from one
 * source. The sources in `exempt`, which is copied, have no limits.
 */
void admission_open(struct admission *admission, unsigned most,
    unsigned per_source, const struct networks *exempt);

/*
 * Decides on a connection from a source at now_ms, in clock_now_ms() time. If
 * it returns REFUSAL_NONE, the stay counts until admission_leave(). *evicted is
 * a stay that had to make room for it, or NULL: it no longer counts, the caller
 * kills its session, and admission_leave() does nothing for it.
 */
enum refusal admission_enter(struct admission *admission, struct stay *stay,
    const struct source *source, int64_t now_ms, struct stay **evicted);

/* The same for a connection from a balancer, which will name the source. */
enum refusal admission_visit(
    struct admission *admission, struct stay *stay, int64_t now_ms);

/* Ends a stay. Its source is charged for how the session ended. */
void admission_leave(struct admission *admission, struct stay *stay,
    enum session_end end, int64_t now_ms);

/*
 * Moves a visitor to the source that the balancer named, and decides as
 * admission_enter() does. After a refusal it is still a visitor.
 */
enum refusal admission_move(struct admission *admission, struct stay *stay,
    const struct source *to, int64_t now_ms, struct stay **evicted);

#endif
