/* Who we are, and which passwords a connection takes. */
#include "common/users/identity.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <limits.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/error.h"
#include "common/base/host.h"
#include "common/base/name.h"

/* The default places. HOME counts only where XDG_CONFIG_HOME is not set. */
static const struct {
	const char *variable, *rest;
} known_places[] = {
    {"XDG_CONFIG_HOME", "/chat/users.json"},
    {"HOME", "/.config/chat/users.json"},
    {"CREDENTIALS_DIRECTORY", "/users.json"},
    {NULL, "/etc/chat-listen/users.json"},
};

static int
join(const char *place, const char *rest, char *path, size_t size)
{
	int len = snprintf(path, size, "%s%s", place, rest);

	return len < 0 || (size_t)len >= size ? CHAT_ETOOLONG : CHAT_OK;
}

/*
 * Returns a variable that is set and not empty, else NULL; "" without a
 * variable.
 */
static const char *
setting(const char *variable)
{
	const char *value;

	if (variable == NULL)
		return "";
	value = getenv(variable);
	return value == NULL || *value == '\0' ? NULL : value;
}

/*
 * Returns the first part of a place's path, or NULL if the place does not
 * count.
 */
static const char *
place_of(size_t i)
{
	if (i == 1 && setting(known_places[0].variable) != NULL)
		return NULL;
	return setting(known_places[i].variable);
}

/*
 * Finds the first place with a readable file. Leaves path alone if there is
 * none.
 */
static bool
find_directory(char *path, size_t size)
{
	const char *place;
	char found[PATH_MAX];

	for (size_t i = 0; i < sizeof(known_places) / sizeof(known_places[0]);
	    i++) {
		place = place_of(i);
		if (place == NULL ||
		    join(place, known_places[i].rest, found, sizeof(found)) !=
			0 ||
		    access(found, R_OK) != 0)
			continue;
		return strlcpy(path, found, size) < size;
	}
	return false;
}

int
identity_directory(const char *option, char *path, size_t size)
{
	if (option == NULL)
		option = setting("CHAT_DIRECTORY");
	if (option != NULL)
		return join(option, "", path, size);
	if (find_directory(path, size))
		return CHAT_OK;
	/* No file: the first place counts, so that a message names it. */
	for (size_t i = 0;
	    i < sizeof(known_places) / sizeof(known_places[0]) - 1; i++)
		if (setting(known_places[i].variable) != NULL)
			return join(setting(known_places[i].variable),
			    known_places[i].rest, path, size);
	return CHAT_EDIRECTORY;
}

bool
identity_directory_is_named(const char *option)
{
	return option != NULL || setting("CHAT_DIRECTORY") != NULL;
}

void
identity_places(char places[SIZE_PLACES])
{
	const char *place;
	char path[PATH_MAX];

	places[0] = '\0';
	for (size_t i = 0; i < sizeof(known_places) / sizeof(known_places[0]);
	    i++) {
		place = place_of(i);
		if (place == NULL ||
		    join(place, known_places[i].rest, path, sizeof(path)) != 0)
			continue;
		if (places[0] != '\0')
			(void)strlcat(places, ", ", SIZE_PLACES);
		(void)strlcat(places, path, SIZE_PLACES);
	}
}

int
identity_given(const char *option, char name[LIMIT_NAME + 1], const char **bad)
{
	const char *given = option != NULL ? option : getenv("CHAT_USER");

	name[0] = '\0';
	if (given == NULL || (option == NULL && *given == '\0'))
		return CHAT_OK;
	*bad = given;
	if (!name_valid(given, strlen(given)))
		return CHAT_EMALFORMED;
	strcpy(name, given);
	return CHAT_OK;
}

int
identity_login(char name[LIMIT_NAME + 1])
{
	const struct passwd *pw = getpwuid(getuid());

	if (pw == NULL || !name_valid(pw->pw_name, strlen(pw->pw_name)))
		return CHAT_EMALFORMED;
	strcpy(name, pw->pw_name);
	return CHAT_OK;
}

/*
 * Sets *bytes to the bytes of an IP address. Returns their number; 0 for other
 * families.
 */
static size_t
address_bytes(const struct sockaddr_storage *address, const void **bytes)
{
	const struct sockaddr_in *in = (const void *)address;
	const struct sockaddr_in6 *in6 = (const void *)address;

	if (address->ss_family == AF_INET) {
		*bytes = &in->sin_addr;
		return sizeof(in->sin_addr);
	}
	if (address->ss_family == AF_INET6) {
		*bytes = &in6->sin6_addr;
		return sizeof(in6->sin6_addr);
	}
	return 0;
}

static bool
is_among(const char *host, const struct addresses *addresses)
{
	uint8_t wanted[sizeof(struct in6_addr)];
	const void *bytes;
	size_t len;

	if (inet_pton(AF_INET, host, wanted) == 1)
		len = sizeof(struct in_addr);
	else if (inet_pton(AF_INET6, host, wanted) == 1)
		len = sizeof(struct in6_addr);
	else
		return false;
	for (size_t i = 0; i < addresses->count; i++)
		if (address_bytes(&addresses->list[i], &bytes) == len &&
		    memcmp(bytes, wanted, len) == 0)
			return true;
	return false;
}

int
identity_at(const struct directory *directory, uint16_t port,
    const struct addresses *addresses, char name[LIMIT_NAME + 1],
    const char *others[2])
{
	name[0] = '\0';
	for (size_t i = 0; i < directory->count; i++) {
		const struct user *user = &directory->users[i];

		if (user->port != port ||
		    !(host_is_localhost(user->host) ||
			is_among(user->host, addresses)))
			continue;
		if (name[0] != '\0') {
			others[1] = user->name;
			return CHAT_EAMBIGUOUS;
		}
		others[0] = user->name;
		strcpy(name, user->name);
	}
	return CHAT_OK;
}

static bool
have_loopback(const struct addresses *addresses)
{
	return is_among("127.0.0.1", addresses) || is_among("::1", addresses);
}

static bool
is_reached(const char *host, const struct addresses *addresses)
{
	return host_is_localhost(host) ? have_loopback(addresses)
				       : is_among(host, addresses);
}

/*
 * Whether connections to it may reach us. Nothing is looked up, so only certain
 * answers count; 127.0.0.0/8 is one host.
 */
static bool
may_be_reached(const char *host, const struct addresses *addresses)
{
	enum host_kind kind;
	const char *fault;
	bool known = host_read(host, strlen(host), &kind, &fault) == 0;

	if (!known || (kind == HOST_NAME && !host_is_localhost(host)) ||
	    strchr(host, '%') != NULL)
		return true;
	if (kind == HOST_IP4 && strncmp(host, "127.", 4) == 0)
		return have_loopback(addresses);
	return is_reached(host, addresses);
}

const struct user *
identity_other_at(const struct directory *directory, uint16_t port,
    const struct addresses *addresses, const char *name)
{
	const struct user *own = directory_find(directory, name);

	if (own != NULL && own->port == port &&
	    may_be_reached(own->host, addresses))
		return NULL;
	for (size_t i = 0; i < directory->count; i++) {
		const struct user *user = &directory->users[i];

		if (user != own && user->port == port &&
		    is_reached(user->host, addresses))
			return user;
	}
	return NULL;
}

int
identity_addresses(struct addresses *addresses)
{
	const size_t room =
	    sizeof(addresses->list) / sizeof(addresses->list[0]);
	struct ifaddrs *all, *one;

	addresses->count = 0;
	if (getifaddrs(&all) != 0)
		return CHAT_EIO;
	for (one = all; one != NULL && addresses->count < room;
	    one = one->ifa_next) {
		struct sockaddr_storage *to =
		    &addresses->list[addresses->count];

		if (one->ifa_addr == NULL)
			continue;
		if (one->ifa_addr->sa_family == AF_INET)
			memcpy(to, one->ifa_addr, sizeof(struct sockaddr_in));
		else if (one->ifa_addr->sa_family == AF_INET6)
			memcpy(to, one->ifa_addr, sizeof(struct sockaddr_in6));
		else
			continue;
		addresses->count++;
	}
	freeifaddrs(all);
	return CHAT_OK;
}

void
identity_passwords(const struct directory *directory, const char *from,
    const char *to, struct passwords *passwords)
{
	const struct user *f = directory_find(directory, from);
	const struct user *t = directory_find(directory, to);

	passwords->from_has_entry = f != NULL;
	passwords->to_has_entry = t != NULL;
	passwords->listed = f != NULL && f != t && !f->shared;
	passwords->from = f != NULL ? f->password : NULL;
	passwords->to = t != NULL ? t->password : passwords->from;
	if (f == NULL)
		passwords->from = passwords->to;
}
