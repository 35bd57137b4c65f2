/*
 * The recorder: the process that appends messages to the log (-o), and syncs,
 * before they are receipted. It has texts and the log's file; it has no
 * password, no network, and can open nothing: the parent passes it the files.
 * It is forked before there is a secret.
 */
#ifndef LISTENER_RECORDER_RECORDER_H
#define LISTENER_RECORDER_RECORDER_H

#include "common/base/privdrop.h"
#include "common/chat1/suite.h"

struct recorder_config {
	const char *path;    /* of the log, for messages */
	bool check;          /* only read the log */
	bool quiet;          /* no warnings */
	unsigned long count; /* messages to record at most; 0 for no limit */
	unsigned places;     /* how many sessions there are at once */
	const struct suite *suite;
	int ticket_pipe; /* from which the key of tickets comes, see ticket.h */
	struct jail jail;
};

/* The recorder's reply to its first log. */
struct recorder_log {
	int error;    /* 0 or an error, which was explained on stderr */
	uint64_t seq; /* number of messages in the log */
};

/* One byte to the parent: the file no longer has a name; open it again. */
#define RECORDER_NEEDS_FILE 1

/*
 * Forks the recorder. *control is the channel to it, which ends it when it is
 * closed. It adds to *recorded, an eventfd(2), how many messages were recorded.
 * Returns its process id, or -1 with errno set.
 */
pid_t recorder_start(
    const struct recorder_config *config, int *control, int *recorded);

/*
 * Passes the file of the log, and at the start the `count` older files that may
 * be the log's. Returns 0, or CHAT_EIO if the recorder has gone or is busy. The
 * caller closes all of them.
 */
int recorder_pass(int control, int fd, const int older[], size_t count);

/* Tells that the file cannot be opened again. */
void recorder_pass_nothing(int control);

/* Waits for the reply to the first log. Returns 0, or CHAT_EIO if it ended. */
int recorder_opened(int control, struct recorder_log *log);

#endif
