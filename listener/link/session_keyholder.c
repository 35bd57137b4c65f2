/* The session's side of the channel to the keyholder. */
#include "listener/link/session_keyholder.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/error.h"

static int
put(int channel, const void *request, size_t size)
{
	ssize_t n;

	do
		n = write(channel, request, size);
	while (n == -1 && errno == EINTR);
	return n == (ssize_t)size ? CHAT_OK : CHAT_EBUSY;
}

static int
get(int channel, void *reply, size_t size, int64_t deadline)
{
	struct pollfd ready = {.fd = channel, .events = POLLIN};
	int64_t left;
	ssize_t n;

	do {
		if ((left = deadline - clock_now_ms()) <= 0)
			return CHAT_EBUSY;
		n = poll(&ready, 1, (int)left);
	} while (n == 0 || (n == -1 && errno == EINTR));
	if (n == -1)
		return CHAT_EIO;
	do
		n = read(channel, reply, size);
	while (n == -1 && errno == EINTR);
	return n == (ssize_t)size ? CHAT_OK : CHAT_EBUSY;
}

int
keyholder_ask_begin(int channel, const char *from, const char *to,
    const uint8_t pa[SIZE_POINT], uint8_t pb[SIZE_POINT],
    uint8_t cl[SIZE_NONCE], int64_t deadline)
{
	struct begin_request request = {.request = CHANNEL_BEGIN};
	struct begin_reply reply;
	int error;

	memcpy(request.from, from, strnlen(from, LIMIT_NAME));
	memcpy(request.to, to, strnlen(to, LIMIT_NAME));
	memcpy(request.pa, pa, SIZE_POINT);
	if ((error = put(channel, &request, sizeof(request))) != 0 ||
	    (error = get(channel, &reply, sizeof(reply), deadline)) != 0)
		return error;
	if (reply.pb[0] == 0)
		return CHAT_EMALFORMED;
	memcpy(pb, reply.pb, SIZE_POINT);
	memcpy(cl, reply.cl, SIZE_NONCE);
	return CHAT_OK;
}

int
keyholder_ask_verify(int channel, const uint8_t id[SIZE_ID],
    const uint8_t t2[SIZE_HASH], const uint8_t cs[SIZE_NONCE],
    const uint8_t ps[SIZE_HASH], uint8_t enc_key[SIZE_HASH], bool *listed,
    uint8_t ticket[SIZE_HASH], int64_t deadline)
{
	struct verify_request request = {.request = CHANNEL_VERIFY};
	struct verify_reply reply;
	int error;

	memcpy(request.id, id, SIZE_ID);
	memcpy(request.t2, t2, SIZE_HASH);
	memcpy(request.cs, cs, SIZE_NONCE);
	memcpy(request.ps, ps, SIZE_HASH);
	if ((error = put(channel, &request, sizeof(request))) != 0 ||
	    (error = get(channel, &reply, sizeof(reply), deadline)) != 0)
		return error;
	if (reply.right == 1) {
		memcpy(enc_key, reply.enc_key, SIZE_HASH);
		memcpy(ticket, reply.ticket, SIZE_HASH);
		*listed = reply.listed != 0;
	} else {
		error = CHAT_EAUTH;
	}
	explicit_bzero(&reply, sizeof(reply));
	return error;
}

int
keyholder_ask_deliver(int channel, const uint8_t digest[SIZE_HASH],
    enum verdict *verdict, int64_t deadline)
{
	struct deliver_request request = {.request = CHANNEL_DELIVER};
	struct deliver_reply reply;
	int error;

	memcpy(request.digest, digest, SIZE_HASH);
	if ((error = put(channel, &request, sizeof(request))) != 0 ||
	    (error = get(channel, &reply, sizeof(reply), deadline)) != 0) {
		/* Gives the turn back, unused, if it is granted too late. */
		(void)keyholder_ask_done(channel, WRITTEN_NOTHING);
		return error;
	}
	*verdict = reply.verdict;
	return CHAT_OK;
}

int
keyholder_ask_done(int channel, enum written written)
{
	struct done_request request = {
	    .request = CHANNEL_DONE, .written = (uint8_t)written};

	return put(channel, &request, sizeof(request));
}
