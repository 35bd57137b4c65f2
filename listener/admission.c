/* Whether a connection gets a session. */
#include "listener/admission.h"

#include <stdlib.h>
#include <string.h>

/* Penalties, in milliseconds. */
#define PENALTY_ENFORCED 15000 /* from here on they bar a source */
#define PENALTY_MOST 600000

/* When half of the sessions are taken, this share of connections is not. */
#define EARLY_PERCENT 30

/* What is one source: an IPv4 address, or a network of IPv6. */
static void
track_key(const struct source *source, uint8_t bytes[16])
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	memcpy(bytes, source->bytes, 16);
	if (memcmp(bytes, mapped, sizeof(mapped)) != 0)
		memset(bytes + 8, 0, 8);
}

static struct track *
row_of(struct admission *admission, const uint8_t bytes[16])
{
	uint64_t hash = admission->key;

	for (size_t i = 0; i < 16; i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3;
	hash ^= hash >> 32;
	return admission->tracks[hash % TRACK_ROWS];
}

static bool
is_idle(const struct track *track, int64_t now_ms)
{
	return track->sessions == 0 && track->until <= now_ms;
}

/* The track of a source, or NULL. */
static struct track *
find(struct track *row, const uint8_t bytes[16], int64_t now_ms)
{
	for (size_t i = 0; i < TRACK_WAYS; i++)
		if (!is_idle(&row[i], now_ms) &&
		    memcmp(row[i].bytes, bytes, 16) == 0)
			return &row[i];
	return NULL;
}

/*
 * A track for a source that has none: an idle one, else that of the mildest
 * penalty. NULL when all of them have sessions.
 */
static struct track *
make(struct track *row, const uint8_t bytes[16], int64_t now_ms)
{
	struct track *best = NULL;

	for (size_t i = 0; i < TRACK_WAYS; i++)
		if (row[i].sessions == 0 &&
		    (best == NULL || row[i].until < best->until))
			best = &row[i];
	if (best == NULL)
		return NULL;
	memset(best, 0, sizeof(*best));
	memcpy(best->bytes, bytes, 16);
	best->until = now_ms;
	return best;
}

/* The fuller it is, the likelier: nobody can keep others out for sure. */
static bool
drops_early(const struct admission *admission)
{
	unsigned half = admission->most / 2;
	unsigned over = admission->now - half, room = admission->most - half;

	if (half == 0 || admission->now < half)
		return false;
	return arc4random_uniform(100) <
	    EARLY_PERCENT + (100 - EARLY_PERCENT) * over / room;
}

/* What there is against a source, room for sessions aside. */
static enum refusal
judge(const struct admission *admission, const struct track *track,
    const struct source *source, int64_t now_ms)
{
	if (track == NULL)
		return REFUSAL_FULL;
	if (networks_contain(&admission->exempt, source))
		return REFUSAL_NONE;
	if (track->barred && track->until > now_ms)
		return REFUSAL_PENALTY;
	return track->sessions >= admission->per_source ? REFUSAL_SOURCE
							: REFUSAL_NONE;
}

/* The track of a source, made if there is none; NULL when all are taken. */
static struct track *
track_of(
    struct admission *admission, const struct source *source, int64_t now_ms)
{
	struct track *row, *track;
	uint8_t bytes[16];

	track_key(source, bytes);
	row = row_of(admission, bytes);
	track = find(row, bytes, now_ms);
	return track != NULL ? track : make(row, bytes, now_ms);
}

/* The track of a source that has sessions: such a one is never evicted. */
static struct track *
held(struct admission *admission, const struct source *source, int64_t now_ms)
{
	struct track *track;
	uint8_t bytes[16];

	track_key(source, bytes);
	track = find(row_of(admission, bytes), bytes, now_ms);
	if (track == NULL || track->sessions == 0)
		abort();
	return track;
}

enum refusal
admission_enter(
    struct admission *admission, const struct source *source, int64_t now_ms)
{
	struct track *track = track_of(admission, source, now_ms);
	enum refusal refusal = REFUSAL_FULL;

	if (admission->now < admission->most)
		refusal = judge(admission, track, source, now_ms);
	if (refusal == REFUSAL_NONE && drops_early(admission))
		refusal = REFUSAL_EARLY;
	if (refusal == REFUSAL_NONE) {
		admission->now++;
		track->sessions++;
	}
	return refusal;
}

enum refusal
admission_move(struct admission *admission, const struct source *from,
    const struct source *to, int64_t now_ms)
{
	struct track *track = track_of(admission, to, now_ms);
	enum refusal refusal = judge(admission, track, to, now_ms);

	if (refusal == REFUSAL_NONE) {
		track->sessions++;
		held(admission, from, now_ms)->sessions--;
	}
	return refusal;
}

/* What an end of each class costs, in milliseconds. */
static const int64_t penalties[END_CLASSES] = {[END_EXCUSED] = 0,
    [END_FAILURE] = 1000,
    [END_GUESS] = 5000,
    [END_DEADLINE] = 10000,
    [END_CRASH] = 90000};

void
admission_leave(struct admission *admission, const struct source *source,
    enum end_class class, int64_t now_ms)
{
	struct track *track = held(admission, source, now_ms);

	admission->now--;
	track->sessions--;
	if (track->until <= now_ms) {
		track->until = now_ms;
		track->barred = false;
	}
	if (networks_contain(&admission->exempt, source))
		return;
	track->until += penalties[class];
	if (track->until > now_ms + PENALTY_MOST)
		track->until = now_ms + PENALTY_MOST;
	if (track->until - now_ms >= PENALTY_ENFORCED)
		track->barred = true;
}
