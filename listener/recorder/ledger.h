/*
 * The ledger: the file of the log, to which messages are appended, many with
 * one write and one sync. The id of a message is remembered once the message is
 * on the disk.
 */
#ifndef LISTENER_RECORDER_LEDGER_H
#define LISTENER_RECORDER_LEDGER_H

#include <stdbool.h>

#include "common/log/chain.h"
#include "common/log/memory.h"
#include "listener/recorder/disk.h"
#include "listener/recorder/reading.h"

#define LEDGER_MOST 64 /* messages in one write */
#define LEDGER_BYTES CHAIN_WRITE_MOST

/* A message that waits for the next write. */
struct ledger_line {
	char *bytes; /* in ledger->page */
	size_t len;
	struct mark mark;
	struct chain behind; /* its number and its hash, after the write */
};

struct ledger {
	const struct suite *suite;
	const struct disk *disk;
	struct memory *memory;
	int fd;
	off_t size;         /* of the part of the file that is synced */
	struct chain chain; /* behind that part */
	bool dead;  /* nothing can be appended to the file from now on */
	char *page; /* LEDGER_BYTES, for one write */
	size_t page_len;
	struct ledger_line lines[LEDGER_MOST];
	size_t count;
};

enum ledger_status {
	LEDGER_NEW,   /* nothing is known of its id */
	LEDGER_WAITS, /* it is the last one of ledger->lines now */
	LEDGER_KNOWN, /* it is on the disk */
	LEDGER_TAKEN, /* another text with this id is on the disk */
	LEDGER_LATER, /* another message with this id waits */
};

/*
 * Locks the file, for as long as the descriptor or a copy of it is open.
 * Returns 0, or CHAT_EBUSY if somebody else has it locked.
 */
int ledger_lock(int fd);

/*
 * Goes on with a locked file, where the log is as reading_log() found it: cuts
 * a torn write off, makes sure that the rest is on the disk, and gives an empty
 * file its first line. The ledger owns the descriptor from then on, also after
 * an error. memory must outlive the ledger. Returns 0; CHAT_EBUSY if the older
 * file from which the log goes on is locked, or has changed since; CHAT_EIO
 * with errno set; CHAT_EINTERNAL. After an error, only ledger_close() may
 * follow.
 */
int ledger_open(struct ledger *ledger, const struct suite *suite,
    const struct disk *disk, struct memory *memory, int fd,
    const struct reading *reading);

/* Closes the file and frees everything but the memory. */
void ledger_close(struct ledger *ledger);

/* Returns whether the next write has no room for one more message. */
bool ledger_is_full(const struct ledger *ledger);

/*
 * Looks a message up by its mark. If it is LEDGER_KNOWN, sets *behind to the
 * chain behind its line. Never returns LEDGER_WAITS.
 */
enum ledger_status ledger_look(
    const struct ledger *ledger, const struct mark *mark, struct chain *behind);

/*
 * Looks a message up, as ledger_look() does. If nothing is known of its id,
 * adds it to the next write, which must have room: then it is LEDGER_WAITS.
 * record->position is ignored. Sets *status. Returns 0 or CHAT_EINTERNAL.
 */
int ledger_add(struct ledger *ledger, const struct mark *mark,
    const struct record *record, enum ledger_status *status);

/*
 * Appends all messages that wait, and syncs. Returns 0: they are on the disk,
 * and ledger->lines says where, until ledger_clear(). Returns CHAT_ECLOSED: the
 * file no longer has a name, or was emptied. The messages still wait, and
 * ledger_reopen() may be next. Returns CHAT_EIO with errno set, or
 * CHAT_EINTERNAL: no message was appended, and the next write may succeed,
 * unless ledger->dead is set. Returns CHAT_EMALFORMED with ledger->dead set:
 * somebody else changed the file.
 */
int ledger_commit(struct ledger *ledger);

/* Forgets the messages of the last write, or those that wait. */
void ledger_clear(struct ledger *ledger);

/*
 * Goes on in another file, which is locked here. It must be empty, or end where
 * the chain stands. The old file is closed. Messages that wait still do.
 * Returns as ledger_open() does; also CHAT_EBUSY if the file is locked, and
 * CHAT_EMALFORMED if it is not such a file. After an error the old file is
 * still in use, and fd is the caller's to close.
 */
int ledger_reopen(struct ledger *ledger, int fd);

#endif
