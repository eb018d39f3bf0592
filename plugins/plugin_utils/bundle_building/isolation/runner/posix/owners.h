/* Copyright (c) 2026, the hermetic.python authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Who owns and may write what decides over a program, by the modes of POSIX.
 */

typedef uid_t Owner;

static Owner this_user(void) { return geteuid(); }

static char *this_user_shown(void) { return formatted("uid %lu", (unsigned long)geteuid()); }

static int is_ours(Owner owner) { return owner == 0 || owner == geteuid(); }

/* Name the owner of a program; returns the number of the error where there is no such program. */
static int why_missing(const char *path, Owner *owner) {
    struct stat status;
    if (stat(path, &status) != 0) return errno;
    *owner = status.st_uid;
    return 0;
}

/* Say who else owns what is at a path; NULL where nobody does. */
static char *who_owns(const char *path, Owner also) {
    struct stat status;
    if (lstat(path, &status) != 0) return formatted("%s cannot be examined: %s", path, strerror(errno));
    if (is_ours(status.st_uid) || status.st_uid == also) return NULL;
    return formatted("%s is owned by uid %lu", path, (unsigned long)status.st_uid);
}

/* Say who else decides what is at a path; NULL where nobody does. Nobody renames what others own in a sticky directory. */
static char *who_decides(const char *path, Owner also) {
    struct stat status;
    char *owned = who_owns(path, also);
    if (owned) return owned;
    if (lstat(path, &status) != 0) return formatted("%s cannot be examined: %s", path, strerror(errno));
    if (S_ISLNK(status.st_mode) || !(status.st_mode & S_IWOTH) || (S_ISDIR(status.st_mode) && status.st_mode & S_ISVTX)) return NULL;
    return formatted("every user may write %s (mode %04o)", path, (unsigned)(status.st_mode & 07777));
}

/* Open a root of environments. A link in its place counts if root or this user made it: its maker could let it lead elsewhere at any time. */
static int open_root(const char *path) {
    int found = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), number = errno;
    struct stat status;
    if (found >= 0 || lstat(path, &status) != 0 || !S_ISLNK(status.st_mode) || !is_ours(status.st_uid)) {
        errno = number;
        return found;
    }
    return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Whether nobody but root and this user can change what an open directory or file is. */
static int is_trusted_descriptor(int descriptor, mode_t kind) {
    struct stat status;
    return fstat(descriptor, &status) == 0 && (status.st_mode & S_IFMT) == kind && is_ours(status.st_uid) &&
           !(status.st_mode & (S_IWGRP | S_IWOTH));
}
