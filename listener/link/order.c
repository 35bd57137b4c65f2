/* Passing descriptors to keyholder, runner and recorder. */
#include "listener/link/order.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "common/base/error.h"

union ancillary {
	struct cmsghdr header;
	char space[CMSG_SPACE(sizeof(int))];
};

int
order_send(int socket, const struct order *order, int descriptor, int flags)
{
	struct order copy = *order;
	struct iovec iov = {&copy, sizeof(copy)};
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
	return n == (ssize_t)sizeof(copy) ? CHAT_OK : CHAT_EIO;
}

int
order_receive(int socket, struct order *order, int *descriptor, int flags)
{
	struct iovec iov = {order, sizeof(*order)};
	union ancillary ancillary;
	struct msghdr message = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = &ancillary,
	    .msg_controllen = sizeof(ancillary)};
	const struct cmsghdr *header;
	ssize_t n;

	do
		n = recvmsg(socket, &message, flags | MSG_CMSG_CLOEXEC);
	while (n == -1 && errno == EINTR);
	if (n == -1 && errno == EAGAIN)
		return CHAT_EBUSY;
	if (n <= 0)
		return CHAT_ECLOSED;
	header = CMSG_FIRSTHDR(&message);
	if (n != (ssize_t)sizeof(*order) || header == NULL ||
	    header->cmsg_type != SCM_RIGHTS ||
	    header->cmsg_len != CMSG_LEN(sizeof(int)))
		return CHAT_EIO;
	memcpy(descriptor, CMSG_DATA(header), sizeof(int));
	return CHAT_OK;
}
