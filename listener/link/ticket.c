/* Tickets. */
#include "listener/link/ticket.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/base/error.h"
#include "common/chat1/proof.h"

static const char label[] = "chat ticket"; /* its NUL belongs to it */

int
ticket_make(const struct suite *suite, const uint8_t key[SIZE_HASH],
    const struct ticket_subject *subject, uint8_t ticket[SIZE_HASH])
{
	const uint8_t from_len = (uint8_t)strnlen(subject->from, LIMIT_NAME);
	const uint8_t to_len = (uint8_t)strnlen(subject->to, LIMIT_NAME);
	const uint8_t listed = subject->listed ? 1 : 0;
	uint8_t session[8];
	const struct span spans[] = {{label, sizeof(label)},
	    {session, sizeof(session)}, {&from_len, 1},
	    {subject->from, from_len}, {&to_len, 1}, {subject->to, to_len},
	    {&listed, 1}, {subject->id, SIZE_ID}};

	for (size_t i = 0; i < sizeof(session); i++)
		session[i] = (uint8_t)(subject->session >> (56 - 8 * i));
	return suite_hmac(suite, key, SIZE_HASH, spans,
	    sizeof(spans) / sizeof(spans[0]), ticket);
}

bool
ticket_is_right(const struct suite *suite, const uint8_t key[SIZE_HASH],
    const struct ticket_subject *subject, const uint8_t ticket[SIZE_HASH])
{
	uint8_t right[SIZE_HASH];
	bool is_right = ticket_make(suite, key, subject, right) == 0 &&
	    proof_equal(right, ticket);

	explicit_bzero(right, sizeof(right));
	return is_right;
}

int
ticket_open_pipe(int ends[2])
{
	return pipe2(ends, O_CLOEXEC) == 0 ? CHAT_OK : CHAT_EIO;
}

void
ticket_send_key(int fd, const uint8_t key[SIZE_HASH])
{
	/* A pipe has room for it. A process that has gone needs no key. */
	while (write(fd, key, SIZE_HASH) == -1 && errno == EINTR)
		continue;
	(void)close(fd);
}

int
ticket_receive_key(int fd, uint8_t key[SIZE_HASH])
{
	ssize_t n;

	do
		n = read(fd, key, SIZE_HASH);
	while (n == -1 && errno == EINTR);
	(void)close(fd);
	return n == SIZE_HASH ? CHAT_OK : CHAT_ECLOSED;
}
