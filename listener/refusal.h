/* What a connection hears that gets no session. */
#ifndef LISTENER_REFUSAL_H
#define LISTENER_REFUSAL_H

/* Writes a `nack busy`, if the socket takes it without waiting. */
void refusal_send(int connection);

#endif
