/* Copyright (c) 2026, the hermetic.python authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * This program, and the one that it becomes, on POSIX.
 */

static void set_variable(const char *name, const char *value) { (void)(value ? setenv(name, value, 1) : unsetenv(name)); }

static int is_same_name(const char *one, const char *other, size_t length) { return strncmp(one, other, length) == 0; }

static int write_output(const char *text) { return puts(text) >= 0 && fflush(stdout) == 0; }

/* The directory of the bundle of this program. */
static const char *find_bundle(void) {
    if (!self[0]) refuse(NOT_FOUND, "the bundle of this program cannot be found");
    strcpy(bundle, self);
    if (!to_parent(bundle) || !to_parent(bundle)) refuse(NOT_FOUND, "%s lies in no bundle", self);
    return bundle;
}

/* Look for a program in PATH that is not this one. */
static char *other_on_path(const char *name) {
    const char *entry = getenv("PATH");
    while (entry && *entry) {
        size_t length = strcspn(entry, ":");
        char *path = formatted("%.*s/%s", length ? (int)length : 1, length ? entry : ".", name);
        if (access(path, X_OK) == 0 && !is_directory(path) && !is_self(path)) return path;
        free(path);
        entry += length;
        if (*entry == ':') entry++;
    }
    return NULL;
}

static void become(const char *program, const char *name, char *const *rest) __attribute__((noreturn));
static void become(const char *program, const char *name, char *const *rest) {
    size_t count = 0;
    char **arguments;
    while (rest[count]) count++;
    arguments = room((count + 2) * sizeof *arguments);
    arguments[0] = (char *)name;
    memcpy(arguments + 1, rest, (count + 1) * sizeof *arguments);
    execv(program, arguments);
    refuse(errno == ENOENT ? NOT_FOUND : CANNOT_START, "%s cannot be started: %s", program, strerror(errno));
}
