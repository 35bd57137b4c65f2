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

/* Room for a password with a newline, and a byte to notice a longer one. */
#define SIZE_INPUT (LIMIT_PASSWORD + 3)

/* Finds our name. */
static enum send_exit
find_self(const struct options *options, char name[LIMIT_NAME + 1],
    struct failure *failure)
{
	const char *bad;

	patience_for("your login name");
	if (identity_given(options->user, name, &bad) != 0)
		return failure_set(failure, SEND_USAGE,
		    "-u or CHAT_USER: '%s' is not a valid user name",
		    QUOTED(bad));
	if (name[0] == '\0' && identity_login(name) != 0)
		return failure_set(failure, SEND_USAGE,
		    "your login name is not a valid user name; use -u");
	return SEND_OK;
}

/* Takes a valid password into the vault, and wipes it here in any case. */
static enum send_exit
take_password(struct destination *destination, const char *whence,
    char *password, size_t len, struct failure *failure)
{
	char *to = destination->passwords->to;

	if (len > 0 && password[len - 1] == '\n')
		len--;
	if (password_valid(password, len)) {
		memcpy(to, password, len);
		to[len] = '\0';
	} else {
		(void)failure_set(failure, SEND_DIRECTORY,
		    "%s: not a secret: it must be one line of 1 to %d bytes",
		    QUOTED(whence), LIMIT_PASSWORD);
	}
	explicit_bzero(password, SIZE_INPUT);
	return failure->status;
}

static enum send_exit
read_password(const struct options *options, struct destination *destination,
    struct failure *failure)
{
	char password[SIZE_INPUT];
	struct stat st;
	size_t len = 0;
	ssize_t n;
	int fd;

	patience_for(options->key_file);
	fd = open(options->key_file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd == -1 || fstat(fd, &st) != 0)
		return failure_of_system(
		    failure, SEND_DIRECTORY, "%s", QUOTED(options->key_file));
	do {
		n = read(fd, password + len, sizeof(password) - len);
		len += n > 0 ? (size_t)n : 0;
	} while (n != 0 && len < sizeof(password) && (n > 0 || errno == EINTR));
	if (n == -1) {
		(void)failure_of_system(
		    failure, SEND_DIRECTORY, "%s", QUOTED(options->key_file));
		explicit_bzero(password, sizeof(password));
	}
	(void)close(fd);
	if (n == -1)
		return failure->status;
	if (directory_exposure(&st) != NULL && !options->quiet)
		warnx("warning: %s: %s; chmod 600 keeps the secret private",
		    QUOTED(options->key_file), directory_exposure(&st));
	return take_password(
	    destination, options->key_file, password, len, failure);
}

static enum send_exit
ask_password(const struct options *options, struct destination *destination,
    struct failure *failure)
{
	char question[LIMIT_NAME + 32], password[SIZE_INPUT];

	if (options->keep_s != 0)
		return failure_set(failure, SEND_USAGE,
		    "no secret for %s that a later attempt could read; with -s, use -k file or -d directory",
		    destination->to);
	(void)snprintf(question, sizeof(question),
	    "secret shared with %s: ", destination->to);
	patience_for("the secret from the terminal");
	if (readpassphrase(
		question, password, sizeof(password), RPP_REQUIRE_TTY) == NULL)
		return failure_set(failure, SEND_USAGE,
		    "no secret for %s, and no terminal to ask on; use -k file or -d directory",
		    destination->to);
	return take_password(
	    destination, "the terminal", password, strlen(password), failure);
}

/*
 * Finds the path of the directory. The path is empty if there is no directory
 * and none is needed.
 */
static enum send_exit
find_directory(const struct options *options, bool needed, char path[PATH_MAX],
    struct failure *failure)
{
	char places[SIZE_PLACES];

	path[0] = '\0';
	if (identity_directory(options->directory, path, PATH_MAX) ==
	    CHAT_ETOOLONG)
		return failure_set(failure, SEND_DIRECTORY,
		    "the path of the user directory is too long");
	if (identity_directory_is_named(options->directory) ||
	    (path[0] != '\0' && access(path, R_OK) == 0))
		return SEND_OK;
	if (needed && path[0] != '\0' && errno != ENOENT && errno != ENOTDIR)
		return SEND_OK; /* opening it will tell what is wrong */
	path[0] = '\0';
	if (!needed)
		return SEND_OK;
	identity_places(places);
	return failure_set(failure, SEND_DIRECTORY,
	    "no user directory in %s; name one with -d file or CHAT_DIRECTORY, or make one with chat-keygen: see chat-users(5)",
	    QUOTED(places));
}

/* Reads the directory: the entries of these names, or all entries. */
static enum send_exit
read_directory(const struct options *options, const char *const names[],
    size_t count, struct directory *directory, const char *path,
    struct failure *failure)
{
	struct fault fault;
	int fd, error;

	patience_for(path);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)) == -1)
		return failure_of_system(
		    failure, SEND_DIRECTORY, "%s", QUOTED(path));
	if (names != NULL)
		error = directory_look_up(fd, names, count, directory, &fault);
	else
		error = directory_read(fd, NULL, directory, &fault);
	(void)close(fd);
	if (error == CHAT_EDIRECTORY && fault.line > 0)
		return failure_set(failure, SEND_DIRECTORY, "%.192s:%lu: %s",
		    QUOTED(path), fault.line, fault.reason);
	if (error == CHAT_EDIRECTORY)
		return failure_set(failure, SEND_DIRECTORY, "%.192s: %s",
		    QUOTED(path), fault.reason);
	if (error != 0)
		return failure_set(failure, SEND_INTERNAL, "%s: %s",
		    QUOTED(path), error_text(error));
	if (directory->weakness.exposed != NULL && !options->quiet)
		warnx("warning: %s: %s; chmod 600 keeps its passwords private",
		    QUOTED(path), directory->weakness.exposed);
	return SEND_OK;
}

/* Reads our entry and those of the recipients. */
static enum send_exit
read_entries(const struct options *options, const char *self,
    const struct destination destinations[], struct directory *directory,
    const char *path, struct failure *failure)
{
	const char *names[1 + MOST_RECIPIENTS] = {self};
	size_t count = 1;

	for (size_t i = 0; i < options->recipients_count; i++)
		if (destinations[i].failure.status == SEND_OK)
			names[count++] = destinations[i].to;
	return read_directory(options, names, count, directory, path, failure);
}

/* Handles a recipient who is not in the directory: perhaps a typing mistake. */
static void
miss(const char *path, struct destination *destination)
{
	char near[LIMIT_NAME + 1], hint[LIMIT_NAME + 32] = "";

	if (near_name(path, destination->to, NEAR_SLIP, near))
		(void)snprintf(hint, sizeof(hint), "; did you mean %s?", near);
	(void)failure_set(&destination->failure, SEND_RECIPIENT,
	    "%s is not in %.192s%s%s -L lists the names; -a, -p and -k send without it",
	    destination->to, QUOTED(path), hint, *hint == '\0' ? ";" : "");
}

/* Takes what the directory has about a recipient and about us. */
static void
look_up(const struct options *options, const struct directory *directory,
    const char *path, struct destination *destination)
{
	const struct user *user = directory_find(directory, destination->to);
	struct password_pair *pair = destination->passwords;
	struct passwords passwords;

	if (user == NULL && options->address == NULL) {
		miss(path, destination);
		return;
	}
	/* Without -d, a password for a name without an entry is for both. */
	if (user == NULL && options->directory == NULL)
		return;
	identity_passwords(
	    directory, destination->from, destination->to, &passwords);
	if (passwords.from_has_entry)
		(void)strlcpy(pair->from, passwords.from, sizeof(pair->from));
	if (user == NULL)
		return;
	(void)strlcpy(pair->to, user->password, sizeof(pair->to));
	(void)strlcpy(destination->endpoint.host, user->host,
	    sizeof(destination->endpoint.host));
	destination->endpoint.port = user->port;
}

/* Takes the address, the port and the password from the options. */
static enum send_exit
override(const struct options *options, struct destination *destination,
    struct failure *failure)
{
	struct endpoint *endpoint = &destination->endpoint;
	const char *address = options->address, *why;
	enum host_kind kind;

	if (address != NULL &&
	    host_read(address, strlen(address), &kind, &why) != 0)
		return failure_set(
		    failure, SEND_USAGE, "-a '%s': %s", QUOTED(address), why);
	if (address != NULL)
		(void)strlcpy(endpoint->host, address, sizeof(endpoint->host));
	if (options->port != 0)
		endpoint->port = (uint16_t)options->port;
	if (endpoint->port == 0)
		return failure_set(failure, SEND_USAGE,
		    "-a %s: the port is missing; use -p port", address);
	if (options->key_file != NULL)
		return read_password(options, destination, failure);
	if (destination->passwords->to[0] == '\0')
		return ask_password(options, destination, failure);
	return SEND_OK;
}

static void
warn_weakness(const struct destination *destination)
{
	const char *to = destination->to, *from = destination->from;
	const struct password_pair *pair = destination->passwords;

	if (strlen(pair->to) < WEAK_PASSWORD)
		warnx(
		    "warning: the password of %s is under %d bytes; chat-keygen makes good ones",
		    to, WEAK_PASSWORD);
	if (pair->from[0] != '\0' && strcmp(from, to) != 0 &&
	    strcmp(pair->from, pair->to) == 0)
		warnx(
		    "warning: %s and %s have the same password, so each can pose as the other",
		    from, to);
}

static enum send_exit
complete(const struct options *options, struct destination *destination,
    struct failure *failure)
{
	struct password_pair *pair = destination->passwords;

	if (override(options, destination, failure) != SEND_OK)
		return failure->status;
	if (!options->quiet)
		warn_weakness(destination);
	/* A name without an entry uses the other's password. */
	destination->borrowed = pair->from[0] == '\0';
	if (destination->borrowed)
		memcpy(pair->from, pair->to, sizeof(pair->from));
	return SEND_OK;
}

/* Checks the name of a recipient, and fills it in if it is valid. */
static void
name_recipient(struct destination *destination, const char *self, char *name)
{
	destination->typed = name;
	(void)strlcpy(destination->from, self, sizeof(destination->from));
	if (name_valid(name, strlen(name)))
		(void)strlcpy(destination->to, name, sizeof(destination->to));
	else
		(void)failure_set(&destination->failure, SEND_USAGE,
		    "'%.192s' is not a valid user name; name several as in alice,bob",
		    QUOTED(name));
}

/* Another name proves nothing, and is shown with a question mark. */
static void
warn_case(const struct options *options, const struct directory *directory,
    const char *path, const char *self)
{
	char near[LIMIT_NAME + 1];

	if (options->quiet || directory_find(directory, self) != NULL ||
	    !near_name(path, self, NEAR_CASE, near))
		return;
	warnx("warning: %s: %s is not in it, but %s is; did you mean -u %s?",
	    QUOTED(path), self, near, near);
}

/* Takes what the directory has about us and the recipients. */
static enum send_exit
look_all_up(const struct options *options, const char *self,
    struct destination destinations[], struct failure *failure)
{
	struct directory directory = {0};
	char path[PATH_MAX];

	if (find_directory(options, options->address == NULL, path, failure) !=
		SEND_OK ||
	    path[0] == '\0')
		return failure->status;
	if (read_entries(options, self, destinations, &directory, path,
		failure) != SEND_OK)
		return failure->status;
	for (size_t i = 0; i < options->recipients_count; i++)
		if (destinations[i].failure.status == SEND_OK)
			look_up(options, &directory, path, &destinations[i]);
	warn_case(options, &directory, path, self);
	directory_free(&directory);
	return SEND_OK;
}

/* Whether at least one recipient can be sent to, as far as is known. */
static bool
any(const struct options *options, const struct destination destinations[])
{
	for (size_t i = 0; i < options->recipients_count; i++)
		if (destinations[i].failure.status == SEND_OK)
			return true;
	return false;
}

enum send_exit
destination_find(const struct options *options,
    struct destination destinations[], struct failure *failure)
{
	char self[LIMIT_NAME + 1];

	failure->status = SEND_OK;
	if (find_self(options, self, failure) != SEND_OK)
		return failure->status;
	for (size_t i = 0; i < options->recipients_count; i++) {
		memset(&destinations[i], 0, sizeof(destinations[i]));
		destinations[i].passwords = vault_passwords(i);
		name_recipient(&destinations[i], self, options->recipients[i]);
	}
	if (any(options, destinations))
		(void)look_all_up(options, self, destinations, failure);
	for (size_t i = 0;
	    failure->status == SEND_OK && i < options->recipients_count; i++)
		if (destinations[i].failure.status == SEND_OK)
			(void)complete(options, &destinations[i], failure);
	return failure->status;
}

/* Names and hosts contain no blanks. */
static void
list_user(const struct user *user, bool whole)
{
	if (whole)
		(void)printf(
		    "%s %s %d\n", user->name, user->host, (int)user->port);
	else
		(void)puts(user->name);
}

enum send_exit
destination_list(const struct options *options, struct failure *failure)
{
	struct directory directory = {0};
	char path[PATH_MAX];

	failure->status = SEND_OK;
	if (find_directory(options, true, path, failure) != SEND_OK ||
	    read_directory(options, NULL, 0, &directory, path, failure) !=
		SEND_OK)
		return failure->status;
	for (size_t i = 0; i < directory.count; i++)
		list_user(&directory.users[i], options->verbose);
	directory_free(&directory);
	if (fflush(stdout) != 0)
		return failure_of_system(failure, SEND_IO, "standard output");
	return SEND_OK;
}
