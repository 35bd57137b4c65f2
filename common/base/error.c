/* The texts of errors. */
#include "common/base/error.h"

#include <stddef.h>

static const char *const texts[] = {
    [-CHAT_OK] = "no error",
    [-CHAT_EINTERNAL] = "internal error (out of memory?)",
    [-CHAT_EMALFORMED] = "the peer does not speak chat1",
    [-CHAT_EVERSION] = "the peer speaks another version of the protocol",
    [-CHAT_ECLOCK] = "the clocks of the two hosts differ by over 5 minutes",
    [-CHAT_EAUTH] = "authentication failed",
    [-CHAT_EBUSY] = "busy",
    [-CHAT_EUNDELIVERED] = "the listener could not write the message out",
    [-CHAT_EUNCONFIRMED] = "no valid receipt",
    [-CHAT_ETEXT] = "not acceptable as a text",
    [-CHAT_ETOOLONG] = "too long",
    [-CHAT_ECLOSED] = "connection closed by the peer",
    [-CHAT_EDEADLINE] = "timed out",
    [-CHAT_EIO] = "input or output error",
    [-CHAT_EDIRECTORY] = "bad user directory",
    [-CHAT_EAMBIGUOUS] = "more than one answer",
    [-CHAT_EPOINT] = "not a point of the group",
    [-CHAT_ESCALAR] = "not a scalar of the group",
    [-CHAT_ETAKEN] = "the id was used for another message",
    [-CHAT_EOPTION] = "wrong option",
    [-CHAT_EBOUNDS] = "number out of bounds",
    [-CHAT_EWAIT] = "this address has to wait after failures",
    [-CHAT_ESLOW] = "the line is too slow",
};

const char *
error_text(int error)
{
	size_t i = error <= 0 ? (size_t)-(long)error : sizeof(texts);

	if (i >= sizeof(texts) / sizeof(texts[0]) || texts[i] == NULL)
		return "unknown error";
	return texts[i];
}
