/* UTF-8, and which of its characters are safe to show. */
#ifndef COMMON_BASE_TEXT_H
#define COMMON_BASE_TEXT_H

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
 * and tags. The table is common/base/unsafe.h.
 */
bool text_is_unsafe(int32_t code_point);

/*
 * Whether c is one of the two joiners, U+200C and U+200D, in a place where
 * words and emoji need them: both neighbours, -1 where there is none, are
 * outside of ASCII and not unsafe.
 */
bool text_joins(int32_t before, int32_t c, int32_t after);

/*
 * Whether people who read what this process writes are known to read UTF-8:
 * the locale that LC_ALL, LC_CTYPE or LANG names is there, and UTF-8 is its
 * charset. Leaves errno alone. Opens files: not for confined processes.
 */
bool text_reader_has_utf8(void);

/* Room for the escape of a code point, for people: \x1b or \u{202e}. */
#define SIZE_ESCAPE 16

/* Spells it, with a NUL. Returns its length. */
size_t text_escape(int32_t code_point, char escape[SIZE_ESCAPE]);

/*
 * Spells a string from a command line or an environment, which may be
 * anything, for a line that people read: what is unsafe, what is no UTF-8,
 * and, unless text_reader_has_utf8(), all outside of ASCII is escaped. A long
 * one is cut, and ends with three dots. Returns `quote`.
 */
#define SIZE_QUOTE 1024
const char *text_quote(const char *string, char quote[SIZE_QUOTE]);

/* The same, where a buffer that lives as long as the block will do. */
#define QUOTED(string) text_quote((string), (char[SIZE_QUOTE]){0})

#endif
