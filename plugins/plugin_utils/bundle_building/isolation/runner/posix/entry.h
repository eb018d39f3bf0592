/* Copyright (c) 2026, the hermetic.python authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * An entry on POSIX is a link.
 */

#define ABOVE_OTHERS 200 /* a descriptor that no program of ours expects to be free */

static int read_link_at(int directory, const char *name, char *target, size_t size) {
    ssize_t length = readlinkat(directory, name, target, size - 1);
    if (length <= 0 || (size_t)length >= size - 1) return 0;
    target[length] = '\0';
    return 1;
}

/* Keep an environment from being pruned while this process and what it becomes run, and note its use. */
static int hold(int environment, int environments, const char *name) {
    struct stat mine, there;
    time_t now = time(NULL);
    int kept;
    /* A file system without locks has no pruning either: that needs the same lock. */
    if (flock(environment, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK) return 0;
    if (fstat(environment, &mine) != 0 || fstatat(environments, name, &there, AT_SYMLINK_NOFOLLOW) != 0) return 0;
    if (mine.st_ino != there.st_ino || mine.st_dev != there.st_dev) return 0;
    if (mine.st_mtime > now || now - mine.st_mtime > NOTED_EACH) (void)futimens(environment, NULL);
    kept = fcntl(environment, F_DUPFD, ABOVE_OTHERS);
    if (kept < 0) kept = fcntl(environment, F_DUPFD, STDERR_FILENO + 1);
    return kept >= 0;
}

static int open_directory_at(int directory, const char *name) {
    int found = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (found >= 0 && is_trusted_descriptor(found, S_IFDIR)) return found;
    if (found >= 0) close(found);
    return -1;
}

/* Return the environment that a root has for a digest, held; NULL where it has none that can be trusted. */
static char *find_entry(const char *root, const char *digest) {
    char target[256];
    char *path = NULL;
    struct stat link;
    int top = open_root(root), entries = -1, environments = -1, environment = -1;
    if (top < 0) return NULL;
    if (is_trusted_descriptor(top, S_IFDIR) && (entries = open_directory_at(top, "by-spec")) >= 0 &&
        fstatat(entries, digest, &link, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(link.st_mode) && is_ours(link.st_uid) &&
        read_link_at(entries, digest, target, sizeof target) && starts_with(target, BEFORE) && is_environment_name(target + strlen(BEFORE)) &&
        (environments = open_directory_at(top, "environments")) >= 0 &&
        (environment = open_directory_at(environments, target + strlen(BEFORE))) >= 0 && hold(environment, environments, target + strlen(BEFORE)))
        path = formatted("%s/environments/%s", root, target + strlen(BEFORE));
    if (environment >= 0) close(environment);
    if (environments >= 0) close(environments);
    if (entries >= 0) close(entries);
    close(top);
    return path;
}
