/* Reads the directory again while the loop serves. */
#include "listener/parent/reload.h"

#include <err.h>
#include <fcntl.h>
#include <unistd.h>

#include "listener/parent/change.h"
#include "listener/parent/opening.h"
#include "listener/parent/warning.h"

#define NO_FD (-1)

void
reload_init(struct reload *reload)
{
	reload->opening = NO_FD;
	reload->loading = false;
	reload->again = false;
}

static void
tell_failure(const struct parent *parent)
{
	warn("%s: not reloaded, the old directory stays",
	    parent->options->shown_directory);
}

bool
reload_start(struct reload *reload, const struct parent *parent)
{
	reload->again = reload->opening != NO_FD || reload->loading;
	if (reload->again)
		return false;
	reload->opening =
	    opening_start(parent->options->directory, O_RDONLY | O_NONBLOCK);
	if (reload->opening == NO_FD)
		tell_failure(parent);
	return reload->opening != NO_FD;
}

void
reload_give_up(struct reload *reload, const struct parent *parent)
{
	tell_failure(parent);
	(void)close(reload->opening);
	reload_init(reload);
}

bool
reload_opened(struct reload *reload, const struct parent *parent)
{
	int fd = opening_end(reload->opening);
	bool again = reload->again;

	if (!again && fd == -1)
		tell_failure(parent);
	reload_init(reload);
	if (!again && fd != -1) {
		reload->loading = keyholder_load(parent->control, fd) == 0;
		if (reload->loading)
			change_note(fd);
		else
			tell_failure(parent);
	}
	if (fd != -1)
		(void)close(fd);
	return again && reload_start(reload, parent);
}

void
reload_tell(const struct options *options, const struct loaded *loaded)
{
	if (loaded->unlisted && !options->quiet)
		warnx(
		    "%s: unlisted senders are let in too, with a question mark; -s refuses them",
		    options->shown_directory);
}

bool
reload_answered(struct reload *reload, struct parent *parent)
{
	const char *path = parent->options->shown_directory;
	struct loaded loaded;

	if (keyholder_loaded(parent->control, &loaded) != 0)
		return false;
	reload->loading = false;
	if (loaded.error != 0) {
		warnx("%s: not reloaded, the old directory stays", path);
		return true;
	}
	parent->users = loaded.users;
	warning_inform("%s: reloaded, %zu user%s", path, loaded.users,
	    loaded.users == 1 ? "" : "s");
	reload_tell(parent->options, &loaded);
	return true;
}
