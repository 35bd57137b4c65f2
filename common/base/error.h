/* The one table of errors that common/ returns, and their texts. */
#ifndef COMMON_BASE_ERROR_H
#define COMMON_BASE_ERROR_H

enum chat_error {
	CHAT_OK = 0,
	CHAT_EINTERNAL = -1,    /* out of memory, or libcrypto failed */
	CHAT_EMALFORMED = -2,   /* the peer does not speak chat1 */
	CHAT_EVERSION = -3,     /* the peer wants another version */
	CHAT_ECLOCK = -4,       /* the two clocks differ too much */
	CHAT_EAUTH = -5,        /* names, passwords, proof or MAC: not right */
	CHAT_EBUSY = -6,        /* the listener has no room now */
	CHAT_EUNDELIVERED = -7, /* the listener could not write the text out */
	CHAT_EUNCONFIRMED = -8, /* text sent, no answer that can be believed */
	CHAT_ETEXT = -9,      /* a text that is empty, not UTF-8 or has a NUL */
	CHAT_ETOOLONG = -10,  /* a line or a text over its limit */
	CHAT_ECLOSED = -11,   /* the peer closed the connection */
	CHAT_EDEADLINE = -12, /* the peer was too slow */
	CHAT_EIO = -13,       /* a system call failed; errno says why */
	CHAT_EDIRECTORY = -14, /* a bad directory; struct fault says why */
	CHAT_EAMBIGUOUS =
	    -15,            /* more than one answer; struct fault names two */
	CHAT_EPOINT = -16,  /* off the curve, at infinity, or a wrong form */
	CHAT_ESCALAR = -17, /* not from 1 to the group order - 1 */
	CHAT_ETAKEN = -18,  /* the id was used for another text */
	CHAT_EOPTION = -19, /* no such option, or not in this form */
	CHAT_EBOUNDS = -20, /* no number, or one out of bounds */
	CHAT_EWAIT = -21,   /* this address has to wait after failures */
	CHAT_ESLOW = -22,   /* the line is too slow: not all of it was sent */
};

/*
 * The text for an error, lower case, without a full stop; never NULL.
 */
const char *error_text(int error);

#endif
