/* Copyright (c) 2026, the hermetic.python authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Paths as texts. Each system says what separates their parts, and how long the part is that nothing is above.
 */

static const char *base_of(const char *path) {
    const char *last = strrchr(path, SEPARATOR);
    return last ? last + 1 : path;
}

static char *directory_of(const char *path) {
    size_t top = top_of(path), length = strlen(path);
    while (length > top && path[length - 1] != SEPARATOR) length--;
    if (!length) return formatted(".");
    return formatted("%.*s", (int)(length > top ? length - 1 : length), path);
}

static char *joined(const char *directory, const char *name) {
    size_t length = strlen(directory);
    return formatted("%s%s%s", directory, length && directory[length - 1] == SEPARATOR ? "" : (char[]){SEPARATOR, '\0'}, name);
}

static char *beside(const char *path, const char *name) {
    char *directory = directory_of(path), *found = joined(directory, name);
    free(directory);
    return found;
}
