/* Copyright (c) 2026, the hermetic.python authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which specification a program has, in the order of vpython: named, in its code, beside it, in it, above it, the default, none.
 */

#define LARGEST_SPECIFICATION ((size_t)1 << 20)
/* What lies further back in a program, such as the archive behind a zipapp's first line, declares nothing. */
#define LARGEST_PROGRAM ((size_t)64 << 20)
#define SAFE_DIRECTORIES "HERMETIC_SAFE_DIRECTORIES"

typedef struct {
    const char *kind; /* "none", "toml", "textproto", "script" (PEP 723) or "inline" */
    char *file;       /* where it stands, NULL for the code of -c and for none */
    Text text;
    int by_place;     /* whether nobody named it: it was found by its name beside the program or above */
    Owner owner;      /* of the program, or of the file that was named; this user else */
} Specification;

/* Whether the directory of a file is in the list of those whose owner does not matter. */
static int is_declared_safe(const char *directory) {
    const char *entry = variable(SAFE_DIRECTORIES);
    while (entry && *entry) {
        size_t length = strcspn(entry, LIST_SEPARATOR);
        char *path = formatted("%.*s", (int)length, entry);
        int same = length && is_same(path, directory);
        free(path);
        if (same) return 1;
        entry += length;
        if (*entry) entry++;
    }
    return 0;
}

/* Refuse a file that was found by its place, as git refuses the repositories of others; ALSO owns the program, and so decides what runs anyway. */
static void check_owners(const char *path, Owner also) {
    char *real = resolved(path), *places[4], *problem = NULL;
    size_t index;
    places[0] = formatted("%s", path);
    places[1] = directory_of(path);
    places[2] = formatted("%s", real ? real : path);
    places[3] = directory_of(places[2]);
    for (index = 0; index < COUNT(places) && !problem; index++) problem = who_decides(places[index], also);
    if (problem && !is_declared_safe(places[1]))
        refuse(CANNOT_START, "%s is refused: %s, and this runs as %s. If you trust it, name it with -vpython-spec, or add the directory to "
                             SAFE_DIRECTORIES " (separated by '" LIST_SEPARATOR "')", path, problem, this_user_shown());
    free(problem);
    free(real);
    for (index = 0; index < COUNT(places); index++) free(places[index]);
}

/* Read a file with a specification; 0 where there is none. A directory of that name is an error where it stands for one. */
static int read_specification(const char *path, int by_place, Specification *found) {
    const char *dot = strrchr(base_of(path), '.');
    File file;
    Opening opening = open_file(path, &file);
    if (opening == ABSENT) return 0;
    if (opening == NO_FILE) refuse(CANNOT_START, "%s is no file; a specification is one", path);
    if (opening != OPENED) refuse(CANNOT_START, "%s cannot be read: %s", path, problem());
    if (by_place)
        check_owners(path, found->owner);
    else
        (void)why_missing(path, &found->owner);
    if (file.size > LARGEST_SPECIFICATION) refuse(CANNOT_START, "%s is larger than 1 MiB; a specification is not", path);
    if (!read_up_to(&file, LARGEST_SPECIFICATION, &found->text)) refuse(CANNOT_START, "%s cannot be read: %s", path, problem());
    close_file(&file);
    normalise(&found->text);
    found->kind = dot && strcasecmp(dot, ".toml") == 0 ? "toml" : "textproto";
    found->file = formatted("%s", path);
    found->by_place = by_place;
    return 1;
}

static int is_there(const char *directory, const char *name) {
    char *path = joined(directory, name);
    int found = exists(path);
    free(path);
    return found;
}

/* Look beside a script for NAME.vpython3, or for that of a package that a directory belongs to. A directory of this name is none. */
static int find_partner(const char *script, Specification *found) {
    char *current = formatted("%s", script);
    int package = is_directory(script);
    for (;;) {
        char *partner, *above;
        size_t length = strlen(current);
        while (length > top_of(current) && current[length - 1] == SEPARATOR) current[--length] = '\0';
        if (package && !is_there(current, "__init__.py")) break;
        partner = formatted("%s.vpython3", current);
        if (!is_directory(partner) && read_specification(partner, 1, found)) return 1;
        free(partner);
        if (!package) break;
        above = directory_of(current);
        if (strcmp(above, current) == 0) break;
        free(current);
        current = above;
    }
    free(current);
    return 0;
}

/* Look into a script. What is no regular file, such as a pipe, is left for Python to read. */
static int find_inside(const char *script, Specification *found) {
    File file;
    Text program;
    int complete;
    if (open_file(script, &file) != OPENED) return 0;
    complete = read_up_to(&file, LARGEST_PROGRAM, &program);
    close_file(&file);
    if (!complete) return 0;
    normalise(&program);
    /* What comes after a NUL is no text, such as the archive of a zipapp. */
    program.size = strlen(program.data);
    if (read_script_block(program, script, &found->text)) {
        found->kind = "script";
    } else if (read_guarded(program, script, &found->text)) {
        found->kind = "inline";
    } else {
        free(program.data);
        return 0;
    }
    free(program.data);
    found->file = formatted("%s", script);
    return 1;
}

/* Walk upwards from a directory; the one with .gclient is the last. */
static int find_above(const char *start, Specification *found) {
    static const char *const NAMES[] = {"vpython.toml", ".vpython3"};
    char *here = current_directory(), *current;
    /* A directory that was removed has none above it. */
    if (!here && !top_of(start)) return 0;
    free(here);
    current = normal_path(start);
    for (;;) {
        size_t index;
        char *above;
        for (index = 0; index < COUNT(NAMES); index++) {
            char *path = joined(current, NAMES[index]);
            if (read_specification(path, 1, found)) return 1;
            free(path);
        }
        above = directory_of(current);
        if (is_there(current, ".gclient") || strcmp(above, current) == 0) return 0;
        free(current);
        current = above;
    }
}

static int find_for_script(const char *script, Specification *found) {
    char *written = normal_path(script), *real = resolved(script);
    int number = why_missing(script, &found->owner), package;
    if (number) {
        write_error(formatted("vpython3: can't open file '%s': [Errno %d] %s\n", printable(written), number, strerror(number)));
        exit(USAGE_ERROR);
    }
    /* A system follows a link before "..", and the text of a path does not: what is read is what will run. */
    if (strstr(script, "..") && real && !is_same(written, script)) written = formatted("%s", real);
    package = is_directory(script);
    if (find_partner(written, found) || (real && strcmp(real, written) != 0 && find_partner(real, found))) return 1;
    if (!package && find_inside(written, found)) return 1;
    found->owner = this_user();
    return find_above(package ? written : directory_of(written), found);
}

static Specification find_specification(const Command *command) {
    Specification found;
    const char *fallback = variable("VPYTHON_DEFAULT_SPEC");
    memset(&found, 0, sizeof found);
    found.owner = this_user();
    if (command->specification) {
        char *path = absolute(command->specification);
        if (!read_specification(path, 0, &found)) refuse(CANNOT_START, "the specification %s does not exist", path);
        return found;
    }
    if (command->code) {
        Text program = part_of(command->code, strlen(command->code));
        normalise(&program);
        if (read_script_block(program, "the code of -c", &found.text)) {
            found.kind = "script";
            return found;
        }
    }
    if (command->script ? find_for_script(command->script, &found) : find_above(".", &found)) return found;
    if (fallback) {
        char *path = absolute(fallback);
        if (!read_specification(path, 0, &found)) refuse(CANNOT_START, "the file %s does not exist; VPYTHON_DEFAULT_SPEC names it", path);
        return found;
    }
    found.kind = "none";
    found.text = part_of("", 0);
    return found;
}
