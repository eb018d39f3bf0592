/* Copyright (c) 2026, the hermetic.python authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where environments lie on POSIX, and the locks of those that make them.
 */

/* A home that another user owns (sudo keeps HOME) would be filled with files that this user cannot remove. */
static char *below_cache(void) {
    const char *cache = variable("XDG_CACHE_HOME"), *home = variable("HOME");
    struct stat status;
#ifdef __APPLE__
    const char *const usual = "Library/Caches";
#else
    const char *const usual = ".cache";
#endif
    if (cache && cache[0] == '/' && (stat(cache, &status) != 0 || status.st_uid == geteuid())) return formatted("%s/hermetic-vpython", cache);
    if (!home || home[0] != '/' || stat(home, &status) != 0 || !S_ISDIR(status.st_mode) || status.st_uid != geteuid()) return NULL;
    return formatted("%s/%s/hermetic-vpython", strcmp(home, "/") == 0 ? "" : home, usual);
}

/* Add the directories that environments lie in where nobody names one. */
static void add_usual_roots(Roots *roots) {
    const char *temporary = variable("TMPDIR");
    roots->paths[roots->count] = below_cache();
    if (roots->paths[roots->count]) roots->count++;
    roots->paths[roots->count++] = formatted("%s/vpython-root_%lu", temporary && temporary[0] == '/' ? temporary : "/tmp", (unsigned long)geteuid());
}

static int make_directories(const char *path) {
    char *copy = formatted("%s", path), *at;
    int failed = 0, number = 0;
    for (at = copy + 1; !failed; at++) {
        char kept = *at;
        if (kept != '/' && kept) continue;
        *at = '\0';
        /* What is there, also by a link, is looked at when it is opened. */
        if (mkdir(copy, 0755) != 0 && errno != EEXIST) {
            number = errno;
            failed = access(copy, F_OK) != 0;
        }
        *at = kept;
        if (!kept) break;
    }
    free(copy);
    errno = number;
    return !failed;
}

static char *who_else(const char *path) {
    struct stat status;
    char *link = is_link(path) ? who_owns(path, this_user()) : NULL;
    if (link) return formatted("%s, and is a link", link);
    if (stat(path, &status) != 0) return formatted("%s: %s", path, strerror(errno));
    if (!S_ISDIR(status.st_mode)) return formatted("%s is no directory", path);
    if (!is_ours(status.st_uid)) return formatted("%s is owned by uid %lu, and this runs as uid %lu", path, (unsigned long)status.st_uid, (unsigned long)geteuid());
    return formatted("others may write %s (mode %04o)", path, (unsigned)(status.st_mode & 07777));
}

#ifndef SILENT_FOR
#define SILENT_FOR 10 /* seconds of waiting before a word is said */
#endif

static void stop_waiting(int number) { (void)number; }

/* Wait until nobody makes an environment any more, and say so where that takes long; 0 with errno where that cannot be. */
static int wait_for_maker(int file, const char *root) {
    struct sigaction interrupting, before;
    unsigned alarm_before;
    int done, silent = 1;
    memset(&interrupting, 0, sizeof interrupting);
    interrupting.sa_handler = stop_waiting;
    sigaction(SIGALRM, &interrupting, &before);
    alarm_before = alarm(SILENT_FOR);
    while ((done = flock(file, LOCK_SH) == 0) == 0 && errno == EINTR) {
        if (silent) warn("another process makes this environment in %s; waiting for it", root);
        silent = 0;
    }
    alarm(alarm_before);
    sigaction(SIGALRM, &before, NULL);
    return done;
}

/* Make a root ready to be written: returns the locked file of this entry, WAITED where somebody else had it, -1 with PROBLEM where that cannot be. */
static Guard lock_entry(const char *root, const char *digest, char **problem) {
    int top, locks, file;
    struct stat mine, there;
    for (;;) {
        if (!make_directories(root)) {
            *problem = formatted("%s: %s", root, strerror(errno));
            return -1;
        }
        top = open_root(root);
        if (top < 0 || !is_trusted_descriptor(top, S_IFDIR)) {
            *problem = who_else(root);
            if (top >= 0) close(top);
            return -1;
        }
        *problem = why_no_root(root);
        if (*problem) {
            close(top);
            return -1;
        }
        if (mkdirat(top, "locks", 0755) != 0 && errno != EEXIST) {
            *problem = formatted("%s/locks: %s", root, strerror(errno));
            close(top);
            return -1;
        }
        locks = openat(top, "locks", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        close(top);
        if (locks < 0 || !is_trusted_descriptor(locks, S_IFDIR)) {
            char *path = formatted("%s/locks", root);
            *problem = who_else(path);
            free(path);
            if (locks >= 0) close(locks);
            return -1;
        }
        file = openat(locks, digest, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
        if (file < 0) {
            *problem = formatted("%s/locks: %s", root, strerror(errno));
            close(locks);
            return -1;
        }
        if (flock(file, LOCK_EX | LOCK_NB) != 0) {
            /* All that wait go on at once, and look whether it is there now. */
            int waited = errno == EWOULDBLOCK && wait_for_maker(file, root);
            if (!waited) *problem = formatted("%s/locks cannot be locked: %s", root, strerror(errno));
            close(file);
            close(locks);
            return waited ? WAITED : -1;
        }
        /* Pruning may have removed it while this waited: such a lock guards nothing. */
        if (fstat(file, &mine) == 0 && fstatat(locks, digest, &there, AT_SYMLINK_NOFOLLOW) == 0 && mine.st_ino == there.st_ino) {
            close(locks);
            return file;
        }
        close(file);
        close(locks);
    }
}

static void release_entry(Guard guard) { close(guard); }
