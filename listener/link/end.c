/* How sessions end. */
#include "listener/link/end.h"

/* For each end: its text in the log, whether it is a fault, and its class. */
static const struct {
	const char *text;
	bool fault;
	enum end_class stranger, proven; /* before and after the proof */
} ends[SESSION_ENDS + 1] = {
    [SESSION_DELIVERED] = {"message delivered and receipted", false,
	END_FAILURE, END_EXCUSED},
    [SESSION_UNRECEIPTED] =
	{"message delivered, but the sender left before its receipt", true,
	    END_FAILURE, END_EXCUSED},
    [SESSION_DUPLICATE] = {"message delivered before, receipted again", false,
	END_FAILURE, END_EXCUSED},
    [SESSION_TAKEN] = {"refused: its id was used for another message", true,
	END_FAILURE, END_EXCUSED},
    [SESSION_PROBED] = {"probe: the sender proved itself and left", false,
	END_FAILURE, END_EXCUSED},
    [SESSION_SILENT] = {"connected and sent nothing", false, END_FAILURE,
	END_FAILURE},
    [SESSION_MALFORMED] = {"refused: does not speak chat1", true, END_FAILURE,
	END_FAILURE},
    [SESSION_VERSION] = {"refused: speaks another version", true, END_FAILURE,
	END_FAILURE},
    [SESSION_CLOCK] = {"refused: its clock and ours differ by over 5 minutes",
	true, END_FAILURE, END_EXCUSED},
    [SESSION_UNAUTHENTIC] = {"refused: authentication failed", true, END_GUESS,
	END_GUESS},
    [SESSION_DEADLINE] = {"cut off: too slow", true, END_FAILURE, END_FAILURE},
    [SESSION_LEFT] = {"left in the middle", false, END_FAILURE, END_FAILURE},
    [SESSION_BUSY] = {"refused: no turn to write its message", true,
	END_FAILURE, END_EXCUSED},
    /* The balancer did nothing wrong: the source that it named is refused. */
    [SESSION_UNADMITTED] = {"refused: its source may have no session", false,
	END_EXCUSED, END_EXCUSED},
    [SESSION_POSTPONED] = {"message not handled: the command says later", true,
	END_FAILURE, END_EXCUSED},
    [SESSION_UNHANDLED] = {"message not handled: the command failed", true,
	END_FAILURE, END_EXCUSED},
    [SESSION_OVERDUE] = {"message not handled: the command took too long", true,
	END_FAILURE, END_EXCUSED},
    [SESSION_UNWRITTEN] = {"message not shown: the output did not accept it",
	true, END_FAILURE, END_EXCUSED},
    [SESSION_OUTPUT_GONE] = {"message not shown: nobody reads the output", true,
	END_FAILURE, END_EXCUSED},
    [SESSION_UNRECORDED] = {"message not recorded: the log did not accept it",
	true, END_FAILURE, END_EXCUSED},
    [SESSION_UNANSWERED] =
	{"message handed on, but nothing says whether it arrived; a retry will tell",
	    true, END_FAILURE, END_EXCUSED},
    [SESSION_UNSHOWN] = {"message recorded and receipted, but not shown", true,
	END_FAILURE, END_EXCUSED},
    /* These two happen before a byte of the peer is read. */
    [SESSION_UNSTARTED] =
	{"session refused to start: out of file descriptors or processes", true,
	    END_EXCUSED, END_EXCUSED},
    [SESSION_UNCONFINED] =
	{"session refused to start: a right could not be given up", true,
	    END_EXCUSED, END_EXCUSED},
    [SESSION_FAILED_START] =
	{"session failed: cannot get libcrypto ready (out of memory?)", true,
	    END_FAILURE, END_EXCUSED},
    [SESSION_FAILED_HANDSHAKE] =
	{"session failed: internal error in the handshake (out of memory?)",
	    true, END_FAILURE, END_EXCUSED},
    [SESSION_FAILED_TEXT] =
	{"session failed: internal error with the text (out of memory?)", true,
	    END_FAILURE, END_EXCUSED},
    [SESSION_FAILED_RECEIPT] =
	{"session failed: internal error with the receipt (out of memory?)",
	    true, END_FAILURE, END_EXCUSED},
    [SESSION_ENDS] = {"session crashed", true, END_CRASH, END_CRASH},
};

enum end_class
end_class(enum session_end end, bool proven)
{
	return proven ? ends[end].proven : ends[end].stranger;
}

const char *
end_text(enum session_end end)
{
	return ends[end].text;
}

bool
end_is_fault(enum session_end end)
{
	return ends[end].fault;
}
