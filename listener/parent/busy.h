/* What a connection hears that gets no session. */
#ifndef LISTENER_PARENT_BUSY_H
#define LISTENER_PARENT_BUSY_H

/* Writes a `nack busy`, if the socket takes it without waiting. */
void busy_send(int connection);

#endif
