/* Copyright (c) 2026, the hermetic.python authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Texts of any length, and what is refused.
 */

#define USAGE_ERROR 2   /* as Python for a wrong option */
#define CANNOT_START 126
#define NOT_FOUND 127

typedef struct {
    char *data; /* a NUL comes after it */
    size_t size;
} Text;

static void refuse(int status, const char *format, ...) __attribute__((noreturn, format(printf, 2, 3)));
static void warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void write_error(const char *text); /* as the system writes to standard error */
static char *formatted(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void *room(size_t size) {
    void *found = malloc(size ? size : 1);
    if (!found) refuse(CANNOT_START, "no memory is left");
    return found;
}

static char *written(const char *format, va_list values) {
    va_list again;
    int length;
    char *text;
    va_copy(again, values);
    length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (length < 0) refuse(CANNOT_START, "a text cannot be written");
    text = room((size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, values);
    return text;
}

static char *formatted(const char *format, ...) {
    va_list values;
    char *text;
    va_start(values, format);
    text = written(format, values);
    va_end(values);
    return text;
}

/* The bytes of a character that would act on a terminal instead of being shown, at the beginning of a text: controls, and what changes its direction. */
static int length_of_control(const unsigned char *text) {
    if (text[0] < 0x20 || text[0] == 0x7F) return 1;
    if (text[0] == 0xC2 && text[1] >= 0x80 && text[1] <= 0x9F) return 2;
    if (text[0] == 0xD8 && text[1] == 0x9C) return 2;
    if (text[0] != 0xE2) return 0;
    if (text[1] == 0x80 && (text[2] == 0x8E || text[2] == 0x8F || (text[2] >= 0xA8 && text[2] <= 0xAE))) return 3;
    return text[1] == 0x81 && text[2] >= 0xA6 && text[2] <= 0xA9 ? 3 : 0;
}

/* A text with escapes for such characters, which names of files can have. */
static char *printable(const char *text) {
    static const char DIGITS[] = "0123456789abcdef";
    char *shown = room(strlen(text) * 4 + 1), *to = shown;
    while (*text) {
        int left = length_of_control((const unsigned char *)text);
        if (!left) *to++ = *text++;
        for (; left; left--, text++) {
            *to++ = '\\';
            *to++ = 'x';
            *to++ = DIGITS[(unsigned char)*text >> 4];
            *to++ = DIGITS[(unsigned char)*text & 15];
        }
    }
    *to = '\0';
    return shown;
}

static void say(const char *format, va_list values) {
    char *text = written(format, values), *shown = printable(text);
    write_error(formatted("vpython3: %s\n", shown));
    free(shown);
    free(text);
}

static void refuse(int status, const char *format, ...) {
    va_list values;
    va_start(values, format);
    say(format, values);
    va_end(values);
    exit(status);
}

static void warn(const char *format, ...) {
    va_list values;
    va_start(values, format);
    say(format, values);
    va_end(values);
}

static Text part_of(const char *data, size_t size) {
    Text text = {room(size + 1), size};
    if (size) memcpy(text.data, data, size);
    text.data[size] = '\0';
    return text;
}

static int starts_with(const char *text, const char *prefix) { return strncmp(text, prefix, strlen(prefix)) == 0; }

/* Drop a byte order mark, and end every line with LF: what a specification is hashed as. */
static void normalise(Text *text) {
    char *from = text->data, *end = text->data + text->size, *to = text->data;
    if (text->size >= 3 && memcmp(from, "\xEF\xBB\xBF", 3) == 0) from += 3;
    for (; from < end; from++) {
        if (*from == '\r') {
            *to++ = '\n';
            if (from + 1 < end && from[1] == '\n') from++;
        } else {
            *to++ = *from;
        }
    }
    text->size = (size_t)(to - text->data);
    *to = '\0';
}
