/*
 * Made by scripts/unicode-table from the data of Unicode 14.0.0 that comes
 * with perl: categories Cc, Cf, Zl and Zp, and the property
 * Default_Ignorable_Code_Point, without tab. The comment before a range is the
 * name of its first character.
 */
#ifndef COMMON_BASE_UNSAFE_H
#define COMMON_BASE_UNSAFE_H

#include <stdint.h>

#define UNSAFE_UNICODE "14.0.0"

static const struct {
	int32_t first, last;
} unsafe[] = {
    /* null */
    {0x0, 0x8},
    /* line feed */
    {0xa, 0x1f},
    /* delete */
    {0x7f, 0x9f},
    /* soft hyphen */
    {0xad, 0xad},
    /* combining grapheme joiner */
    {0x34f, 0x34f},
    /* arabic number sign */
    {0x600, 0x605},
    /* arabic letter mark */
    {0x61c, 0x61c},
    /* arabic end of ayah */
    {0x6dd, 0x6dd},
    /* syriac abbreviation mark */
    {0x70f, 0x70f},
    /* arabic pound mark above */
    {0x890, 0x891},
    /* arabic disputed end of ayah */
    {0x8e2, 0x8e2},
    /* hangul choseong filler */
    {0x115f, 0x1160},
    /* khmer vowel inherent aq */
    {0x17b4, 0x17b5},
    /* mongolian free variation selector one */
    {0x180b, 0x180f},
    /* zero width space */
    {0x200b, 0x200f},
    /* line separator */
    {0x2028, 0x202e},
    /* word joiner */
    {0x2060, 0x206f},
    /* hangul filler */
    {0x3164, 0x3164},
    /* variation selector-1 */
    {0xfe00, 0xfe0f},
    /* zero width no-break space */
    {0xfeff, 0xfeff},
    /* halfwidth hangul filler */
    {0xffa0, 0xffa0},
    /* kept for later */
    {0xfff0, 0xfffb},
    /* kaithi number sign */
    {0x110bd, 0x110bd},
    /* kaithi number sign above */
    {0x110cd, 0x110cd},
    /* egyptian hieroglyph vertical joiner */
    {0x13430, 0x13438},
    /* shorthand format letter overlap */
    {0x1bca0, 0x1bca3},
    /* musical symbol begin beam */
    {0x1d173, 0x1d17a},
    /* kept for later */
    {0xe0000, 0xe0fff},
};

#endif
