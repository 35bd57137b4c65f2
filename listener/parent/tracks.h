/*
 * What is known of sources, and of the networks that they are in: a table of
 * a fixed size. chat-listen(1), ADMISSION.
 */
#ifndef LISTENER_PARENT_TRACKS_H
#define LISTENER_PARENT_TRACKS_H

#include <stdbool.h>
#include <stdint.h>

#include "listener/parent/cidr.h"

/*
 * A source counts on several levels: an address of IPv4 on one, an address of
 * IPv6 as its first 64, 56 and 48 bits. Limits double with each level.
 */
#define LEVELS 3

/* What is known of a source, or of a network, while there is something. */
struct track {
	uint8_t bytes[16]; /* those bits of it that count, the rest zero */
	uint8_t bits;      /* how many: 128, 64, 56 or 48 */
	bool barred;       /* the penalty grew so high that it is enforced */
	bool failed;       /* the penalty is not for refused tries alone */
	unsigned sessions; /* now */
	unsigned waiting;  /* of them, those that have proven nothing yet */
	int64_t since;     /* the sum of when these began */
	int64_t until;     /* when its penalty ends, clock_now_ms() time */
	int64_t known;     /* until when it counts as proven lately */
};

/* The table is a fixed size: rows by a keyed hash, the least bad evicted. */
#define TRACK_ROWS 512
#define TRACK_WAYS 32

struct tracks {
	uint64_t key; /* random */
	struct track list[TRACK_ROWS][TRACK_WAYS];
};

/* Makes an empty table, with a key of its own. */
void tracks_open(struct tracks *table);

/*
 * Finds the tracks of a source, from the lowest level up; NULL for levels that
 * it does not have. A source without tracks gets new ones. Returns whether
 * there was room for all. now_ms is clock_now_ms() time, here and below.
 */
bool tracks_find(struct tracks *table, const struct source *source,
    int64_t now_ms, struct track *found[LEVELS]);

/* What is left of the penalty, in milliseconds. */
int64_t track_penalty(const struct track *track, int64_t now_ms);

/* A session cost that much; failed, if it did more than use time. */
void tracks_charge(struct track *const tracks[LEVELS], int64_t ms, bool failed,
    int64_t now_ms);

/*
 * A try was refused, which may be nobody's fault: that makes a claim worse and
 * a bar longer, but bars nobody.
 */
void tracks_charge_refused(struct track *const tracks[LEVELS], int64_t now_ms);

/* Whether there is a penalty that is not for refused tries alone. */
bool tracks_have_failed(struct track *const tracks[LEVELS], int64_t now_ms);

#endif
