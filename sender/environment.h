/* What we were started with besides arguments. */
#ifndef SENDER_ENVIRONMENT_H
#define SENDER_ENVIRONMENT_H

/*
 * Wipes the environment but for what resolver(3) reads: whoever faces the
 * network needs no more of it, and others put secrets there.
 */
void environment_forget(void);

#endif
