/* cJSON, set up so that what it frees is wiped first. */
#ifndef COMMON_USERS_JSON_H
#define COMMON_USERS_JSON_H

#include <cJSON.h>

/*
 * From here on cJSON wipes every piece of memory before it frees it: parsed
 * passwords would stay in the heap otherwise. Once in a process.
 */
void json_set_up(void);

/*
 * The value of the string member `name`, or NULL when there is none, it is
 * not a string, or there are two. Owned by the object.
 */
const char *json_string(const cJSON *object, const char *name);

/* The one member of that name, or NULL when there is none or there are two. */
const cJSON *json_member(const cJSON *object, const char *name);

#endif
