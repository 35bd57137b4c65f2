/*
 * The last step before a process reads what strangers wrote: from then on the
 * kernel kills the process at any system call that is not in its profile.
 * There are two backends; SANDBOX= of make chooses one.
 */
#ifndef COMMON_BASE_SANDBOX_H
#define COMMON_BASE_SANDBOX_H

/* The processes, each with its own list of system calls. */
enum sandbox_profile {
	SANDBOX_SESSION,   /* of chat-listen: one connection */
	SANDBOX_KEYHOLDER, /* of chat-listen: the directory */
	SANDBOX_RECORDER,  /* of chat-listen: the log */
	SANDBOX_SENDER,    /* chat-send, once it has sent its hello */
};

/* Returns the name of the backend, for -V; a constant string. */
const char *sandbox_name(void);

/*
 * Confines this process for the rest of its life. Needs no_new_privs. What
 * libraries load on first use must be loaded before, see warmup_run(). Returns
 * 0, or CHAT_EIO with errno set; after a failure the caller must not go on.
 */
int sandbox_enter(enum sandbox_profile profile);

#endif
