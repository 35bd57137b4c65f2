/* The file of the log (-o): opened at the start, and again after a rotation. */
#ifndef LISTENER_PARENT_LOGFILE_H
#define LISTENER_PARENT_LOGFILE_H

#include "listener/parent/parent.h"

/*
 * Starts to open the file, which is made if it does not exist; its name is then
 * on the disk, too. With -n, it is only read. See opening_start().
 */
int logfile_start(const struct options *options);

/*
 * Waits for the result, see opening_end(). Returns the open file, which the
 * caller closes; or -1 with *why set to a constant string, or to NULL and
 * errno.
 */
int logfile_end(int opening, const char **why);

/*
 * Returns whether the folder of the file can be opened; otherwise errno is set.
 */
bool logfile_has_folder(const struct options *options);

/*
 * Opens the files of the folder whose names are the log's, '.' or '-', and more
 * characters: a rotation gives such names. Returns their number, at most
 * `most`; of more, the newest are taken. The caller closes them.
 */
size_t logfile_older(const struct options *options, int older[], size_t most);

/* While the loop serves. */
struct reopening {
	int opening; /* see opening_start(); -1 without one */
	bool again;  /* another signal came meanwhile */
};

/* Nothing is being opened yet. */
void reopening_init(struct reopening *reopening);

/*
 * Handles SIGUSR1, or a recorder whose file no longer has a name: starts to
 * open the file again. This does not block: the loop calls reopening_end() once
 * reopening->opening is readable. Returns whether the loop has to watch it.
 * Warns if there is none because of an error.
 */
bool reopening_start(struct reopening *reopening, const struct parent *parent);

/*
 * The file is open, or cannot be opened. Tells the recorder. Returns as
 * reopening_start() does.
 */
bool reopening_end(struct reopening *reopening, const struct parent *parent);

#endif
