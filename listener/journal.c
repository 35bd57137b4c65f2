/* What chat-listen says about sessions. */
#include "listener/journal.h"

#include <err.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

/* For each end: what to say, and whether it is a fault. */
static const struct {
	const char *text;
	bool fault;
} ends[SESSION_ENDS] = {
    [SESSION_DELIVERED] = {"message shown and receipted", false},
    [SESSION_UNRECEIPTED] = {"message shown, but the sender left before its "
			     "receipt",
	true},
    [SESSION_DUPLICATE] = {"message shown before, receipted again", false},
    [SESSION_PROBED] = {"probe: the sender proved itself and left", false},
    [SESSION_SILENT] = {"connected and sent nothing", false},
    [SESSION_MALFORMED] = {"refused: does not speak chat1", true},
    [SESSION_VERSION] = {"refused: speaks another version", true},
    [SESSION_CLOCK] = {"refused: its clock and ours differ by over 5 minutes",
	true},
    [SESSION_UNAUTHENTIC] = {"refused: authentication failed; is the same "
			     "password in both directories, and is it for us?",
	true},
    [SESSION_DEADLINE] = {"cut off: too slow", true},
    [SESSION_LEFT] = {"left in the middle of a frame or the handshake", false},
    [SESSION_BUSY] = {"refused: no turn to write its message", true},
    [SESSION_UNWRITTEN] = {"message not shown: output took no more", true},
    [SESSION_OUTPUT_GONE] = {"message not shown: nobody reads the output",
	true},
    [SESSION_UNCONFINED] = {"session refused to start: a right could not be "
			    "given up",
	true},
    [SESSION_INTERNAL] = {"session failed: internal error", true},
};

void
journal_end(enum journal_level level, const char *address, int status)
{
	int end = WIFEXITED(status) ? WEXITSTATUS(status) : SESSION_ENDS;
	bool timeout = WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM;

	if (timeout)
		end = SESSION_DEADLINE;
	if (level == JOURNAL_QUIET)
		return;
	if (end >= SESSION_ENDS)
		warnx("%s: session killed by signal %d (%s)", address,
		    WTERMSIG(status), strsignal(WTERMSIG(status)));
	else if (ends[end].fault || level == JOURNAL_ALL)
		warnx("%s: %s", address, ends[end].text);
}

void
journal_refusal(
    enum journal_level level, const char *address, const char *reason)
{
	if (level != JOURNAL_QUIET)
		warnx("%s: refused: %s", address, reason);
}
