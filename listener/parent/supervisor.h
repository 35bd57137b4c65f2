/*
 * Talking to a service manager: it may pass us a listening socket
 * (sd_listen_fds(3)), and may want to know when we are ready (sd_notify(3)).
 * Both protocols take a few lines here. libsystemd would be one more library in
 * a process that should have few.
 */
#ifndef LISTENER_PARENT_SUPERVISOR_H
#define LISTENER_PARENT_SUPERVISOR_H

/*
 * Returns the listening socket that was passed to us, or -1 if there is none.
 * Ends the process if there are several: we could not tell them apart.
 */
int supervisor_socket(void);

/*
 * Sends a state such as "READY=1" to the service manager, if there is one.
 * Never blocks: if the manager does not read, the state is lost.
 */
void supervisor_tell(const char *state);

/*
 * If a service manager passed the socket: when this process exits, answers the
 * connections that wait there with a nack. Otherwise the manager would start us
 * for each of them, again and again, and then give up the socket. After a
 * failure this goes on for a second, so that we are started at most once a
 * second.
 */
void supervisor_guard(void);

#endif
