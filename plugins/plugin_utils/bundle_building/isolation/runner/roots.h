/* Copyright (c) 2026, the hermetic.python authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The directory that environments lie in: the one that is named, or one of the user's own. Nothing in a directory of others is ever used.
 */

#define MOST_ROOTS 2

typedef struct {
    char *paths[MOST_ROOTS]; /* best first */
    int count;
} Roots;

static void add_usual_roots(Roots *roots);

/* Say that a directory is what bundles lie in, which has directories of the same names as a root of environments; NULL for any other. */
static char *why_no_root(const char *path) {
    if (!is_there(path, "bundles") && !is_there(path, "generations")) return NULL;
    return formatted("%s is the root of a host, and environments of programs need a directory of their own", path);
}

static Roots find_roots(const Command *command) {
    Roots roots = {{NULL, NULL}, 0};
    const char *named = command->root ? command->root : variable("VPYTHON_VIRTUALENV_ROOT");
    int index;
    if (named)
        roots.paths[roots.count++] = absolute(named);
    else
        add_usual_roots(&roots);
    /* With a separator behind it, a link would be followed wherever links are not. */
    for (index = 0; index < roots.count; index++) {
        char *path = roots.paths[index];
        size_t length = strlen(path);
        while (length > top_of(path) && path[length - 1] == SEPARATOR) path[--length] = '\0';
    }
    return roots;
}
