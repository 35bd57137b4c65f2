/* Reading the directory again, while the listener serves. */
#ifndef LISTENER_PARENT_RELOAD_H
#define LISTENER_PARENT_RELOAD_H

#include "listener/parent/parent.h"

struct reload {
	int opening; /* readable once the file is open; -1 when nothing goes on
		      */
	bool again;  /* SIGHUP came while that went on */
};

/* No reload goes on. */
void reload_init(struct reload *reload);

/*
 * SIGHUP: begins to open the file. The loop waits for neither the file nor
 * its writer: it calls reload_opened() once reload->opening is readable.
 * Returns whether there is such a descriptor, which there was not before; a
 * failure is said.
 */
bool reload_start(struct reload *reload, const struct parent *parent);

/* The loop cannot wait for that descriptor, for the reason in errno. */
void reload_give_up(struct reload *reload, const struct parent *parent);

/*
 * The file is open, or not to be had: hands it to the keyholder, whose answer
 * comes later. Returns as reload_start() does.
 */
bool reload_opened(struct reload *reload, const struct parent *parent);

/*
 * The keyholder has answered. A bad file keeps the old directory. Returns
 * whether the keyholder is still there.
 */
bool reload_answered(const struct parent *parent);

/* Says, once a directory was read, whom it lets in beside those in it. */
void reload_tell(const struct options *options, const struct loaded *loaded);

#endif
