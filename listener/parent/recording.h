/* Starting the recorder, and giving it the log. */
#ifndef LISTENER_PARENT_RECORDING_H
#define LISTENER_PARENT_RECORDING_H

#include "listener/parent/parent.h"

/*
 * Starts the recorder, before there is a secret that it could inherit, and has
 * it read the log back. With -n, says what it found, and nothing is changed.
 * ticket_pipe is the recorder's end, which is closed here. Fills in what the
 * parent has of the recorder. Ends the process if there is no log to append to.
 */
void recording_start(struct parent *parent, int ticket_pipe);

#endif
