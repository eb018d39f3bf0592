/* Copyright (c) 2026, the hermetic.python authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Files, links and variables as POSIX has them.
 */

static const char *variable(const char *name) {
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static void write_error(const char *text) { fputs(text, stderr); }

/* What the last call failed with. */
static const char *problem(void) { return strerror(errno); }

static char *current_directory(void) { return getcwd(NULL, 0); }

static int exists(const char *path) { return access(path, F_OK) == 0; }

static int is_directory(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static int is_link(const char *path) {
    struct stat status;
    return lstat(path, &status) == 0 && S_ISLNK(status.st_mode);
}

static int is_same(const char *one, const char *other) {
    struct stat first, second;
    return stat(one, &first) == 0 && stat(other, &second) == 0 && first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

/* A path without links; NULL where it leads nowhere. */
static char *resolved(const char *path) { return realpath(path, NULL); }

/* Where a link to a directory leads; NULL where there is none. */
static char *link_target(const char *path) {
    char target[PATH_MAX];
    ssize_t length = readlink(path, target, sizeof target - 1);
    if (length <= 0) return NULL;
    target[length] = '\0';
    return formatted("%s", target);
}

static char *absolute(const char *path) {
    char *here, *result;
    if (top_of(path)) return formatted("%s", path);
    here = current_directory();
    if (!here) refuse(CANNOT_START, "the current directory cannot be named: %s", strerror(errno));
    result = joined(here, path);
    free(here);
    return result;
}

/* An absolute path without "." and "..", by its text alone. */
static char *normal_path(const char *path) {
    char *whole = absolute(path), *to = whole, *from = whole;
    while (*from) {
        size_t length;
        while (*from == '/') from++;
        length = strcspn(from, "/");
        if (length == 2 && from[0] == '.' && from[1] == '.') {
            while (to > whole && *--to != '/') {}
        } else if (length && !(length == 1 && from[0] == '.')) {
            *to++ = '/';
            memmove(to, from, length);
            to += length;
        }
        from += length;
    }
    if (to == whole) *to++ = '/';
    *to = '\0';
    return whole;
}

typedef struct {
    int descriptor;
    size_t size;
} File;

/* Open a regular file, without waiting for what is none. */
static Opening open_file(const char *path, File *file) {
    struct stat status;
    file->descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file->descriptor < 0) {
        int number = errno, missing = number == ENOENT || number == ENOTDIR || number == ENAMETOOLONG;
        Opening found = !missing ? UNREADABLE : lstat(path, &status) == 0 ? DANGLING : ABSENT;
        errno = number;
        return found;
    }
    if (fstat(file->descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
        close(file->descriptor);
        return NO_FILE;
    }
    file->size = (size_t)status.st_size;
    return OPENED;
}

/* Read at most LIMIT bytes from where a file begins; 0 where that fails. */
static int read_up_to(const File *file, size_t limit, Text *text) {
    size_t space = file->size > 0 && file->size < limit ? file->size : limit;
    text->data = room(space + 1);
    text->size = 0;
    while (text->size < space) {
        ssize_t count = read(file->descriptor, text->data + text->size, space - text->size);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return 0;
        if (count == 0) break;
        text->size += (size_t)count;
    }
    text->data[text->size] = '\0';
    return 1;
}

static void close_file(const File *file) { close(file->descriptor); }

/* What tells a file from others that lie, or lay, at the same path; 0 where there is none. */
static int identify(const char *path, uint64_t identity[3]) {
    struct stat status;
    if (stat(path, &status) != 0) return 0;
    identity[0] = (uint64_t)status.st_ino;
    identity[1] = (uint64_t)status.st_size;
    identity[2] = (uint64_t)status.st_mtime;
    return 1;
}
