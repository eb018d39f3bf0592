/* Copyright (c) 2026, the hermetic.python authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The texts of Windows and our own. What is no text there, as half of a surrogate pair, comes back as it was.
 */

static char *narrow_part(const wchar_t *text, size_t length) {
    char *result = room(3 * length + 1), *to = result;
    size_t index;
    for (index = 0; index < length; index++) {
        uint32_t code = text[index];
        if (code >= 0xD800 && code < 0xDC00 && index + 1 < length && text[index + 1] >= 0xDC00 && text[index + 1] < 0xE000)
            code = 0x10000 + ((code - 0xD800) << 10) + (text[++index] - 0xDC00u);
        if (code < 0x80) {
            *to++ = (char)code;
        } else if (code < 0x800) {
            *to++ = (char)(0xC0 | code >> 6);
            *to++ = (char)(0x80 | (code & 0x3F));
        } else if (code < 0x10000) {
            *to++ = (char)(0xE0 | code >> 12);
            *to++ = (char)(0x80 | (code >> 6 & 0x3F));
            *to++ = (char)(0x80 | (code & 0x3F));
        } else {
            *to++ = (char)(0xF0 | code >> 18);
            *to++ = (char)(0x80 | (code >> 12 & 0x3F));
            *to++ = (char)(0x80 | (code >> 6 & 0x3F));
            *to++ = (char)(0x80 | (code & 0x3F));
        }
    }
    *to = '\0';
    return result;
}

static char *narrow(const wchar_t *text) { return narrow_part(text, wcslen(text)); }

/* The code of the letter that begins here, and its length; a byte that begins none is U+FFFD. */
static uint32_t decoded(const unsigned char *text, size_t *length) {
    static const struct { unsigned char mask, lead; uint32_t least; } FORMS[] = {
        {0x80, 0x00, 0}, {0xE0, 0xC0, 0x80}, {0xF0, 0xE0, 0x800}, {0xF8, 0xF0, 0x10000},
    };
    size_t form, index;
    for (form = 0; form < 4; form++) {
        uint32_t code = text[0] & (unsigned char)~FORMS[form].mask;
        if ((text[0] & FORMS[form].mask) != FORMS[form].lead) continue;
        for (index = 1; index <= form && (text[index] & 0xC0) == 0x80; index++) code = code << 6 | (text[index] & 0x3F);
        if (index <= form || code < FORMS[form].least || code > 0x10FFFF) break;
        *length = form + 1;
        return code;
    }
    *length = 1;
    return 0xFFFD;
}

static wchar_t *wide(const char *text) {
    const unsigned char *from = (const unsigned char *)text;
    wchar_t *result = room((strlen(text) + 1) * sizeof *result), *to = result;
    while (*from) {
        size_t length;
        uint32_t code = decoded(from, &length);
        from += length;
        if (code >= 0x10000) {
            *to++ = (wchar_t)(0xD800 + ((code - 0x10000) >> 10));
            *to++ = (wchar_t)(0xDC00 + ((code - 0x10000) & 0x3FF));
        } else {
            *to++ = (wchar_t)code;
        }
    }
    *to = L'\0';
    return result;
}
