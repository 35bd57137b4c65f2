/* The environment that we were started with. */
#ifndef COMMON_BASE_ENVIRONMENT_H
#define COMMON_BASE_ENVIRONMENT_H

/*
 * Wipes and removes every variable except those in `kept`, a list of names that
 * each end with "="; NULL ends the list. People put secrets into variables, and
 * a process that talks to the network does not need them.
 */
void environment_forget(const char *const kept[]);

#endif
