/* The user directory: reading it, checking it, finding users in it. */
#include "common/users/directory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/error.h"
#include "common/users/list.h"

#define LEAST_ENTRY \
	(sizeof("{'username':'a','password':'p','port':1,'ip':'h'}") - 1)
/* Bytes of the strings kept from an entry, with their NULs. */
#define LONGEST_STRINGS (LIMIT_NAME + LIMIT_PASSWORD + LIMIT_HOST + 3)
#define FIRST_READ ((size_t)65536) /* bytes; doubled as needed, for a pipe */

/* Wipes and frees memory, if it is not NULL. */
static void
wipe_and_free(char *bytes, size_t len, const struct meanwhile *meanwhile)
{
	size_t piece;

	for (size_t i = 0; bytes != NULL && i < len; i += piece) {
		piece = len - i < MEANWHILE_BYTES ? len - i : MEANWHILE_BYTES;
		explicit_bzero(bytes + i, piece);
		meanwhile_serve(meanwhile);
	}
	free(bytes);
}

/* FNV-1a. The owner of the directory chooses the names, not a stranger. */
static size_t
hash_of(const char *string)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (; *string != '\0'; string++)
		hash = (hash ^ (uint8_t)*string) * 0x100000001b3;
	return (size_t)(hash ^ hash >> 29);
}

/* Returns the bucket that has this name, or the empty one where it would go. */
static uint32_t *
bucket_of(const struct directory *d, const char *name)
{
	size_t mask = d->buckets_count - 1;

	for (size_t i = hash_of(name) & mask;; i = (i + 1) & mask)
		if (d->buckets[i] == 0 ||
		    strcmp(d->users[d->buckets[i] - 1].name, name) == 0)
			return &d->buckets[i];
}

/* A directory under construction. */
struct making {
	struct directory *directory;
	const struct meanwhile *meanwhile;
	const char *const *names; /* the users to keep, or NULL to keep all */
	size_t names_count;
	size_t used;   /* bytes of directory->strings in use */
	size_t passed; /* entries that were read */
};

/* Returns an upper bound for the number of entries, which is close to it. */
static size_t
count_braces(const struct making *making, const char *json, size_t len)
{
	const char *end = json + len;
	size_t count = 0;

	while (json != NULL && json < end) {
		json = memchr(json, '{', (size_t)(end - json));
		if (json != NULL) {
			count++;
			json++;
		}
		if (count % MEANWHILE_USERS == 0)
			meanwhile_serve(making->meanwhile);
	}
	return count;
}

/* Allocates room for `most` users; the hash table is at most half full. */
static int
make_room(struct directory *d, size_t most, size_t strings_size)
{
	d->buckets_count = 16;
	while (d->buckets_count < 2 * most)
		d->buckets_count *= 2;
	d->strings = malloc(strings_size);
	d->users = reallocarray(NULL, most + 1, sizeof(*d->users));
	d->buckets = calloc(d->buckets_count, sizeof(*d->buckets));
	if (d->strings != NULL)
		d->strings_size = strings_size;
	if (d->strings != NULL && d->users != NULL && d->buckets != NULL)
		return CHAT_OK;
	directory_free(d);
	return CHAT_EINTERNAL;
}

static int
furnish(const struct making *making, const char *json, size_t len)
{
	size_t most = making->names_count;

	/* One more, because a duplicate is stored before it is noticed. */
	if (making->names != NULL)
		return make_room(
		    making->directory, most, (most + 1) * LONGEST_STRINGS);
	most = count_braces(making, json, len);
	if (most > len / LEAST_ENTRY)
		most = len / LEAST_ENTRY;
	/* A string with its NUL is not longer than its spelling with quotes. */
	return make_room(making->directory, most, len + 1);
}

/*
 * Appends a copy of a string. make_room() was given the room for all of them.
 */
static const char *
keep(struct making *making, const struct json_text *text)
{
	struct directory *d = making->directory;
	char *copy = d->strings + making->used;

	if (text->len >= d->strings_size - making->used)
		abort();
	memcpy(copy, text->bytes, text->len);
	copy[text->len] = '\0';
	making->used += text->len + 1;
	return copy;
}

static bool
is_wanted(const struct making *making, const struct entry *entry)
{
	const char *name;

	for (size_t i = 0; i < making->names_count; i++) {
		name = making->names[i];
		if (strncmp(name, entry->name.bytes, entry->name.len) == 0 &&
		    name[entry->name.len] == '\0')
			return true;
	}
	return making->names == NULL;
}

static void
note_length(struct weakness *weakness, const char *name, size_t len)
{
	if (len < WEAK_PASSWORD && weakness->short_count++ == 0)
		weakness->short_password = name;
}

static int
add(const struct entry *entry, void *arg, struct fault *fault)
{
	struct making *making = arg;
	struct directory *d = making->directory;
	const char *name;
	uint32_t *bucket;

	if (making->passed++ % MEANWHILE_USERS == 0)
		meanwhile_serve(making->meanwhile);
	if (!is_wanted(making, entry))
		return CHAT_OK;
	name = keep(making, &entry->name);
	bucket = bucket_of(d, name);
	if (*bucket != 0)
		return fault_set(
		    fault, entry->line, "%s is listed twice", name);
	d->users[d->count] = (struct user){.name = name,
	    .password = keep(making, &entry->password),
	    .host = keep(making, &entry->host),
	    .port = entry->port};
	*bucket = (uint32_t)++d->count;
	note_length(&d->weakness, name, entry->password.len);
	return CHAT_OK;
}

/* Marks two users with the same password; remembers the first two. */
static void
pair_up(struct directory *d, struct user *earlier, struct user *later)
{
	if (d->weakness.same_password[0] == NULL) {
		d->weakness.same_password[0] = earlier->name;
		d->weakness.same_password[1] = later->name;
	}
	earlier->shared = later->shared = true;
}

/* Marks users with the same password; finds them with a second hash table. */
static int
mark_shared(struct directory *d, const struct meanwhile *meanwhile)
{
	size_t mask = d->buckets_count - 1;
	uint32_t *buckets = calloc(d->buckets_count, sizeof(*buckets));

	if (buckets == NULL)
		return CHAT_EINTERNAL;
	for (size_t u = 0; u < d->count; u++) {
		size_t i = hash_of(d->users[u].password) & mask;

		if (u % MEANWHILE_USERS == 0)
			meanwhile_serve(meanwhile);
		while (buckets[i] != 0 &&
		    strcmp(d->users[buckets[i] - 1].password,
			d->users[u].password) != 0)
			i = (i + 1) & mask;
		if (buckets[i] != 0)
			pair_up(d, &d->users[buckets[i] - 1], &d->users[u]);
		else
			buckets[i] = (uint32_t)(u + 1);
	}
	freezero(buckets, d->buckets_count * sizeof(*buckets));
	return CHAT_OK;
}

static int
make(struct making *making, const char *json, size_t len, struct fault *fault)
{
	struct directory *directory = making->directory;
	int error;

	memset(directory, 0, sizeof(*directory));
	if ((error = furnish(making, json, len)) != 0)
		return error;
	error = list_read(json, len, add, making, fault);
	if (error == 0 && making->names == NULL)
		error = mark_shared(directory, making->meanwhile);
	if (error != 0)
		directory_free(directory);
	else
		directory->strings_size = making->used; /* to be wiped */
	return error;
}

int
directory_parse(const char *json, size_t len, struct directory *directory,
    struct fault *fault)
{
	struct making making = {.directory = directory};

	return make(&making, json, len, fault);
}

/* Doubles a buffer. Wipes the old one. */
static int
widen(char **buffer, size_t *size)
{
	size_t wide = *size == 0 ? FIRST_READ : 2 * *size;
	char *room = malloc(wide);

	if (room == NULL)
		return CHAT_EINTERNAL;
	if (*size > 0)
		memcpy(room, *buffer, *size);
	freezero(*buffer, *size);
	*buffer = room;
	*size = wide;
	return CHAT_OK;
}

/*
 * Reads the whole file. The buffer has at least one byte of room to notice the
 * end.
 */
static int
read_all(int fd, const struct stat *st, const struct meanwhile *meanwhile,
    char **buffer, size_t *size, size_t *len, struct fault *fault)
{
	ssize_t n;

	if (st->st_size > (off_t)LIMIT_DIRECTORY)
		*len = LIMIT_DIRECTORY + 1; /* too long; do not read it */
	else if (S_ISREG(st->st_mode) && st->st_size > 0) {
		*size = (size_t)st->st_size + 1;
		if ((*buffer = malloc(*size)) == NULL)
			return CHAT_EINTERNAL;
	}
	for (;;) {
		if (*len > LIMIT_DIRECTORY)
			return fault_set(fault, 0,
			    "the file is longer than %zu bytes",
			    LIMIT_DIRECTORY);
		if (*len == *size && widen(buffer, size) != 0)
			return CHAT_EINTERNAL;
		n = read(fd, *buffer + *len,
		    *size - *len < MEANWHILE_BYTES ? *size - *len
						   : MEANWHILE_BYTES);
		meanwhile_serve(meanwhile);
		if (n == 0)
			return CHAT_OK;
		if (n > 0)
			*len += (size_t)n;
		else if (errno != EINTR)
			return fault_set(fault, 0, "%s", strerror(errno));
	}
}

const char *
directory_exposure(const struct stat *st)
{
	bool readable = (st->st_mode & S_IROTH) != 0;

	if (!S_ISREG(st->st_mode))
		return NULL;
	if ((st->st_mode & S_IWOTH) != 0)
		return readable ? "readable and writable by others"
				: "writable by others";
	return readable ? "readable by others" : NULL;
}

static int
make_from(int fd, struct making *making, struct fault *fault)
{
	struct stat st;
	char *buffer = NULL;
	size_t size = 0, len = 0;
	int error;

	memset(making->directory, 0, sizeof(*making->directory));
	if (fstat(fd, &st) != 0)
		return fault_set(fault, 0, "%s", strerror(errno));
	error =
	    read_all(fd, &st, making->meanwhile, &buffer, &size, &len, fault);
	if (error == 0)
		error = make(making, buffer, len, fault);
	if (error == 0)
		making->directory->weakness.exposed = directory_exposure(&st);
	wipe_and_free(buffer, size, making->meanwhile);
	return error;
}

int
directory_read(int fd, const struct meanwhile *meanwhile,
    struct directory *directory, struct fault *fault)
{
	struct making making = {.directory = directory, .meanwhile = meanwhile};

	return make_from(fd, &making, fault);
}

int
directory_look_up(int fd, const char *const names[], size_t count,
    struct directory *directory, struct fault *fault)
{
	struct making making = {
	    .directory = directory, .names = names, .names_count = count};

	return make_from(fd, &making, fault);
}

const struct user *
directory_find(const struct directory *directory, const char *name)
{
	uint32_t i =
	    directory->buckets_count == 0 ? 0 : *bucket_of(directory, name);

	return i == 0 ? NULL : &directory->users[i - 1];
}

bool
directory_warning(
    const struct weakness *weakness, int kind, char words[SIZE_WEAKNESS])
{
	int len = 0;

	if (kind == 0 && weakness->exposed != NULL)
		len = snprintf(words, SIZE_WEAKNESS,
		    "%s; chmod 600 keeps its passwords private",
		    weakness->exposed);
	if (kind == 1 && weakness->short_count > 0)
		len = snprintf(words, SIZE_WEAKNESS,
		    "%zu password%s under %d bytes, first that of %s; chat-keygen makes good ones",
		    weakness->short_count,
		    weakness->short_count == 1 ? " is" : "s are", WEAK_PASSWORD,
		    weakness->short_password);
	if (kind == 2 && weakness->same_password[0] != NULL)
		len = snprintf(words, SIZE_WEAKNESS,
		    "%s and %s have the same password, so each can pose as the other, and neither counts as listed",
		    weakness->same_password[0], weakness->same_password[1]);
	return len > 0;
}

void
directory_free_beside(
    struct directory *directory, const struct meanwhile *meanwhile)
{
	wipe_and_free(directory->strings, directory->strings_size, meanwhile);
	free(directory->users);
	free(directory->buckets);
	memset(directory, 0, sizeof(*directory));
}

void
directory_free(struct directory *directory)
{
	directory_free_beside(directory, NULL);
}
