/* Copyright (c) 2026, the hermetic.python authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Specifications in the text of a program: PEP 723 blocks, and what stands between [VPYTHON:BEGIN] and [VPYTHON:END].
 */

#define BEGIN_GUARD "[VPYTHON:BEGIN]"
#define END_GUARD "[VPYTHON:END]"
#define BLOCK_END "# ///"

typedef struct {
    const char *start;
    size_t length; /* without the end of the line */
    const char *next;
} Line;

static Line line_at(const char *start, const char *end) {
    const char *stop = memchr(start, '\n', (size_t)(end - start));
    Line line = {start, (size_t)((stop ? stop : end) - start), stop ? stop + 1 : end};
    return line;
}

/* The beginning of the next line that holds a text; NULL where none does. */
static const char *line_with(const char *text, const char *from) {
    const char *found = strstr(from, text);
    while (found && found > from && found[-1] != '\n') found--;
    return found;
}

static int is_text(Line line, const char *text) { return line.length == strlen(text) && memcmp(line.start, text, line.length) == 0; }

/* Without blanks at its end, where guards are looked for. */
static Line trimmed(Line line) {
    while (line.length && strchr(" \t\f\v", line.start[line.length - 1])) line.length--;
    return line;
}

static int ends_with(Line line, const char *guard) {
    size_t length = strlen(guard);
    return line.length >= length && memcmp(line.start + line.length - length, guard, length) == 0;
}

/* The type of the block that a line begins ("# /// script"), with its length; 0 for any other line. */
static size_t block_type(Line line, const char **type) {
    const char *name = line.start + strlen(BLOCK_END) + 1, *end = line.start + line.length, *at;
    if (line.length <= strlen(BLOCK_END) + 1 || memcmp(line.start, BLOCK_END " ", strlen(BLOCK_END) + 1) != 0) return 0;
    for (at = name; at < end; at++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-", *at)) return 0;
    *type = name;
    return (size_t)(end - name);
}

/* Find the last "# ///" among the comment lines that follow the first line of a block, with one line before it at least; NULL where there is none,
 * and then none of the blocks that begin before BARREN has an end. */
static const char *end_of_block(const char *from, const char *end, const char **barren) {
    const char *found = NULL, *first = from;
    if (from < *barren) return NULL;
    while (from < end) {
        Line line = line_at(from, end);
        if (!line.length || line.start[0] != '#' || (line.length > 1 && line.start[1] != ' ')) break;
        if (from != first && is_text(line, BLOCK_END)) found = line.start;
        from = line.next;
    }
    if (!found) *barren = from;
    return found;
}

/* Read the PEP 723 block of type script; 0 where there is none. */
static int read_script_block(Text program, const char *shown, Text *specification) {
    const char *from = program.data, *end = program.data + program.size, *barren = program.data;
    int found = 0, unterminated = 0;
    while (from < end) {
        Line line;
        const char *type, *stop, *at;
        size_t length;
        from = line_with(BLOCK_END " ", from);
        if (!from) break;
        line = line_at(from, end);
        length = block_type(line, &type);
        from = line.next;
        if (!length) continue;
        stop = end_of_block(from, end, &barren);
        if (length != strlen("script") || strncmp(type, "script", length) != 0) {
            from = stop ? line_at(stop, end).next : from;
            continue;
        }
        if (!stop) {
            unterminated = 1;
            continue;
        }
        if (found) refuse(CANNOT_START, "%s: it has two blocks '# /// script'; leave one", shown);
        found = 1;
        specification->data = room((size_t)(stop - from) + 1);
        specification->size = 0;
        for (at = from; at < stop; at = line.next) {
            size_t skip;
            line = line_at(at, stop);
            skip = line.length > 1 ? 2 : line.length;
            memcpy(specification->data + specification->size, line.start + skip, line.length - skip);
            specification->size += line.length - skip;
            specification->data[specification->size++] = '\n';
        }
        specification->data[specification->size] = '\0';
        from = line_at(stop, end).next;
    }
    if (!found && unterminated) refuse(CANNOT_START, "%s: the block '# /// script' has no end; write '# ///' behind its last line", shown);
    return found;
}

/* Whether a line of a comment consists of nothing but the beginning of what stands before the guards. */
static int is_bare(Line line, const char *prefix, size_t length) {
    line = trimmed(line);
    return line.length <= length && memcmp(line.start, prefix, line.length) == 0;
}

/* Read what stands between the guards, without what stands before both of them on their lines; 0 where there is nothing. */
static int read_guarded(Text program, const char *shown, Text *specification) {
    const char *from = program.data, *end = program.data + program.size, *first, *last = NULL, *prefix;
    size_t length;
    Line line;
    do {
        from = from < end ? line_with(BEGIN_GUARD, from) : NULL;
        if (!from) return 0;
        line = trimmed(line_at(from, end));
        from = line_at(from, end).next;
    } while (!ends_with(line, BEGIN_GUARD));
    prefix = line.start;
    length = line.length - strlen(BEGIN_GUARD);
    first = from;
    while (from < end && !last) {
        line = trimmed(line_at(from, end));
        if (ends_with(line, END_GUARD)) last = from;
        from = line_at(from, end).next;
    }
    if (!last) refuse(CANNOT_START, "%s: " BEGIN_GUARD " has no line that ends with " END_GUARD " behind it", shown);
    if (line.length - strlen(END_GUARD) != length || memcmp(line.start, prefix, length) != 0) length = 0;
    specification->data = room((size_t)(last - first) + 1);
    specification->size = 0;
    while (first < last) {
        size_t skip = 0;
        line = line_at(first, last);
        first = line.next;
        if (line.length >= length && memcmp(line.start, prefix, length) == 0) {
            skip = length;
        } else if (is_bare(line, prefix, length)) {
            skip = line.length;
        }
        memcpy(specification->data + specification->size, line.start + skip, line.length - skip);
        specification->size += line.length - skip;
        specification->data[specification->size++] = '\n';
    }
    specification->data[specification->size] = '\0';
    return specification->size > 0;
}
