/* What we were started with besides arguments. */
#ifndef COMMON_BASE_ENVIRONMENT_H
#define COMMON_BASE_ENVIRONMENT_H

/*
 * Wipes and forgets all variables but those of these names, which end with
 * "="; NULL ends the list. Others put secrets there, and whoever faces the
 * network needs no more of it.
 */
void environment_forget(const char *const kept[]);

#endif
