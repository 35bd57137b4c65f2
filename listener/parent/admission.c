/* Whether a connection gets a session. */
#include "listener/parent/admission.h"

#include <stdlib.h>
#include <string.h>

/*
 * The price of an end of each class, in milliseconds. The time that the session
 * used its place before it had proven itself is added.
 */
static const int64_t penalties[END_CLASSES] = {[END_EXCUSED] = 0,
    [END_FAILURE] = 1000,
    [END_GUESS] = 5000,
    [END_CRASH] = 90000};

/*
 * Claims are in milliseconds. A place changes hands if they differ by this
 * much.
 */
#define CLAIM_OF_A_SESSION 1000
#define CLAIM_OF_THE_VAIN 1000
#define CLAIM_MARGIN 1000

void
admission_open(struct admission *admission, unsigned most, unsigned per_source,
    const struct networks *exempt)
{
	memset(admission, 0, sizeof(*admission));
	admission->most = most;
	admission->kept = most / KEPT_SHARE;
	admission->per_source = per_source;
	admission->exempt = *exempt;
	TAILQ_INIT(&admission->crowd);
	tracks_open(&admission->tracks);
}

static bool
is_known(struct track *const tracks[LEVELS], int64_t now_ms)
{
	return tracks[0] != NULL && tracks[0]->known > now_ms;
}

/*
 * Returns how bad the claim of a source to a place is, in milliseconds: its
 * penalty, plus the time that its sessions have gone without a proof, plus a
 * price for each session that it has, and one for having had some in vain: a
 * mob that waits until its penalties are over is still behind whoever is new.
 */
static int64_t
claim_of(struct track *const tracks[LEVELS], int64_t now_ms)
{
	int64_t worst = 0;

	for (int i = 0; i < LEVELS && tracks[i] != NULL; i++) {
		const struct track *track = tracks[i];
		int64_t claim = track_penalty(track, now_ms) +
		    (track->waiting * now_ms - track->since) +
		    (int64_t)track->sessions * CLAIM_OF_A_SESSION;

		if (track_was_vain(track, now_ms))
			claim += CLAIM_OF_THE_VAIN;
		claim >>= i;
		worst = claim > worst ? claim : worst;
	}
	return worst;
}

/* Returns why a source gets no session, apart from the places that are left. */
static enum refusal
judge(const struct admission *admission, struct track *const tracks[LEVELS],
    int64_t now_ms)
{
	for (int i = 0; i < LEVELS && tracks[i] != NULL; i++)
		if (tracks[i]->barred && tracks[i]->until > now_ms)
			return REFUSAL_PENALTY;
	for (int i = 0; i < LEVELS && tracks[i] != NULL; i++)
		if (tracks[i]->sessions >= admission->per_source << i)
			return REFUSAL_SOURCE;
	return REFUSAL_NONE;
}

static void
leave_crowd(struct admission *admission, struct stay *stay)
{
	if (stay->state != STAY_CROWD)
		return;
	TAILQ_REMOVE(&admission->crowd, stay, link);
	admission->crowded--;
	stay->state = STAY_SAFE;
}

/* The session no longer waits: it has proven itself, or it ended. */
static void
stop_waiting(const struct stay *stay)
{
	for (int i = 0; i < LEVELS && stay->tracks[i] != NULL; i++) {
		stay->tracks[i]->waiting--;
		stay->tracks[i]->since -= stay->since;
	}
}

static int64_t
rush_of_one(const struct admission *admission)
{
	return RUSH_MS / admission->most + 1;
}

/* Notices the proof of a session, if there is one. */
static void
notice_proof(struct admission *admission, struct stay *stay, int64_t now_ms)
{
	if (stay->proven || atomic_load(stay->proof) != stay->number)
		return;
	stay->proven = true;
	if (stay->state == STAY_CROWD)
		admission->spent -= rush_of_one(admission);
	leave_crowd(admission, stay);
	stop_waiting(stay);
	if (stay->tracks[0] != NULL)
		stay->tracks[0]->known = now_ms + KNOWN_MS;
}

/* Removes a stay from all counts. */
static void
count_out(struct admission *admission, struct stay *stay)
{
	leave_crowd(admission, stay);
	if (stay->state == STAY_VISITOR)
		admission->visitors--;
	else
		admission->sessions--;
	if (!stay->proven)
		stop_waiting(stay);
	for (int i = 0; i < LEVELS && stay->tracks[i] != NULL; i++)
		stay->tracks[i]->sessions--;
	stay->state = STAY_NONE;
}

/*
 * Returns the stay in the crowd with the worst claim, the oldest of equals;
 * NULL if the crowd is empty. *claim is that claim.
 */
static struct stay *
worst_of_crowd(struct admission *admission, int64_t now_ms, int64_t *claim)
{
	struct stay *stay, *next, *worst = NULL;

	*claim = -1;
	for (stay = TAILQ_FIRST(&admission->crowd); stay != NULL; stay = next) {
		next = TAILQ_NEXT(stay, link);
		notice_proof(admission, stay, now_ms);
		if (stay->state == STAY_CROWD &&
		    claim_of(stay->tracks, now_ms) > *claim) {
			*claim = claim_of(stay->tracks, now_ms);
			worst = stay;
		}
	}
	return worst;
}

static bool
has_room(const struct admission *admission, bool safe)
{
	return admission->sessions < admission->most &&
	    (safe || admission->crowded < admission->most - admission->kept);
}

/*
 * Makes room for a session, if necessary by evicting a stay with a worse claim.
 * Returns whether there is room now.
 */
static bool
make_room(struct admission *admission, struct track *const tracks[LEVELS],
    bool safe, int64_t now_ms, struct stay **evicted)
{
	int64_t claim, ours = claim_of(tracks, now_ms) + CLAIM_OF_A_SESSION;
	struct stay *worst;

	if (has_room(admission, safe))
		return true;
	worst = worst_of_crowd(admission, now_ms, &claim);
	if (has_room(admission, safe)) /* because some have proven themselves */
		return true;
	if (worst == NULL || (!safe && claim < ours + CLAIM_MARGIN))
		return false;
	*evicted = worst;
	tracks_charge(worst->tracks,
	    penalties[END_FAILURE] + now_ms - worst->since, CHARGE_EVICTED,
	    now_ms);
	count_out(admission, worst);
	return true;
}

/*
 * Whether the budget allows a session; the worse the claim, the less it allows.
 */
static bool
may_spend(const struct admission *admission, int64_t claim, int64_t now_ms)
{
	return admission->spent - now_ms <= (RUSH_MS - rush_of_one(admission)) *
	    CLAIM_OF_A_SESSION / (CLAIM_OF_A_SESSION + claim);
}

/*
 * Returns whether the budget allows one more session now. If it does not, tells
 * whether that is due to failures of the source.
 */
static enum refusal
judge_rush(const struct admission *admission,
    struct track *const tracks[LEVELS], int64_t now_ms)
{
	if (may_spend(admission, claim_of(tracks, now_ms), now_ms))
		return REFUSAL_NONE;
	return tracks_have_failed(tracks, now_ms) &&
		may_spend(admission, 0, now_ms)
	    ? REFUSAL_PENALTY
	    : REFUSAL_RUSH;
}

/* Counts a session from now on. */
static void
count_in(struct admission *admission, struct stay *stay,
    struct track *const tracks[LEVELS], bool safe, int64_t now_ms)
{
	admission->sessions++;
	stay->state = safe ? STAY_SAFE : STAY_CROWD;
	stay->proven = false;
	stay->since = now_ms;
	memcpy(stay->tracks, tracks, sizeof(stay->tracks));
	for (int i = 0; i < LEVELS && tracks[i] != NULL; i++) {
		tracks[i]->sessions++;
		tracks[i]->waiting++;
		tracks[i]->since += now_ms;
	}
	if (safe)
		return;
	TAILQ_INSERT_TAIL(&admission->crowd, stay, link);
	admission->crowded++;
	if (admission->spent < now_ms)
		admission->spent = now_ms;
	admission->spent += rush_of_one(admission);
}

enum refusal
admission_enter(struct admission *admission, struct stay *stay,
    const struct source *source, int64_t now_ms, struct stay **evicted)
{
	struct track *tracks[LEVELS] = {NULL};
	bool safe = networks_contain(&admission->exempt, source);
	enum refusal refusal = REFUSAL_NONE;

	*evicted = NULL;
	if (!safe) {
		if (!tracks_find(&admission->tracks, source, now_ms, tracks))
			return REFUSAL_FULL;
		refusal = judge(admission, tracks, now_ms);
		safe = is_known(tracks, now_ms);
	}
	if (refusal == REFUSAL_NONE && !safe)
		refusal = judge_rush(admission, tracks, now_ms);
	if (refusal == REFUSAL_NONE &&
	    !make_room(admission, tracks, safe, now_ms, evicted))
		refusal = REFUSAL_FULL;
	if (refusal == REFUSAL_NONE)
		count_in(admission, stay, tracks, safe, now_ms);
	else if (!safe)
		tracks_charge_refused(tracks, now_ms);
	return refusal;
}

enum refusal
admission_visit(struct admission *admission, struct stay *stay, int64_t now_ms)
{
	if (admission->visitors >= admission->most)
		return REFUSAL_FULL;
	admission->visitors++;
	stay->state = STAY_VISITOR;
	stay->proven = false;
	stay->since = now_ms;
	memset(stay->tracks, 0, sizeof(stay->tracks));
	return REFUSAL_NONE;
}

enum refusal
admission_move(struct admission *admission, struct stay *stay,
    const struct source *to, int64_t now_ms, struct stay **evicted)
{
	enum refusal refusal;

	refusal = admission_enter(admission, stay, to, now_ms, evicted);
	if (refusal == REFUSAL_NONE)
		admission->visitors--;
	return refusal;
}

void
admission_leave(struct admission *admission, struct stay *stay,
    enum session_end end, int64_t now_ms)
{
	enum end_class class;

	if (stay->state == STAY_NONE)
		return;
	notice_proof(admission, stay, now_ms);
	class = end_class(end, stay->proven);
	tracks_charge(stay->tracks,
	    penalties[class] + (stay->proven ? 0 : now_ms - stay->since),
	    class == END_EXCUSED ? CHARGE_TIME : CHARGE_FAILED, now_ms);
	count_out(admission, stay);
}
