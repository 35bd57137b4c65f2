/* Finds the destinations of a message. */
#include "sender/destination.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <readpassphrase.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/error.h"
#include "common/base/host.h"
#include "common/base/name.h"
#include "common/base/text.h"
#include "common/users/entry.h"
#include "common/users/identity.h"
#include "sender/near.h"
#include "sender/patience.h"

/* Room for a secret with a newline, and a byte to notice a longer one. */
#define SIZE_SECRET (LIMIT_PASSWORD + 3)

/* Copies a string that is known to fit. */
static void
copy(char *to, const char *from, size_t size)
{
	if (strlcpy(to, from, size) >= size)
		errx(SEND_INTERNAL, "a name or address is too long");
}

/* Finds our name. */
static void
find_self(const struct options *options, char name[LIMIT_NAME + 1])
{
	const char *bad;

	patience_for("your login name");
	if (identity_given(options->user, name, &bad) != 0)
		errx(SEND_USAGE,
		    "-u or CHAT_USER: '%s' is not a valid user name",
		    QUOTED(bad));
	if (name[0] == '\0' && identity_login(name) != 0)
		errx(SEND_USAGE,
		    "your login name is not a valid user name; use -u");
}

/* Takes the secret into the destination, or ends the process. Wipes it. */
static void
take_secret(struct destination *destination, const char *whence, char *secret,
    size_t len)
{
	if (len > 0 && secret[len - 1] == '\n')
		len--;
	if (!password_valid(secret, len)) {
		explicit_bzero(secret, SIZE_SECRET);
		errx(SEND_DIRECTORY,
		    "%s: not a secret: it must be one line of 1 to %d bytes",
		    QUOTED(whence), LIMIT_PASSWORD);
	}
	memcpy(destination->password_to, secret, len);
	destination->password_to[len] = '\0';
	explicit_bzero(secret, SIZE_SECRET);
}

static void
read_secret(const struct options *options, struct destination *destination)
{
	char secret[SIZE_SECRET];
	struct stat st;
	size_t len = 0;
	ssize_t n;
	int fd;

	patience_for(options->secret);
	fd = open(options->secret, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd == -1 || fstat(fd, &st) != 0)
		err(SEND_DIRECTORY, "%s", QUOTED(options->secret));
	do {
		n = read(fd, secret + len, sizeof(secret) - len);
		if (n == -1 && errno != EINTR)
			err(SEND_DIRECTORY, "%s", QUOTED(options->secret));
		len += n > 0 ? (size_t)n : 0;
	} while (n != 0 && len < sizeof(secret));
	(void)close(fd);
	if (directory_exposure(&st) != NULL && !options->quiet)
		warnx("warning: %s: %s; chmod 600 keeps the secret yours",
		    QUOTED(options->secret), directory_exposure(&st));
	take_secret(destination, options->secret, secret, len);
}

static void
ask_secret(struct destination *destination)
{
	char question[LIMIT_NAME + 32], secret[SIZE_SECRET];

	(void)snprintf(question, sizeof(question),
	    "secret shared with %s: ", destination->to);
	patience_for("the secret from the terminal");
	if (readpassphrase(question, secret, sizeof(secret), RPP_REQUIRE_TTY) ==
	    NULL)
		errx(SEND_USAGE,
		    "no secret for %s, and no terminal to ask on; use -k file or -d directory",
		    destination->to);
	take_secret(destination, "the terminal", secret, strlen(secret));
}

/*
 * Finds the path of the directory. Returns whether there is one. If `needed` is
 * set and there is none, ends the process.
 */
static bool
find_directory(const struct options *options, bool needed, char path[PATH_MAX])
{
	char places[SIZE_PLACES];

	path[0] = '\0';
	if (identity_directory(options->directory, path, PATH_MAX) ==
	    CHAT_ETOOLONG)
		errx(SEND_DIRECTORY,
		    "the path of the user directory is too long");
	if (identity_is_named(options->directory))
		return true;
	if (path[0] != '\0' && access(path, R_OK) == 0)
		return true;
	if (!needed)
		return false;
	if (path[0] != '\0' && errno != ENOENT && errno != ENOTDIR)
		return true; /* opening it will tell what is wrong */
	identity_places(places);
	errx(SEND_DIRECTORY,
	    "no user directory in %s; name one with -d file or CHAT_DIRECTORY, or make one with chat-keygen: see chat-users(5)",
	    QUOTED(places));
}

/* Reads the directory: the entries of these names, or all entries. */
static void
read_directory(const struct options *options, const char *const names[],
    size_t count, struct directory *directory, const char *path)
{
	struct fault fault;
	int fd, error;

	patience_for(path);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)) == -1)
		err(SEND_DIRECTORY, "%s", QUOTED(path));
	if (names != NULL)
		error = directory_look_up(fd, names, count, directory, &fault);
	else
		error = directory_read(fd, directory, &fault);
	(void)close(fd);
	if (error == CHAT_EDIRECTORY && fault.line > 0)
		errx(SEND_DIRECTORY, "%s:%lu: %s", QUOTED(path), fault.line,
		    fault.reason);
	if (error == CHAT_EDIRECTORY)
		errx(SEND_DIRECTORY, "%s: %s", QUOTED(path), fault.reason);
	if (error != 0)
		errx(SEND_INTERNAL, "%s: %s", QUOTED(path), error_text(error));
	if (directory->exposed != NULL && !options->quiet)
		warnx("warning: %s: %s; chmod 600 keeps its passwords yours",
		    QUOTED(path), directory->exposed);
}

/* Reads our entry and those of the recipients. */
static void
read_entries(const struct options *options, const char *self,
    const struct destination destinations[], struct directory *directory,
    const char *path)
{
	const char *names[1 + MOST_RECIPIENTS] = {self};
	size_t count = 1;

	for (size_t i = 0; i < options->recipients_count; i++)
		if (destinations[i].fault == SEND_OK)
			names[count++] = destinations[i].to;
	read_directory(options, names, count, directory, path);
}

/* Handles a recipient who is not in the directory: perhaps a typing mistake. */
static void
miss(const char *path, struct destination *destination)
{
	char near[LIMIT_NAME + 1], hint[LIMIT_NAME + 32] = "";

	if (near_name(path, destination->to, near))
		(void)snprintf(hint, sizeof(hint), "; did you mean %s?", near);
	destination->fault = SEND_RECIPIENT;
	(void)snprintf(destination->reason, sizeof(destination->reason),
	    "%s is not in %.192s%s%s -L lists the names; -a, -p and -k send without it",
	    destination->to, QUOTED(path), hint, *hint == '\0' ? ";" : "");
}

/* Takes what the directory has about a recipient and about us. */
static void
look_up(const struct options *options, const struct directory *directory,
    const char *path, struct destination *destination)
{
	const struct user *user = directory_find(directory, destination->to);
	struct passwords passwords;

	if (user == NULL && options->address == NULL) {
		miss(path, destination);
		return;
	}
	/* Without -d, a secret for somebody with no entry is for both names. */
	if (user == NULL && options->directory == NULL)
		return;
	identity_passwords(
	    directory, destination->from, destination->to, &passwords);
	if (passwords.from_listed)
		copy(destination->password_from, passwords.from,
		    sizeof(destination->password_from));
	if (user == NULL)
		return;
	copy(destination->host, user->host, sizeof(destination->host));
	copy(destination->password_to, user->password,
	    sizeof(destination->password_to));
	destination->port = user->port;
}

static void
override(const struct options *options, struct destination *destination)
{
	enum host_kind kind;
	const char *why;

	if (options->address != NULL) {
		if (host_read(options->address, strlen(options->address), &kind,
			&why) != 0)
			errx(SEND_USAGE, "-a '%s': %s",
			    QUOTED(options->address), why);
		copy(destination->host, options->address,
		    sizeof(destination->host));
	}
	if (options->port != 0)
		destination->port = (uint16_t)options->port;
	if (destination->port == 0)
		errx(SEND_USAGE, "-a %s: the port is missing; use -p port",
		    options->address);
	if (options->secret != NULL)
		read_secret(options, destination);
	else if (destination->password_to[0] == '\0')
		ask_secret(destination);
}

static void
warn_weakness(const struct destination *destination)
{
	const char *to = destination->to, *from = destination->from;
	const char *password = destination->password_to;

	if (strlen(password) < WEAK_PASSWORD)
		warnx(
		    "warning: the password of %s is under %d bytes; chat-keygen makes good ones",
		    to, WEAK_PASSWORD);
	if (destination->password_from[0] != '\0' && strcmp(from, to) != 0 &&
	    strcmp(destination->password_from, password) == 0)
		warnx(
		    "warning: %s and %s have the same password, so each can pose as the other",
		    from, to);
}

static void
complete(const struct options *options, struct destination *destination)
{
	override(options, destination);
	if (!options->quiet)
		warn_weakness(destination);
	/* A name without an entry uses the other's password. */
	destination->borrowed = destination->password_from[0] == '\0';
	if (destination->borrowed)
		copy(destination->password_from, destination->password_to,
		    sizeof(destination->password_from));
}

/* Checks the name of a recipient, and fills it in if it is valid. */
static bool
name_recipient(struct destination *destination, const char *self, char *name)
{
	memset(destination, 0, sizeof(*destination));
	destination->typed = name;
	copy(destination->from, self, sizeof(destination->from));
	if (name_valid(name, strlen(name))) {
		copy(destination->to, name, sizeof(destination->to));
		return true;
	}
	destination->fault = SEND_USAGE;
	(void)snprintf(destination->reason, sizeof(destination->reason),
	    "'%.192s' is not a valid user name; name several as in alice,bob",
	    QUOTED(name));
	return false;
}

void
destination_find(
    const struct options *options, struct destination destinations[])
{
	struct directory directory = {0};
	char path[PATH_MAX], self[LIMIT_NAME + 1];
	bool any = false, listed;

	find_self(options, self);
	for (size_t i = 0; i < options->recipients_count; i++)
		any |= name_recipient(
		    &destinations[i], self, options->recipients[i]);
	if (!any)
		return;
	listed = find_directory(options, options->address == NULL, path);
	if (listed)
		read_entries(options, self, destinations, &directory, path);
	for (size_t i = 0; listed && i < options->recipients_count; i++)
		if (destinations[i].fault == SEND_OK)
			look_up(options, &directory, path, &destinations[i]);
	if (listed)
		directory_free(&directory);
	for (size_t i = 0; i < options->recipients_count; i++)
		if (destinations[i].fault == SEND_OK)
			complete(options, &destinations[i]);
}

void
destination_list(const struct options *options)
{
	struct directory directory;
	char path[PATH_MAX];

	(void)find_directory(options, true, path);
	read_directory(options, NULL, 0, &directory, path);
	for (size_t i = 0; i < directory.count; i++)
		(void)puts(directory.users[i].name);
	directory_free(&directory);
	if (fflush(stdout) != 0)
		err(SEND_IO, "standard output");
}
