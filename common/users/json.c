/* cJSON, with memory that is wiped. */
#include "common/users/json.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/wipe.h"

void
json_set_up(void)
{
	cJSON_Hooks hooks = {malloc, wipe_free};

	cJSON_InitHooks(&hooks);
}

const cJSON *
json_member(const cJSON *object, const char *name)
{
	const cJSON *found = NULL, *member;

	cJSON_ArrayForEach(member, object) {
		if (member->string == NULL || strcmp(member->string, name) != 0)
			continue;
		if (found != NULL)
			return NULL;
		found = member;
	}
	return found;
}

const char *
json_string(const cJSON *object, const char *name)
{
	return cJSON_GetStringValue(json_member(object, name));
}
