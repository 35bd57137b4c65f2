/* UTF-8, and which of its characters are safe to show. */
#ifndef COMMON_TEXT_H
#define COMMON_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Takes one code point off the front of *p, which must be before end.
 * Returns it and moves *p, or returns -1 and leaves *p where it is when no
 * well-formed UTF-8 starts there (RFC 3629: no surrogates, no overlong form,
 * nothing above U+10FFFF).
 */
int32_t text_next(const char **p, const char *end);

/*
 * Whether a text may travel: 1 to LIMIT_TEXT bytes of UTF-8 without NUL.
 * Returns 0, CHAT_ETEXT or CHAT_ETOOLONG.
 */
int text_check(const char *text, size_t len);

/* Whether len bytes are UTF-8. NUL counts as a character here. */
bool text_is_utf8(const char *text, size_t len);

/*
 * Whether a code point could steer a terminal or deceive a reader: C0 but
 * tab (so newline too), DEL, C1, line and paragraph separators, and all that
 * is invisible: Unicode's format characters (category Cf) and what has the
 * property Default_Ignorable_Code_Point, such as variation selectors, fillers
 * and tags.
 */
bool text_is_unsafe(int32_t code_point);

#endif
