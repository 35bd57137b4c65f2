/* Loading the directory. */
#include "listener/keyholder/loading.h"

#include <err.h>
#include <string.h>
#include <strings.h>

#include "common/base/error.h"

/* A directory that was read. */
struct loading {
	const struct keyholder_config *config;
	const struct meanwhile *meanwhile;
	const struct directory *directory;
	char *self; /* our name, once it is known */
};

static void
warn_fault(const char *path, const struct fault *fault)
{
	if (fault->line > 0)
		warnx("%s:%lu: %s", path, fault->line, fault->reason);
	else
		warnx("%s: %s", path, fault->reason);
}

static void
warn_weakness(const struct loading *loading)
{
	char words[SIZE_WEAKNESS];

	for (int kind = 0; kind < WEAKNESSES; kind++)
		if (directory_warning(
			&loading->directory->weakness, kind, words))
			warnx("warning: %s: %s", loading->config->path, words);
}

/* Warns if our name is there in another case only. Returns whether it is. */
static bool
warn_case(const struct loading *loading)
{
	const struct directory *directory = loading->directory;
	const char *self = loading->self, *name;
	bool found = false;

	for (size_t i = 0; i < directory->count; i++) {
		if (i % MEANWHILE_USERS == 0)
			meanwhile_serve(loading->meanwhile);
		name = directory->users[i].name;
		if (strcasecmp(name, self) != 0)
			continue;
		warnx(
		    "warning: %s: %s is not in it, but %s is; did you mean -u %s?",
		    loading->config->path, self, name, name);
		found = true;
	}
	return found;
}

/* Warns if this is another user's place: their senders come to us. */
static void
warn_place(const struct loading *loading)
{
	const struct keyholder_config *config = loading->config;
	const struct directory *directory = loading->directory;
	const char *self = loading->self;
	const struct user *own = directory_find(directory, self);
	const struct user *other =
	    identity_other_at(directory, config->port, &config->reached, self);

	if (other == NULL)
		return;
	if (own == NULL)
		warnx(
		    "warning: %s: %s is at port %u of this host, and %s is not in it; use -u %s, or another -p",
		    config->path, other->name, config->port, self, other->name);
	else
		warnx(
		    "warning: %s: %s is at port %u of this host, and %s is at %s port %u; use -u %s, or another -p",
		    config->path, other->name, config->port, self, own->host,
		    own->port, other->name);
}

/* Warns of what is valid, but probably a mistake. */
static void
warn_oddities(const struct loading *loading)
{
	if (loading->config->quiet)
		return;
	warn_weakness(loading);
	if (loading->directory->count == 0)
		warnx("warning: %s: the list is empty; nobody can write to you",
		    loading->config->path);
	if (directory_find(loading->directory, loading->self) != NULL ||
	    !warn_case(loading))
		warn_place(loading);
}

/* Finds our name. This happens once; a reload does not change the name. */
static int
find_self(const struct loading *loading)
{
	const struct keyholder_config *config = loading->config;
	char *self = loading->self;
	const char *others[2] = {NULL, NULL};
	int error;

	if (self[0] != '\0')
		return CHAT_OK;
	strcpy(self, config->given);
	if (self[0] != '\0')
		return CHAT_OK;
	error = identity_at(
	    loading->directory, config->port, &config->addresses, self, others);
	if (error == CHAT_EAMBIGUOUS) {
		self[0] = '\0';
		warnx(
		    "%s: both %s and %s are at port %u of this host; use -u to tell who you are",
		    config->path, others[0], others[1], config->port);
	}
	if (error != 0 || self[0] != '\0')
		return error;
	strcpy(self, config->login);
	if (self[0] == '\0') {
		warnx(
		    "%s: nobody in it is at port %u of this host; use -u to tell who you are",
		    config->path, config->port);
		return CHAT_EAMBIGUOUS;
	}
	if (directory_find(loading->directory, self) == NULL && !config->quiet)
		warnx(
		    "warning: %s: your login name, %s, is not in it; use -u if that is not your name",
		    config->path, self);
	return CHAT_OK;
}

/*
 * Whether senders without an entry can write to us. They need our entry's
 * password. If ours is the only entry, nobody expects anything else.
 */
static bool
lets_unlisted_in(const struct loading *loading)
{
	return !loading->config->strict && loading->directory->count > 1 &&
	    directory_find(loading->directory, loading->self) != NULL;
}

int
loading_run(const struct keyholder_config *config, int descriptor,
    const struct meanwhile *meanwhile, char self[LIMIT_NAME + 1],
    struct directory *directory, struct loaded *loaded)
{
	const struct loading loading = {config, meanwhile, directory, self};
	struct fault fault;
	int error = directory_read(descriptor, meanwhile, directory, &fault);

	if (error == CHAT_EDIRECTORY)
		warn_fault(config->path, &fault);
	else if (error != 0)
		warnx("%s: %s", config->path, error_text(error));
	if (error != 0)
		return error;
	if ((error = find_self(&loading)) != 0) {
		directory_free(directory);
		return error;
	}
	warn_oddities(&loading);
	loaded->unlisted = lets_unlisted_in(&loading);
	loaded->users = directory->count;
	strcpy(loaded->self, self);
	return CHAT_OK;
}
