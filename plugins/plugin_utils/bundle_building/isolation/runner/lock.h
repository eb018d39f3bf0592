/* Copyright (c) 2026, the hermetic.python authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The lock beside a specification: pylock.<name>.toml, or <name>.uv.lock for what is written in TOML. Its bytes are hashed, never read.
 */

#define LARGEST_LOCK ((size_t)16 << 20)

typedef struct {
    const char *kind; /* "pylock", "requirements" or "none" */
    char *file;       /* where it is, or where it is expected to be */
    Text text;
} Lock;

/* pylock.tool-py.toml for tool.py, pylock.vpython3.toml for .vpython3. */
static char *lock_name(const char *file) {
    const char *name = base_of(file);
    char *lock = formatted("pylock.%s.toml", name[0] == '.' ? name + 1 : name), *at;
    for (at = lock + strlen("pylock."); at < lock + strlen(lock) - strlen(".toml"); at++)
        if (*at == '.') *at = '-';
    return lock;
}

/* Refuse a lock of somebody else, who could have put it beside the specification in a directory such as /tmp: it decides what runs. */
static void check_owner_of_lock(const char *path, const Specification *specification) {
    char *real = resolved(path), *directory = directory_of(path), *reason = who_owns(path, specification->owner);
    if (!reason && real) reason = who_owns(real, specification->owner);
    if (reason && !is_declared_safe(directory))
        refuse(CANNOT_START, "%s is refused: %s, and this runs as %s. If you trust it, make a copy of your own, or add the directory to "
                             SAFE_DIRECTORIES " (separated by '" LIST_SEPARATOR "')", path, reason, this_user_shown());
    free(reason);
    free(directory);
    free(real);
}

static int read_lock(const char *path, const Specification *specification, Lock *lock) {
    File file;
    Opening opening = open_file(path, &file);
    if (opening == ABSENT || opening == DANGLING) return 0;
    if (opening == NO_FILE) refuse(CANNOT_START, "%s is no file; a lock is one", path);
    if (opening != OPENED) refuse(CANNOT_START, "%s cannot be read: %s", path, problem());
    if (specification->by_place)
        check_owners(path, specification->owner);
    else
        check_owner_of_lock(path, specification);
    if (file.size > LARGEST_LOCK) refuse(CANNOT_START, "%s is larger than 16 MiB; a lock is not", path);
    if (!read_up_to(&file, LARGEST_LOCK, &lock->text)) refuse(CANNOT_START, "%s cannot be read: %s", path, problem());
    close_file(&file);
    lock->file = formatted("%s", path);
    return 1;
}

static int find_lock_beside(const char *file, const Specification *specification, Lock *lock) {
    char *name = lock_name(file), *path = beside(file, name);
    lock->kind = "pylock";
    if (!lock->file) lock->file = formatted("%s", path);
    if (read_lock(path, specification, lock)) return 1;
    if (strcmp(specification->kind, "toml") != 0 && strcmp(specification->kind, "script") != 0) return 0;
    path = formatted("%s.uv.lock", file);
    lock->kind = "requirements";
    return read_lock(path, specification, lock);
}

/* Look beside the file as it is named, then beside the file that it is a link to. */
static Lock find_lock(const Specification *specification) {
    Lock lock = {"none", NULL, {NULL, 0}};
    char *real;
    if (specification->file) {
        if (find_lock_beside(specification->file, specification, &lock)) return lock;
        real = is_link(specification->file) ? resolved(specification->file) : NULL;
        if (real && find_lock_beside(real, specification, &lock)) return lock;
    }
    lock.kind = "none";
    lock.text = part_of("", 0);
    return lock;
}
