/*
 * The tracks of sources and of their networks: what we know about them. The
 * table has a fixed size. chat-listen(1), ADMISSION.
 */
#ifndef LISTENER_PARENT_TRACKS_H
#define LISTENER_PARENT_TRACKS_H

#include <stdbool.h>
#include <stdint.h>

#include "listener/parent/cidr.h"

/*
 * A source has up to three levels. An IPv4 address has one; an IPv6 address
 * counts by its first 64, 56 and 48 bits. Limits double with each level.
 */
#define LEVELS 3

/* What is known of a source or a network. */
struct track {
	uint8_t bytes[16]; /* the first `bits` bits of it, the rest zero */
	uint8_t bits;      /* 128, 64, 56 or 48 */
	bool barred;       /* the penalty became so high that it is enforced */
	bool failed;       /* the penalty is not only for refused tries */
	unsigned sessions; /* how many there are now */
	unsigned waiting;  /* how many of them are not proven yet */
	/* In clock_now_ms() time. */
	int64_t since; /* the sum of when the waiting ones started */
	int64_t until; /* when the penalty ends */
	int64_t vain;  /* until when a session in vain counts against it */
	int64_t known; /* until when the source is known */
};

/*
 * Size of the table. A keyed hash chooses a row. In a full row, the track that
 * is worth least is replaced.
 */
#define TRACK_ROWS 512
#define TRACK_WAYS 32

struct tracks {
	uint64_t key; /* random */
	struct track list[TRACK_ROWS][TRACK_WAYS];
};

/* Makes an empty table with a random key. */
void tracks_open(struct tracks *table);

/*
 * Finds the tracks of a source, from the lowest level up; NULL for levels that
 * it does not have. Creates missing tracks. Returns whether there was room for
 * all. now_ms is clock_now_ms() time, here and below.
 */
bool tracks_find(struct tracks *table, const struct source *source,
    int64_t now_ms, struct track *tracks[LEVELS]);

/* Returns the rest of the penalty, in milliseconds. */
int64_t track_penalty(const struct track *track, int64_t now_ms);

/* Returns whether the source lately had a session that came to nothing. */
bool track_was_vain(const struct track *track, int64_t now_ms);

/* How a session that is charged to its source came to its end. */
enum charge {
	CHARGE_TIME,    /* it did not fail, it only used time */
	CHARGE_EVICTED, /* it had proven nothing when it had to make room */
	CHARGE_FAILED,
};

/* Charges a session to its source. */
void tracks_charge(struct track *const tracks[LEVELS], int64_t ms,
    enum charge charge, int64_t now_ms);

/*
 * Charges a try that was refused, which may not be the fault of its source.
 * This makes a claim worse and a bar longer, but never bars a source.
 */
void tracks_charge_refused(struct track *const tracks[LEVELS], int64_t now_ms);

/* Returns whether a penalty is not only for refused tries. */
bool tracks_have_failed(struct track *const tracks[LEVELS], int64_t now_ms);

#endif
