/* The address and port at which a recipient listens. */
#ifndef SENDER_ENDPOINT_H
#define SENDER_ENDPOINT_H

#include <stdint.h>

#include "common/base/limits.h"

struct endpoint {
	char host[LIMIT_HOST + 1]; /* an address or a host name */
	uint16_t port;
};

#endif
