/* The tracks of sources and their networks. */
#include "listener/parent/tracks.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"

static const uint8_t levels_of_ipv6[LEVELS] = {64, 56, 48};

void
tracks_open(struct tracks *table)
{
	memset(table, 0, sizeof(*table));
	arc4random_buf(&table->key, sizeof(table->key));
}

/*
 * Fills in bytes and bits of a source on each of its levels. Returns the number
 * of levels.
 */
static int
name_levels(const struct source *source, struct track names[LEVELS])
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	bool ipv4 = memcmp(source->bytes, mapped, sizeof(mapped)) == 0;
	int count = ipv4 ? 1 : LEVELS;

	memset(names, 0, LEVELS * sizeof(*names));
	for (int i = 0; i < count; i++) {
		names[i].bits = ipv4 ? 128 : levels_of_ipv6[i];
		memcpy(names[i].bytes, source->bytes, names[i].bits / 8);
	}
	return count;
}

static bool
is_named(const struct track *track, const struct track *name)
{
	return track->bits == name->bits &&
	    memcmp(track->bytes, name->bytes, sizeof(name->bytes)) == 0;
}

static struct track *
row_of(struct tracks *table, const struct track *name)
{
	uint64_t hash = table->key ^ name->bits;

	for (size_t i = 0; i < sizeof(name->bytes); i++) {
		hash = (hash ^ name->bytes[i]) * 0x100000001b3;
		hash ^= hash >> 32;
	}
	return table->list[hash % TRACK_ROWS];
}

static int64_t
left_of(int64_t until, int64_t now_ms)
{
	return until > now_ms ? until - now_ms : 0;
}

/*
 * How much would be lost without this track. A known source is worth most. A
 * session in vain is worth little: ten minutes of it as much as 0.6 seconds of
 * penalty.
 */
static int64_t
worth(const struct track *track, int64_t now_ms)
{
	if (track->known > now_ms)
		return PENALTY_MOST + VAIN_MS + (track->known - now_ms);
	return left_of(track->until, now_ms) +
	    left_of(track->vain, now_ms) / 1000;
}

static bool
is_among(const struct track *track, struct track *const *tracks, int count)
{
	for (int i = 0; i < count; i++)
		if (tracks[i] == track)
			return true;
	return false;
}

/*
 * Returns the track with that name. A new track replaces the one in its row
 * that is worth least, has no sessions, and is not one of the `count` tracks in
 * `before`; NULL if there is none.
 */
static struct track *
track_of(struct tracks *table, const struct track *name, int64_t now_ms,
    struct track *const *before, int count)
{
	struct track *row = row_of(table, name), *best = NULL;

	for (size_t i = 0; i < TRACK_WAYS; i++) {
		if (is_named(&row[i], name))
			return &row[i];
		if (row[i].sessions == 0 && !is_among(&row[i], before, count) &&
		    (best == NULL ||
			worth(&row[i], now_ms) < worth(best, now_ms)))
			best = &row[i];
	}
	if (best != NULL) {
		*best = *name;
		best->until = best->vain = best->known = now_ms;
	}
	return best;
}

bool
tracks_find(struct tracks *table, const struct source *source, int64_t now_ms,
    struct track *tracks[LEVELS])
{
	struct track names[LEVELS];
	int count = name_levels(source, names);

	memset(tracks, 0, LEVELS * sizeof(*tracks));
	for (int i = 0; i < count; i++)
		if ((tracks[i] = track_of(
			 table, &names[i], now_ms, tracks, i)) == NULL)
			return false;
	return true;
}

int64_t
track_penalty(const struct track *track, int64_t now_ms)
{
	return left_of(track->until, now_ms);
}

bool
track_was_vain(const struct track *track, int64_t now_ms)
{
	return track->vain > now_ms;
}

static int64_t
enforced_at(int level)
{
	return (int64_t)PENALTY_ENFORCED << level;
}

/* Adds to the penalty of a track, up to `most` milliseconds. */
static void
add(struct track *track, int64_t ms, int64_t most, int64_t now_ms)
{
	int64_t penalty = track_penalty(track, now_ms);

	if (penalty == 0)
		track->barred = track->failed = false;
	if (penalty + ms <= most)
		track->until = now_ms + penalty + ms;
	else if (penalty < most)
		track->until = now_ms + most;
}

void
tracks_charge(struct track *const tracks[LEVELS], int64_t ms,
    enum charge charge, int64_t now_ms)
{
	for (int i = 0; i < LEVELS && tracks[i] != NULL; i++) {
		add(tracks[i], ms, PENALTY_MOST, now_ms);
		tracks[i]->failed |= charge == CHARGE_FAILED;
		if (charge != CHARGE_TIME)
			tracks[i]->vain = now_ms + VAIN_MS;
		if (track_penalty(tracks[i], now_ms) >= enforced_at(i))
			tracks[i]->barred = true;
	}
}

void
tracks_charge_refused(struct track *const tracks[LEVELS], int64_t now_ms)
{
	for (int i = 0; i < LEVELS && tracks[i] != NULL; i++)
		add(tracks[i], PENALTY_REFUSED,
		    tracks[i]->barred && tracks[i]->until > now_ms
			? PENALTY_MOST
			: enforced_at(i) - 1,
		    now_ms);
}

bool
tracks_have_failed(struct track *const tracks[LEVELS], int64_t now_ms)
{
	for (int i = 0; i < LEVELS && tracks[i] != NULL; i++)
		if (tracks[i]->failed && tracks[i]->until > now_ms)
			return true;
	return false;
}
