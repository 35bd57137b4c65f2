/*
 * The spool: a folder that has a folder for each recipient and way, the queue,
 * in which each message is a file. chat-spool(1), FILES.
 */
#ifndef SENDER_KEEP_QUEUE_H
#define SENDER_KEEP_QUEUE_H

#include "sender/failure.h"
#include "sender/keep/letter.h"
#include "sender/keep/medium.h"

#define NO_FOLDER (-1)

struct spool {
	int fd; /* NO_FOLDER if there is no spool yet */
	const struct medium *medium;
	char path[PATH_MAX];
};

struct queue {
	int fd;
	const struct medium *medium;
};

/* alice~0a1b2c3d: the recipient, and a checksum of the way. */
#define SIZE_QUEUE_NAME (LIMIT_NAME + 10)

/*
 * The name of a message's file: the time at which it was kept, in nanoseconds,
 * and the id that people see, both in hexadecimal. Names sort by time.
 */
#define LEN_TIME 16
#define LEN_FILE_NAME (LEN_TIME + 1 + 2 * SIZE_ID)
#define SIZE_FILE_NAME (LEN_FILE_NAME + 1)

/* What the name of a file starts with while it is being written. */
#define INCOMPLETE ".new-"

/* With the name of a queue, or of a state, behind it. */
#define SIZE_LONG_NAME (SIZE_FILE_NAME + SIZE_QUEUE_NAME + 16)

/*
 * The folder of messages that were not delivered in time. queue_open() opens it
 * too.
 */
#define FAILED "failed"

/*
 * Opens the spool: $STATE_DIRECTORY/spool, else chat/spool in $XDG_STATE_HOME
 * or in $HOME/.local/state. Makes its folders if `create` is set. Refuses a
 * folder that belongs to somebody else or that others may write to. Returns
 * SEND_OK, or SEND_IO with *failure set.
 */
enum send_exit spool_open(struct spool *spool, const struct medium *medium,
    bool create, struct failure *failure);

void spool_close(struct spool *spool);

/*
 * The same for a queue of it. A queue that was opened with `create` is on the
 * disk. Without it, queue->fd is NO_FOLDER if there is no such queue.
 */
enum send_exit queue_open(const struct spool *spool, const char *name,
    bool create, struct queue *queue, struct failure *failure);

/*
 * Closes it, and gives its lock back, also if processes that were forked since
 * have it open.
 */
void queue_close(struct queue *queue);

/* Spells the name of the queue for this way. */
void queue_name(const struct way *way, char name[SIZE_QUEUE_NAME]);

/* Whether a name could be that of a queue. */
bool queue_is_name(const char *name);

/*
 * Takes the lock, until queue_close(), or until this process and those that it
 * has forked since have ended. Only who has it makes attempts, and renames or
 * removes messages. Returns whether it was free.
 */
bool queue_lock(const struct queue *queue);

/* Spells a new name, which sorts behind all earlier ones of this process. */
void queue_new_file(const uint8_t id[SIZE_ID], char name[SIZE_FILE_NAME]);

/* Whether this is the name of a message's file. */
bool queue_is_file(const char *name);

/* Spells the id that people know a message by, which is in its file's name. */
void queue_spell_id(const char *file, char id[2 * SIZE_ID + 1]);

/*
 * Puts a file of `size` bytes there, whole and synced. Returns 0, or CHAT_EIO
 * with errno set and nothing there.
 */
int queue_put(
    const struct queue *queue, const char *name, const char *file, size_t size);

/*
 * The same in the place of a file with this name, if there is one. After
 * CHAT_EIO, one of the two is there. Without `sync`, a loss of power may leave
 * another content.
 */
int queue_replace(const struct queue *queue, const char *name, const char *file,
    size_t size, bool sync);

/*
 * Reads the file of a message. Returns 0 with *letter set, and *text, into
 * `file`, and *len; CHAT_EIO with errno set; CHAT_EMALFORMED if it is not a
 * file of ours, or damaged.
 */
int queue_get(int folder, const char *name, char file[SIZE_LETTER],
    struct letter *letter, const char **text, size_t *len);

/* Removes a file. Without `sync`, a loss of power may bring it back. */
int queue_remove(const struct queue *queue, const char *name, bool sync);

#endif
