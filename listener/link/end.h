/*
 * How sessions end: one table, from which the journal takes its words and
 * admission its penalties.
 */
#ifndef LISTENER_LINK_END_H
#define LISTENER_LINK_END_H

#include <stdbool.h>

/*
 * How a session ended. It is the exit status of the session's process, and all
 * that the session tells the parent. Whether the peer had proven itself, the
 * parent learns from the keyholder.
 */
enum session_end {
	SESSION_DELIVERED = 0, /* message written and receipted */
	SESSION_UNRECEIPTED, /* message written, but the receipt was not sent */
	SESSION_DUPLICATE,   /* message shown before, receipted again */
	SESSION_TAKEN,       /* the id was used for another text */
	SESSION_PROBED,      /* the peer proved itself and left */
	SESSION_SILENT,      /* the peer sent nothing */
	SESSION_MALFORMED,
	SESSION_VERSION,
	SESSION_CLOCK,
	SESSION_UNAUTHENTIC,
	SESSION_DEADLINE,
	SESSION_LEFT,        /* the peer hung up in the middle */
	SESSION_BUSY,        /* the keyholder gave no turn or no answer */
	SESSION_UNADMITTED,  /* the source named by a balancer was refused */
	SESSION_POSTPONED,   /* the command wants the message later */
	SESSION_UNHANDLED,   /* the command failed */
	SESSION_OVERDUE,     /* the command took too long */
	SESSION_UNWRITTEN,   /* the output took no message this time */
	SESSION_OUTPUT_GONE, /* the output will never be read again */
	SESSION_UNRECORDED,  /* the log took no message this time */
	SESSION_UNANSWERED,  /* recorder or runner did not say what happened */
	SESSION_UNSHOWN,     /* recorded and receipted, but not written */
	SESSION_UNSTARTED,   /* out of processes or file descriptors */
	SESSION_UNCONFINED,  /* a right could not be given up */
	/* Internal errors, by where they happened. */
	SESSION_FAILED_START,
	SESSION_FAILED_HANDSHAKE,
	SESSION_FAILED_TEXT,
	SESSION_FAILED_RECEIPT,
	SESSION_ENDS, /* the number of ends; as an end, a crash */
};

/* What an end counts as, for the penalty of its source. */
enum end_class {
	END_EXCUSED, /* nothing: a good end, or our own fault */
	END_FAILURE, /* like any failure of a stranger */
	END_GUESS,   /* a proof or a MAC was wrong */
	END_CRASH,
	END_CLASSES,
};

/*
 * Returns the class of an end; proven tells whether the peer had proven itself.
 * Before the proof every end counts, except three that the peer did not cause:
 * SESSION_UNADMITTED, SESSION_UNSTARTED and SESSION_UNCONFINED.
 */
enum end_class end_class(enum session_end end, bool proven);

/* Returns the text of an end for the journal; a constant string. */
const char *end_text(enum session_end end);

/* Returns whether the journal has this end even if it has only faults. */
bool end_is_fault(enum session_end end);

#endif
