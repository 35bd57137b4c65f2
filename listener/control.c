/* Passing descriptors to the keyholder. */
#include "listener/control.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "common/error.h"

union ancillary {
	struct cmsghdr header;
	char space[CMSG_SPACE(sizeof(int))];
};

int
control_send(int socket, enum control what, int descriptor, int flags)
{
	uint8_t byte = (uint8_t)what;
	struct iovec iov = {&byte, 1};
	union ancillary ancillary = {.space = {0}};
	struct msghdr message = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = &ancillary,
	    .msg_controllen = sizeof(ancillary)};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	ssize_t n;

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &descriptor, sizeof(int));
	do
		n = sendmsg(socket, &message, flags | MSG_NOSIGNAL);
	while (n == -1 && errno == EINTR);
	return n == 1 ? CHAT_OK : CHAT_EIO;
}

int
control_receive(int socket, enum control *what, int *descriptor)
{
	uint8_t byte = 0;
	struct iovec iov = {&byte, 1};
	union ancillary ancillary;
	struct msghdr message = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = &ancillary,
	    .msg_controllen = sizeof(ancillary)};
	const struct cmsghdr *header;
	ssize_t n;

	do
		n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
	while (n == -1 && errno == EINTR);
	if (n <= 0)
		return CHAT_ECLOSED;
	*what = (enum control)byte;
	header = CMSG_FIRSTHDR(&message);
	if (header == NULL || header->cmsg_type != SCM_RIGHTS ||
	    header->cmsg_len != CMSG_LEN(sizeof(int)))
		return CHAT_EIO;
	memcpy(descriptor, CMSG_DATA(header), sizeof(int));
	return CHAT_OK;
}
