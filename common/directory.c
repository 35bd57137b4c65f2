/* The user directory: reading it, checking it, finding users in it. */
#include "common/directory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/error.h"
#include "common/json.h"
#include "common/name.h"
#include "common/plain.h"
#include "common/scan.h"
#include "common/text.h"

#define LEAST_ENTRY \
	(sizeof("{'username':'a','password':'p','port':1,'ip':'h'}") - 1)
#define FIRST_READ ((size_t)65536) /* grown by doubling for a pipe */

/* FNV-1a, over bytes that the directory's owner chose. */
static size_t
hash_of(const char *string)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (; *string != '\0'; string++)
		hash = (hash ^ (uint8_t)*string) * 0x100000001b3;
	return (size_t)(hash ^ hash >> 29);
}

/* The slot where a name is, or where it would go. */
static uint32_t *
slot_of(const struct directory *d, const char *name)
{
	size_t mask = d->slots_count - 1;

	for (size_t i = hash_of(name) & mask;; i = (i + 1) & mask)
		if (d->slots[i] == 0 ||
		    strcmp(d->users[d->slots[i] - 1].name, name) == 0)
			return &d->slots[i];
}

/* An upper bound for the entries in there, and a good one. */
static size_t
count_braces(const char *json, size_t len)
{
	const char *end = json + len;
	size_t count = 0;

	while (json != NULL && json < end) {
		json = memchr(json, '{', (size_t)(end - json));
		if (json != NULL) {
			count++;
			json++;
		}
	}
	return count;
}

/* Makes room for all users; their table will be at most half full. */
static int
furnish(struct directory *d, const char *json, size_t len)
{
	size_t most = count_braces(json, len);

	if (most > len / LEAST_ENTRY)
		most = len / LEAST_ENTRY;
	d->slots_count = 16;
	while (d->slots_count < 2 * most)
		d->slots_count *= 2;
	/* No string with its NUL is longer than its spelling with quotes. */
	d->strings_size = len + 1;
	d->strings = malloc(d->strings_size);
	d->users = reallocarray(NULL, most + 1, sizeof(*d->users));
	d->slots = calloc(d->slots_count, sizeof(*d->slots));
	if (d->strings != NULL && d->users != NULL && d->slots != NULL)
		return CHAT_OK;
	if (d->strings == NULL)
		d->strings_size = 0;
	directory_free(d);
	return CHAT_EINTERNAL;
}

/* Copies a string behind the others. There is room: see furnish(). */
static const char *
keep(struct directory *d, size_t *used, const char *string, size_t len)
{
	char *copy = d->strings + *used;

	if (len >= d->strings_size - *used)
		abort();
	memcpy(copy, string, len);
	copy[len] = '\0';
	*used += len + 1;
	return copy;
}

bool
password_valid(const char *password, size_t len)
{
	const char *end = password + len;
	int32_t c;

	if (len == 0 || len > LIMIT_PASSWORD)
		return false;
	while (password < end) {
		c = text_next(&password, end);
		if (c < ' ' || (c >= 0x7f && c <= 0x9f))
			return false;
	}
	return true;
}

/* A port as a number or as a string of digits; 0 when it is neither. */
static uint16_t
port_of(const cJSON *value)
{
	const char *digits = cJSON_GetStringValue(value);
	double number = cJSON_IsNumber(value) ? value->valuedouble : 0;

	if (digits != NULL && strlen(digits) <= 5 &&
	    strspn(digits, "0123456789") == strlen(digits))
		number = strtod(digits, NULL);
	if (number < 1 || number > 65535 || number != (double)(uint16_t)number)
		return 0;
	return (uint16_t)number;
}

/* Fills in a fault for a member that is not there, or there twice. */
static int
missing(const cJSON *entry, const char *key, unsigned long line,
    struct fault *fault)
{
	const cJSON *member;
	int count = 0;

	cJSON_ArrayForEach(member, entry)
	{
		if (strcmp(member->string, key) == 0)
			count++;
	}
	if (count == 0)
		return scan_fault(fault, line, "an entry has no \"%s\"", key);
	if (count > 1)
		return scan_fault(
		    fault, line, "an entry has \"%s\" twice", key);
	return scan_fault(fault, line, "\"%s\" is not a string", key);
}

static int
check_entry(const cJSON *entry, unsigned long line, struct fault *fault)
{
	const char *name = json_string(entry, "username");
	const char *password = json_string(entry, "password");
	const char *host = json_string(entry, "ip");
	const cJSON *port = json_member(entry, "port");

	if (name == NULL)
		return missing(entry, "username", line, fault);
	if (!name_valid(name, strlen(name)))
		return scan_fault(fault, line,
		    "\"username\" is not a name: 1 to %d of A-Z a-z 0-9 . _ - "
		    "@ +, starting with a letter, digit or _",
		    LIMIT_NAME);
	if (password == NULL)
		return missing(entry, "password", line, fault);
	if (!password_valid(password, strlen(password)))
		return scan_fault(fault, line,
		    "the password of %s is not 1 to %d bytes without control "
		    "characters",
		    name, LIMIT_PASSWORD);
	if (host == NULL)
		return missing(entry, "ip", line, fault);
	if (!host_valid(host, strlen(host)))
		return scan_fault(fault, line,
		    "the \"ip\" of %s is neither an address nor a host name",
		    name);
	if (port == NULL)
		return missing(entry, "port", line, fault);
	if (port_of(port) == 0)
		return scan_fault(fault, line,
		    "the \"port\" of %s is not a number from 1 to 65535", name);
	return CHAT_OK;
}

static int
add(struct directory *d, size_t *used, const struct entry *entry,
    unsigned long line, struct fault *fault)
{
	const char *name = keep(d, used, entry->name, entry->name_len);
	uint32_t *slot = slot_of(d, name);
	struct user *user;

	if (*slot != 0)
		return scan_fault(fault, line, "%s is listed twice", name);
	user = &d->users[d->count];
	user->name = name;
	user->password = keep(d, used, entry->password, entry->password_len);
	user->host = keep(d, used, entry->host, entry->host_len);
	user->port = entry->port;
	*slot = (uint32_t)++d->count;
	return CHAT_OK;
}

/* Adds an entry that cJSON has read. */
static int
add_checked(struct directory *d, size_t *used, const cJSON *json,
    unsigned long line, struct fault *fault)
{
	struct entry entry;
	int error;

	if ((error = check_entry(json, line, fault)) != 0)
		return error;
	entry.name = json_string(json, "username");
	entry.name_len = strlen(entry.name);
	entry.password = json_string(json, "password");
	entry.password_len = strlen(entry.password);
	entry.host = json_string(json, "ip");
	entry.host_len = strlen(entry.host);
	entry.port = port_of(json_member(json, "port"));
	return add(d, used, &entry, line, fault);
}

/* The line of a place in an object that starts at a line. */
static unsigned long
line_at(const char *object, const char *place, unsigned long line)
{
	for (; object < place; object++)
		line += *object == '\n';
	return line;
}

static int
parse_entry(struct directory *d, size_t *used, const char *object, size_t len,
    unsigned long line, struct fault *fault)
{
	const char *end = NULL;
	cJSON *entry;
	int error;

	if (!text_is_utf8(object, len))
		return scan_fault(fault, line, "an entry is not UTF-8");
	entry = cJSON_ParseWithLengthOpts(object, len, &end, false);
	if (entry == NULL || end != object + len) {
		cJSON_Delete(entry);
		return scan_fault(fault, line_at(object, end, line),
		    "not JSON; is a comma, a colon or a double quote missing?");
	}
	error = add_checked(d, used, entry, line, fault);
	cJSON_Delete(entry);
	return error;
}

/* The next entry, read in the short way or, if need be, in the long one. */
static int
parse_next(
    struct directory *d, size_t *used, struct scan *scan, struct fault *fault)
{
	unsigned long line = scan->line;
	struct entry entry;
	const char *object;
	size_t len;
	int error;

	if (plain_entry(&scan->next, scan->end, &scan->line, &entry))
		return add(d, used, &entry, line, fault);
	if ((error = scan_object(scan, &object, &len, fault)) != 0)
		return error;
	return parse_entry(d, used, object, len, line, fault);
}

int
directory_parse(const char *json, size_t len, struct directory *directory,
    struct fault *fault)
{
	struct scan scan;
	size_t used = 0;
	int error;

	memset(directory, 0, sizeof(*directory));
	if ((error = furnish(directory, json, len)) != 0)
		return error;
	json_set_up();
	scan_start(&scan, json, len);
	while ((error = scan_next(&scan, fault)) == 0 && !scan.ended)
		if ((error = parse_next(directory, &used, &scan, fault)) != 0)
			break;
	if (error != 0)
		directory_free(directory);
	else
		directory->strings_size = used; /* what there is to wipe */
	return error;
}

/* Twice the room, with what was there moved and its old place wiped. */
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

/* Reads all there is; one byte of room is left when the end was seen. */
static int
read_all(int fd, const struct stat *st, char **buffer, size_t *size,
    size_t *len, struct fault *fault)
{
	ssize_t n;

	if (st->st_size > (off_t)LIMIT_DIRECTORY)
		*len = LIMIT_DIRECTORY + 1; /* refused before it is read */
	else if (S_ISREG(st->st_mode) && st->st_size > 0) {
		*size = (size_t)st->st_size + 1;
		if ((*buffer = malloc(*size)) == NULL)
			return CHAT_EINTERNAL;
	}
	for (;;) {
		if (*len > LIMIT_DIRECTORY)
			return scan_fault(fault, 0,
			    "the file is longer than %zu bytes",
			    LIMIT_DIRECTORY);
		if (*len == *size && widen(buffer, size) != 0)
			return CHAT_EINTERNAL;
		n = read(fd, *buffer + *len, *size - *len);
		if (n == 0)
			return CHAT_OK;
		if (n > 0)
			*len += (size_t)n;
		else if (errno != EINTR)
			return scan_fault(fault, 0, "%s", strerror(errno));
	}
}

int
directory_read(int fd, struct directory *directory, struct fault *fault)
{
	struct stat st;
	char *buffer = NULL;
	size_t size = 0, len = 0;
	int error;

	memset(directory, 0, sizeof(*directory));
	if (fstat(fd, &st) != 0)
		return scan_fault(fault, 0, "%s", strerror(errno));
	error = read_all(fd, &st, &buffer, &size, &len, fault);
	if (error == 0)
		error = directory_parse(buffer, len, directory, fault);
	if (error == 0)
		directory->exposed =
		    S_ISREG(st.st_mode) && (st.st_mode & S_IROTH) != 0;
	freezero(buffer, size);
	return error;
}

const struct user *
directory_find(const struct directory *directory, const char *name)
{
	uint32_t i =
	    directory->slots_count == 0 ? 0 : *slot_of(directory, name);

	return i == 0 ? NULL : &directory->users[i - 1];
}

/* Finds two users with one password, through a table like that of names. */
static int
find_same(const struct directory *d, struct weakness *weakness)
{
	size_t mask = d->slots_count - 1;
	uint32_t *slots = calloc(d->slots_count, sizeof(*slots));

	if (slots == NULL)
		return CHAT_EINTERNAL;
	for (size_t u = 0; u < d->count; u++) {
		size_t i = hash_of(d->users[u].password) & mask;

		while (slots[i] != 0 &&
		    strcmp(d->users[slots[i] - 1].password,
			d->users[u].password) != 0)
			i = (i + 1) & mask;
		if (slots[i] != 0) {
			weakness->same_password[0] =
			    d->users[slots[i] - 1].name;
			weakness->same_password[1] = d->users[u].name;
			break;
		}
		slots[i] = (uint32_t)(u + 1);
	}
	freezero(slots, d->slots_count * sizeof(*slots));
	return CHAT_OK;
}

int
directory_weakness(const struct directory *directory, struct weakness *weakness)
{
	memset(weakness, 0, sizeof(*weakness));
	weakness->exposed = directory->exposed;
	for (size_t i = 0; i < directory->count; i++)
		if (strlen(directory->users[i].password) < WEAK_PASSWORD &&
		    weakness->short_count++ == 0)
			weakness->short_password = directory->users[i].name;
	return find_same(directory, weakness);
}

bool
directory_warning(
    const struct weakness *weakness, int kind, char words[SIZE_WEAKNESS])
{
	int len = 0;

	if (kind == 0 && weakness->exposed)
		len = snprintf(words, SIZE_WEAKNESS,
		    "readable by others; chmod 600 keeps its passwords yours");
	if (kind == 1 && weakness->short_count > 0)
		len = snprintf(words, SIZE_WEAKNESS,
		    "%zu password%s under %d bytes, first that of %s; "
		    "chat-keygen makes good ones",
		    weakness->short_count,
		    weakness->short_count == 1 ? " is" : "s are", WEAK_PASSWORD,
		    weakness->short_password);
	if (kind == 2 && weakness->same_password[0] != NULL)
		len = snprintf(words, SIZE_WEAKNESS,
		    "%s and %s have the same password, so each can pose as "
		    "the other",
		    weakness->same_password[0], weakness->same_password[1]);
	return len > 0;
}

void
directory_free(struct directory *directory)
{
	freezero(directory->strings, directory->strings_size);
	free(directory->users);
	free(directory->slots);
	memset(directory, 0, sizeof(*directory));
}
