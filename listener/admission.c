/* Whether a connection gets a session. */
#include "listener/admission.h"

#include <stddef.h>

const char *
admission_refuses(
    const struct admission *admission, const struct source *source)
{
	(void)source;
	return admission->now >= admission->most ? "too many sessions (-m)"
						 : NULL;
}
