/*
 * What a service manager may hand us and wants to hear: a listening socket
 * (sd_listen_fds(3)) and readiness (sd_notify(3)). Both protocols are a few
 * lines, and libsystemd would be one more library in a process that should
 * have few.
 */
#ifndef LISTENER_PARENT_SUPERVISOR_H
#define LISTENER_PARENT_SUPERVISOR_H

/*
 * The listening socket that we were started with, or -1 when there is none.
 * Ends the process when there are several, which we could not tell apart.
 */
int supervisor_socket(void);

/*
 * Tells the supervisor, if there is one that listens: "READY=1" and so on.
 * Never waits: one that does not read hears no more.
 */
void supervisor_tell(const char *state);

/*
 * Where a service manager passed the socket: has whoever is waiting there when
 * this process exits hear that the listener is busy. The manager would start
 * us for each of them, again and again, and then give the socket up. After a
 * failure that goes on for a second, so that it is no more than a start a
 * second.
 */
void supervisor_guard(void);

#endif
