/* The errors that functions return, in all folders, and their texts. */
#ifndef COMMON_BASE_ERROR_H
#define COMMON_BASE_ERROR_H

enum chat_error {
	CHAT_OK = 0,
	CHAT_EINTERNAL = -1,    /* out of memory, or libcrypto failed */
	CHAT_EMALFORMED = -2,   /* what was read does not have its format */
	CHAT_EVERSION = -3,     /* the peer wants another version */
	CHAT_ECLOCK = -4,       /* the two clocks differ too much */
	CHAT_EAUTH = -5,        /* wrong name, password, proof or MAC */
	CHAT_EBUSY = -6,        /* no room, or somebody else is using it */
	CHAT_EUNDELIVERED = -7, /* the listener could not write the text out */
	CHAT_EUNCONFIRMED = -8, /* nobody says whether the text arrived */
	CHAT_ETEXT = -9,        /* a text is empty, is not UTF-8 or has a NUL */
	CHAT_ETOOLONG = -10,    /* a line or a text is over its limit */
	CHAT_ECLOSED = -11,     /* the peer closed the connection */
	CHAT_EDEADLINE = -12,   /* the peer took too long */
	CHAT_EIO = -13,         /* a system call failed; errno says why */
	CHAT_EDIRECTORY = -14,  /* bad directory, or there is none */
	CHAT_EAMBIGUOUS = -15,  /* several entries fit */
	CHAT_EPOINT = -16,  /* not on the curve, at infinity, bad encoding */
	CHAT_ESCALAR = -17, /* not from 1 to the group order - 1 */
	CHAT_ETAKEN = -18,  /* the id was used for another text */
	CHAT_EOPTION = -19, /* unknown option, or used in a wrong way */
	CHAT_EBOUNDS = -20, /* not a number, or out of bounds */
	CHAT_EWAIT = -21,   /* this address must wait after failures */
	CHAT_ESLOW = -22,   /* slow line: the text was not sent completely */
};

/*
 * Returns the text for an error: lower case, no full stop, never NULL. It is a
 * constant string.
 */
const char *error_text(int error);

#endif
