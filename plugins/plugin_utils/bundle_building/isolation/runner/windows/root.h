/* Copyright (c) 2026, the hermetic.python authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where environments lie on Windows, and the locks of those that make them.
 */

#define LOCKED_BYTE (1u << 30) /* as the engine locks: far behind the text of the file, which nobody else could read otherwise */
#define SILENT_FOR 10000       /* milliseconds of waiting before a word is said */
#define LONGEST_PAUSE 100

/* Open a directory or file of ours that nobody else may change; a link only for the root itself. */
static HANDLE open_ours(const char *path, DWORD access, int is_root, char **reason) {
    HANDLE handle;
    BY_HANDLE_FILE_INFORMATION found;
    /* Whoever made a link could let it lead elsewhere at any time. */
    if (is_root && is_link(path) && (*reason = who_owns(path, this_user()))) return INVALID_HANDLE_VALUE;
    handle = open_path(path, access | READ_CONTROL, SHARE_ALL, is_root ? 0 : FILE_FLAG_OPEN_REPARSE_POINT);
    if (handle == INVALID_HANDLE_VALUE) {
        *reason = formatted("%s: %s", path, problem());
        return handle;
    }
    if (!GetFileInformationByHandle(handle, &found) || found.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT)
        *reason = formatted("%s is a link", path);
    else
        *reason = others_behind(handle, path, NULL);
    if (!*reason) return handle;
    CloseHandle(handle);
    return INVALID_HANDLE_VALUE;
}

static char *ours_below(const char *directory, const char *name) {
    char *path = directory && top_of(directory) ? joined(directory, name) : NULL;
    /* What another user owns, such as the profile of who started this for somebody else, is not filled with files of this one. */
    return path && is_directory(directory) && !who_decides(directory, this_user()) ? path : NULL;
}

/* Add the directories that environments lie in where nobody names one. */
static void add_usual_roots(Roots *roots) {
    wchar_t temporary[MAX_PATH + 1];
    char *own = ours_below(variable("LOCALAPPDATA"), "hermetic-vpython");
    DWORD length = GetTempPathW(MAX_PATH + 1, temporary);
    if (own) roots->paths[roots->count++] = own;
    if (length && length <= MAX_PATH)
        roots->paths[roots->count++] = joined(narrow_part(temporary, length), formatted("vpython-root_%s", this_user_shown()));
    if (!roots->count) refuse(CANNOT_START, "there is no directory for environments; name one with -vpython-root or VPYTHON_VIRTUALENV_ROOT");
}

/* Make a directory that only this user, the system and the administrators may enter, whatever is handed down from above. */
static int make_own_directory(const char *path) {
    char *words = formatted("D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;%s)", this_user_shown());
    SECURITY_ATTRIBUTES attributes = {sizeof attributes, NULL, FALSE};
    wchar_t *name = for_system(path), *list = wide(words);
    int done = ConvertStringSecurityDescriptorToSecurityDescriptorW(list, SDDL_REVISION_1, &attributes.lpSecurityDescriptor, NULL) &&
               CreateDirectoryW(name, &attributes);
    if (!done) failed();
    if (attributes.lpSecurityDescriptor) LocalFree(attributes.lpSecurityDescriptor);
    free(name);
    free(list);
    free(words);
    return done || (failure == ERROR_ALREADY_EXISTS && is_directory(path));
}

static int make_directories(const char *path) {
    char *above = directory_of(path);
    int done = is_directory(path) || is_directory(above);
    if (!done && strcmp(above, path) != 0) {
        wchar_t *name = for_system(above);
        char *further = directory_of(above);
        done = (is_directory(further) || strcmp(further, above) == 0 || make_directories(further)) &&
               (CreateDirectoryW(name, NULL) || GetLastError() == ERROR_ALREADY_EXISTS || failed());
        free(further);
        free(name);
    }
    free(above);
    return done && (is_directory(path) || make_own_directory(path));
}

/* Lock the byte of a file, alone or with others; 0 where somebody else has it or that fails. */
static int lock_byte(HANDLE file, int alone) {
    OVERLAPPED place;
    memset(&place, 0, sizeof place);
    place.Offset = LOCKED_BYTE;
    return LockFileEx(file, LOCKFILE_FAIL_IMMEDIATELY | (alone ? LOCKFILE_EXCLUSIVE_LOCK : 0), 0, 1, 0, &place) || failed();
}

static int is_locked_elsewhere(void) { return failure == ERROR_LOCK_VIOLATION || failure == ERROR_IO_PENDING; }

/* Wait until nobody makes an environment any more, and say so where that takes long; 0 where that cannot be. */
static int wait_for_maker(HANDLE file, const char *root) {
    DWORD pause = 1, waited = 0;
    int silent = 1;
    while (!lock_byte(file, 0)) {
        if (!is_locked_elsewhere()) return 0;
        Sleep(pause);
        waited += pause;
        if (pause < LONGEST_PAUSE) pause *= 2;
        if (silent && waited >= SILENT_FOR) {
            warn("another process makes this environment in %s; waiting for it", root);
            silent = 0;
        }
    }
    return 1;
}

/* Make a root ready to be written: returns the locked file of this entry, WAITED where somebody else had it, NOT_LOCKED with PROBLEM where that cannot
 * be. Nobody removes the file as long as it is open: it is not shared for that. */
static Guard lock_entry(const char *root, const char *digest, char **reason) {
    char *locks = joined(root, "locks"), *path = joined(locks, digest);
    HANDLE top, directory, file;
    wchar_t *name;
    int waited;
    if (!make_directories(root)) {
        *reason = formatted("%s: %s", root, problem());
        return NOT_LOCKED;
    }
    top = open_ours(root, 0, 1, reason);
    if (top == INVALID_HANDLE_VALUE) return NOT_LOCKED;
    CloseHandle(top);
    *reason = why_no_root(root);
    if (*reason) return NOT_LOCKED;
    name = for_system(locks);
    if (!CreateDirectoryW(name, NULL) && GetLastError() != ERROR_ALREADY_EXISTS) {
        failed();
        *reason = formatted("%s: %s", locks, problem());
        return NOT_LOCKED;
    }
    free(name);
    directory = open_ours(locks, 0, 0, reason);
    if (directory == INVALID_HANDLE_VALUE) return NOT_LOCKED;
    CloseHandle(directory);
    name = for_system(path);
    file = CreateFileW(name, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_ALWAYS,
                       FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
    free(name);
    if (file == INVALID_HANDLE_VALUE) {
        failed();
        *reason = formatted("%s: %s", path, problem());
        return NOT_LOCKED;
    }
    if (lock_byte(file, 1)) return file;
    /* All that wait go on at once, and look whether it is there now. */
    waited = is_locked_elsewhere() && wait_for_maker(file, root);
    if (!waited) *reason = formatted("%s cannot be locked: %s", path, problem());
    CloseHandle(file);
    return waited ? WAITED : NOT_LOCKED;
}

static void release_entry(Guard guard) { CloseHandle(guard); }
