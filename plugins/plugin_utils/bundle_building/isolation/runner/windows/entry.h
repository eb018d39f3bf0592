/* Copyright (c) 2026, the hermetic.python authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * An entry on Windows is a small file with the text of the link that it is elsewhere: not every volume has links, and not every user may make them.
 */

#define LARGEST_ENTRY ((size_t)256)

static uint64_t ticks(FILETIME time) { return (uint64_t)time.dwHighDateTime << 32 | time.dwLowDateTime; }

/* Note that an environment is used, which keeps it from being pruned for a while. */
static void note_use(HANDLE environment) {
    FILETIME now, noted;
    GetSystemTimeAsFileTime(&now);
    if (!GetFileTime(environment, NULL, NULL, &noted)) return;
    if (ticks(noted) > ticks(now) || ticks(now) - ticks(noted) > NOTED_EACH * 10000000ull) SetFileTime(environment, NULL, NULL, &now);
}

/* Keep an environment from being pruned while this process runs, which does so as long as the program: nobody removes or renames a directory with
 * a file that is open and not shared for that, and pruning looks for the lock first. */
static int hold(const char *environment) {
    char *path = joined(environment, "pyvenv.cfg");
    HANDLE file = open_path(path, GENERIC_READ, FILE_SHARE_READ, FILE_FLAG_OPEN_REPARSE_POINT);
    free(path);
    if (file == INVALID_HANDLE_VALUE) return 0;
    if (lock_byte(file, 0) || !is_locked_elsewhere()) return 1;
    CloseHandle(file);
    return 0;
}

/* Read the name of an environment from an entry; NULL where there is none that can be trusted. */
static char *read_entry(const char *entries, const char *digest) {
    char *path = joined(entries, digest), *reason = NULL, *name = NULL;
    File file = {open_ours(path, GENERIC_READ, 0, &reason), LARGEST_ENTRY};
    Text text;
    free(path);
    free(reason);
    if (file.handle == INVALID_HANDLE_VALUE) return NULL;
    if (read_up_to(&file, LARGEST_ENTRY, &text)) {
        text.data[strcspn(text.data, "\r\n")] = '\0';
        if (starts_with(text.data, BEFORE) && is_environment_name(text.data + strlen(BEFORE))) name = formatted("%s", text.data + strlen(BEFORE));
        free(text.data);
    }
    close_file(&file);
    return name;
}

/* Whether a directory of a root is ours; without a word. */
static int is_ours_alone(const char *path, int is_root) {
    char *reason = NULL;
    HANDLE handle = open_ours(path, 0, is_root, &reason);
    free(reason);
    if (handle == INVALID_HANDLE_VALUE) return 0;
    CloseHandle(handle);
    return 1;
}

/* Return the environment that a root has for a digest, held; NULL where it has none that can be trusted. */
static char *find_entry(const char *root, const char *digest) {
    char *entries = joined(root, "by-spec"), *environments = joined(root, "environments"), *name, *path = NULL, *reason = NULL;
    HANDLE environment;
    if (!is_ours_alone(root, 1) || !is_ours_alone(entries, 0) || !is_ours_alone(environments, 0)) return NULL;
    name = read_entry(entries, digest);
    if (!name) return NULL;
    path = joined(environments, name);
    free(name);
    environment = open_ours(path, FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES, 0, &reason);
    /* One that only administrators may write is used as well. */
    if (environment == INVALID_HANDLE_VALUE) environment = open_ours(path, FILE_READ_ATTRIBUTES, 0, &reason);
    if (environment == INVALID_HANDLE_VALUE) return NULL;
    if (!hold(path)) path = NULL;
    if (path) note_use(environment);
    CloseHandle(environment);
    free(entries);
    free(environments);
    return path;
}
