/*
 * How sessions end, and what each end is held against: one table, from which
 * the log has its words and admission its penalties.
 */
#ifndef LISTENER_LINK_END_H
#define LISTENER_LINK_END_H

#include <stdbool.h>

/*
 * How a session ended: the exit status of its process, which is all that it
 * tells the listener. Whether the peer had proven itself, the keyholder tells.
 */
enum session_end {
	SESSION_DELIVERED = 0, /* written out and receipted */
	SESSION_UNRECEIPTED,   /* written out, but the receipt did not leave */
	SESSION_DUPLICATE,     /* shown before, receipted again */
	SESSION_TAKEN,         /* its id was used for another text */
	SESSION_PROBED,        /* the peer proved itself and left */
	SESSION_SILENT,        /* the peer sent nothing */
	SESSION_MALFORMED,
	SESSION_VERSION,
	SESSION_CLOCK,
	SESSION_UNAUTHENTIC,
	SESSION_DEADLINE,
	SESSION_LEFT,        /* the peer closed in the middle */
	SESSION_BUSY,        /* the keyholder had no turn or answer for it */
	SESSION_UNADMITTED,  /* whom a balancer named may have no session */
	SESSION_POSTPONED,   /* the command will take the message later */
	SESSION_UNHANDLED,   /* the command did not take the message */
	SESSION_OVERDUE,     /* the command took too long */
	SESSION_UNWRITTEN,   /* output took no message this time */
	SESSION_OUTPUT_GONE, /* nobody will ever read output again */
	SESSION_UNSTARTED,   /* no process or descriptor was to be had */
	SESSION_UNCONFINED,  /* a right could not be given up */
	/* An internal error, by where it happened. */
	SESSION_FAILED_START,
	SESSION_FAILED_HANDSHAKE,
	SESSION_FAILED_TEXT,
	SESSION_FAILED_RECEIPT,
	SESSION_ENDS, /* how many there are; as an end, a crash */
};

/* What an end counts as, for the penalty of the peer's source. */
enum end_class {
	END_EXCUSED, /* nothing: a good end, or the listener's own fault */
	END_FAILURE, /* what any failure of a stranger counts as */
	END_GUESS,   /* a proof or a MAC was wrong */
	END_CRASH,
	END_CLASSES,
};

/*
 * The class of an end. An end is excused only after the proof; but for three
 * that no peer has a part in, as they come before its first byte is read.
 */
enum end_class end_class(enum session_end end, bool proven);

/* What the log says of an end. */
const char *end_text(enum session_end end);

/* Whether the end is worth a line where only faults are logged. */
bool end_is_fault(enum session_end end);

#endif
