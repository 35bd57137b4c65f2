/*
 * Who we are, where the directory is, and which passwords a connection uses.
 * chat-listen(1), chat-send(1), IDENTITY.
 */
#ifndef COMMON_USERS_IDENTITY_H
#define COMMON_USERS_IDENTITY_H

#include <sys/socket.h>

#include "common/users/directory.h"

/* The IP addresses of this host, at most 256 of them. */
struct addresses {
	size_t count;
	struct sockaddr_storage list[256];
};

/* The two passwords of a connection. They belong to the directory. */
struct passwords {
	const char *from; /* NULL if neither name has an entry */
	const char *to;
	bool from_has_entry; /* the name has an entry */
	bool to_has_entry;
	bool listed; /* a sender who knows both proves who they are */
};

/*
 * Finds the path of the directory and writes it to path, which has room for
 * size bytes. It is the option unless that is NULL, else $CHAT_DIRECTORY, else
 * the first of these that can be read: chat/users.json in $XDG_CONFIG_HOME or
 * else in $HOME/.config, $CREDENTIALS_DIRECTORY/users.json,
 * /etc/chat-listen/users.json. If none can be read, it is the first of them.
 * Returns 0; CHAT_ETOOLONG; CHAT_EDIRECTORY if there is no file and no variable
 * is set.
 */
int identity_directory(const char *option, char *path, size_t size);

/* Returns whether the option or $CHAT_DIRECTORY names the directory. */
bool identity_directory_is_named(const char *option);

/* Writes the default places, separated by commas, for a message. */
#define SIZE_PLACES 1024
void identity_places(char places[SIZE_PLACES]);

/*
 * Finds the name that the option, or else $CHAT_USER, gives us. Returns 0, with
 * an empty name if neither is set; CHAT_EMALFORMED if it is not a valid name,
 * with *bad pointing to it.
 */
int identity_given(
    const char *option, char name[LIMIT_NAME + 1], const char **bad);

/*
 * Finds our login name. Returns 0, or CHAT_EMALFORMED if it is not a valid user
 * name.
 */
int identity_login(char name[LIMIT_NAME + 1]);

/*
 * Finds the only entry with this port whose host is one of these addresses or
 * "localhost". Returns 0, with an empty name if there is none; CHAT_EAMBIGUOUS
 * with two such names in others, which belong to the directory.
 */
int identity_at(const struct directory *directory, uint16_t port,
    const struct addresses *addresses, char name[LIMIT_NAME + 1],
    const char *others[2]);

/*
 * Finds another user whose entry has this port and one of these addresses, at
 * which we take connections as `name`. Returns NULL if there is none, or if the
 * entry of `name` itself is, or may be, at this place: nothing is looked up, so
 * a host name or an address with an interface may be anywhere.
 */
const struct user *identity_other_at(const struct directory *directory,
    uint16_t port, const struct addresses *addresses, const char *name);

/* Fills in the addresses of this host. Returns 0 or CHAT_EIO. */
int identity_addresses(struct addresses *addresses);

/*
 * Sets pw(from) and pw(to): each is the password of the name's entry. A name
 * without an entry uses the other's password. chat-protocol(7), PASSWORDS.
 * `listed` is set if pw(from) is known to nobody but the sender and us: `from`
 * has an entry; it is not the recipient's, whose password every sender may
 * have; and no other entry has the same password.
 */
void identity_passwords(const struct directory *directory, const char *from,
    const char *to, struct passwords *passwords);

#endif
