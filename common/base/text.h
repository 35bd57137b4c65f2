/* UTF-8, and which of its characters are safe to show. */
#ifndef COMMON_BASE_TEXT_H
#define COMMON_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Takes one code point off the front of *p, which must be less than end.
 * Returns the code point and moves *p behind it. Returns -1 and leaves *p alone
 * if no well-formed UTF-8 starts there (RFC 3629: no surrogates, no overlong
 * form, nothing above U+10FFFF).
 */
int32_t text_next(const char **p, const char *end);

/*
 * Checks a text that is to be sent or was received: 1 to LIMIT_TEXT bytes of
 * UTF-8 without NUL. Returns 0, CHAT_ETEXT or CHAT_ETOOLONG.
 */
int text_check(const char *text, size_t len);

/* Whether len bytes are UTF-8. NUL counts as a character; len may be 0. */
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
 * Returns whether c is one of the two joiners, U+200C and U+200D, in a place
 * where words and emoji need it: both neighbours are outside of ASCII and not
 * unsafe. A neighbour that does not exist is -1.
 */
bool text_joins(int32_t before, int32_t c, int32_t after);

/*
 * Returns whether the people who read our output are known to read UTF-8: the
 * locale that LC_ALL, LC_CTYPE or LANG names exists, and its charset is UTF-8.
 * Preserves errno. Opens files, so a confined process must not call it.
 */
bool text_reader_has_utf8(void);

/* Room for the escape of a code point, \x1b or \u{202e}, with its NUL. */
#define SIZE_ESCAPE 16

/* Writes that escape. Returns its length without the NUL. */
size_t text_escape(int32_t code_point, char escape[SIZE_ESCAPE]);

/*
 * Makes a string from a command line or the environment, which may hold any
 * bytes, safe to print for people. Escapes unsafe characters, bytes that are
 * not UTF-8 and, unless text_reader_has_utf8(), all characters outside of
 * ASCII. A result that would be too long is cut and ends with three dots.
 * Returns `quote`.
 */
#define SIZE_QUOTE 1024
const char *text_quote(const char *string, char quote[SIZE_QUOTE]);

/* The same, in a buffer that lives until the end of the enclosing block. */
#define QUOTED(string) text_quote((string), (char[SIZE_QUOTE]){0})

#endif
