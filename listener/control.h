/* What the listener tells the keyholder: one byte and one descriptor. */
#ifndef LISTENER_CONTROL_H
#define LISTENER_CONTROL_H

enum control {
	CONTROL_DIRECTORY = 1, /* read this file, and answer `struct loaded` */
	CONTROL_SESSION,       /* serve this channel */
};

/*
 * Sends a byte with a descriptor; flags are those of sendmsg(2). Returns 0,
 * or CHAT_EIO with errno set.
 */
int control_send(int socket, enum control what, int descriptor, int flags);

/*
 * Receives one. Returns 0; CHAT_ECLOSED when the listener has gone;
 * CHAT_EIO when there was no descriptor with the byte, which is in *what.
 */
int control_receive(int socket, enum control *what, int *descriptor);

#endif
