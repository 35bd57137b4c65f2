/* One entry of the user directory. */
#include "common/users/entry.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/error.h"
#include "common/base/limits.h"
#include "common/base/name.h"
#include "common/base/text.h"
#include "common/users/json.h"
#include "common/users/plain.h"

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

	cJSON_ArrayForEach(member, entry) {
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

/* What a checked entry says. */
static void
take(const cJSON *tree, struct entry *entry)
{
	entry->name = json_string(tree, "username");
	entry->name_len = strlen(entry->name);
	entry->password = json_string(tree, "password");
	entry->password_len = strlen(entry->password);
	entry->host = json_string(tree, "ip");
	entry->host_len = strlen(entry->host);
	entry->port = port_of(json_member(tree, "port"));
}

/* The line of a place in an object that starts at a line. */
static unsigned long
line_at(const char *object, const char *place, unsigned long line)
{
	for (; object < place; object++)
		line += *object == '\n';
	return line;
}

/* An object that is not plain goes through cJSON. */
static int
read_object(const char *object, size_t len, unsigned long line,
    struct entry *entry, struct fault *fault)
{
	const char *end = NULL;
	int error;

	if (!text_is_utf8(object, len))
		return scan_fault(fault, line, "an entry is not UTF-8");
	entry->tree = cJSON_ParseWithLengthOpts(object, len, &end, false);
	if (entry->tree == NULL || end != object + len)
		return scan_fault(fault, line_at(object, end, line),
		    "not JSON; is a comma, a colon or a double quote missing?");
	if ((error = check_entry(entry->tree, line, fault)) == 0)
		take(entry->tree, entry);
	return error;
}

int
entry_read(struct scan *scan, struct entry *entry, struct fault *fault)
{
	unsigned long line = scan->line;
	const char *object;
	size_t len;
	int error;

	entry->tree = NULL;
	if (plain_entry(&scan->next, scan->end, &scan->line, entry))
		return CHAT_OK;
	if ((error = scan_object(scan, &object, &len, fault)) == 0)
		error = read_object(object, len, line, entry, fault);
	return error;
}

void
entry_close(struct entry *entry)
{
	cJSON_Delete(entry->tree);
	entry->tree = NULL;
}
