/* Reads the directory again while the loop serves. */
#ifndef LISTENER_PARENT_RELOAD_H
#define LISTENER_PARENT_RELOAD_H

#include "listener/parent/parent.h"

struct reload {
	int opening;  /* see opening_start(); -1 without a reload */
	bool loading; /* the keyholder reads the file */
	bool again;   /* another SIGHUP came meanwhile */
};

/* No reload is running yet. */
void reload_init(struct reload *reload);

/*
 * Handles SIGHUP: starts to open the file. This does not block: the loop calls
 * reload_opened() once reload->opening is readable. Returns whether the loop
 * has to watch a new reload->opening. Warns if there is none because of an
 * error.
 */
bool reload_start(struct reload *reload, const struct parent *parent);

/* Gives up, because the loop cannot watch reload->opening; errno says why. */
void reload_give_up(struct reload *reload, const struct parent *parent);

/*
 * The file is open, or cannot be opened. Sends it to the keyholder, which will
 * reply later. Returns as reload_start() does.
 */
bool reload_opened(struct reload *reload, const struct parent *parent);

/*
 * Handles the keyholder's reply. If the file was bad, the old directory stays.
 * The caller starts another reload if reload->again. Returns false if the
 * keyholder has gone.
 */
bool reload_answered(struct reload *reload, struct parent *parent);

/* Warns that senders without an entry can write to us, if they can. */
void reload_tell(const struct options *options, const struct loaded *loaded);

#endif
