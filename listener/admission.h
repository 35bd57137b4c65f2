/* Whether a connection gets a session: decided before anything is forked. */
#ifndef LISTENER_ADMISSION_H
#define LISTENER_ADMISSION_H

#include <stdbool.h>

#include "listener/source.h"

struct admission {
	unsigned most; /* sessions at once */
	unsigned now;  /* sessions there are */
};

/* NULL when the source may have a session, else why not. */
const char *admission_refuses(
    const struct admission *admission, const struct source *source);

#endif
