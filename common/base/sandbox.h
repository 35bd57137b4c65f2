/*
 * The last door of a process that reads what strangers wrote: from then on
 * the kernel kills it at any system call that its role does not need. Two
 * backends, one of which is chosen when compiling (SANDBOX= of make).
 */
#ifndef COMMON_BASE_SANDBOX_H
#define COMMON_BASE_SANDBOX_H

enum sandbox_role {
	SANDBOX_SESSION,   /* of chat-listen: one connection */
	SANDBOX_KEYHOLDER, /* of chat-listen: the directory */
	SANDBOX_SENDER,    /* chat-send, once connected */
};

/* The backend, for -V. */
const char *sandbox_name(void);

/*
 * Shuts the door behind this process; needs no_new_privs. What libraries do
 * on first use must have been done (see warmup_run()). Returns 0, or CHAT_EIO
 * with errno set; then the caller must not go on.
 */
int sandbox_enter(enum sandbox_role role);

#endif
