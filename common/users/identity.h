/*
 * Who we are, where the directory is, and which passwords a connection
 * takes. chat-listen(1), chat-send(1), IDENTITY.
 */
#ifndef COMMON_USERS_IDENTITY_H
#define COMMON_USERS_IDENTITY_H

#include <sys/socket.h>

#include "common/users/directory.h"

/* Some addresses of this host. */
struct addresses {
	size_t count;
	struct sockaddr_storage list[256];
};

/* The two passwords of a connection; they belong to the directory. */
struct passwords {
	const char *from; /* NULL when neither name has an entry */
	const char *to;
	bool from_listed; /* the name has an entry */
	bool to_listed;
	bool listed; /* who knows both has proven what others cannot */
};

/*
 * Where the directory is: the option when there is one, else
 * $CHAT_DIRECTORY; else the first of these that can be read:
 * chat/users.json below $XDG_CONFIG_HOME or $HOME/.config,
 * $CREDENTIALS_DIRECTORY/users.json, /etc/chat-listen/users.json; else the
 * first of these. Returns 0, or CHAT_ETOOLONG, or CHAT_EDIRECTORY when
 * nothing says where.
 */
int identity_directory(const char *option, char *path, size_t size);

/* Whether the option or $CHAT_DIRECTORY names the directory. */
bool identity_is_named(const char *option);

/* Spells the places that are searched if neither names the directory. */
#define SIZE_PLACES 1024
void identity_places(char places[SIZE_PLACES]);

/*
 * Our name as the option, else $CHAT_USER, says it. Returns 0 with name
 * empty when neither does; CHAT_EMALFORMED, with the bad one in *bad, when it
 * is no name.
 */
int identity_given(
    const char *option, char name[LIMIT_NAME + 1], const char **bad);

/* Our login name. Returns 0, or CHAT_EMALFORMED when it is no valid name. */
int identity_login(char name[LIMIT_NAME + 1]);

/*
 * The name of the one entry whose port is `port` and whose ip is one of
 * these addresses, or "localhost". Returns 0, with name empty when there is
 * none; CHAT_EAMBIGUOUS, with two of them in others.
 */
int identity_at(const struct directory *directory, uint16_t port,
    const struct addresses *addresses, char name[LIMIT_NAME + 1],
    const char *others[2]);

/* Fills in the addresses of this host. Returns 0 or CHAT_EIO. */
int identity_addresses(struct addresses *addresses);

/*
 * pw(from) and pw(to): the password of a name's entry; a name without one
 * borrows the other's. chat-protocol(7), PASSWORDS.
 * A sender who knows both counts as listed when pw(from) is their own: it has
 * an entry, that entry is not the recipient's, whose password every sender
 * may have, and no other entry has the same password.
 */
void identity_passwords(const struct directory *directory, const char *from,
    const char *to, struct passwords *passwords);

#endif
