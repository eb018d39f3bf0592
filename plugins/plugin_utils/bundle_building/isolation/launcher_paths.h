/* Copyright (c) 2026, the hermetic.python authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where a program of a bundle lies: bin/pythonX.Y, and bin/vpython3.
 */

static char self[PATH_MAX];     /* this program, all links resolved */
static char bundle[PATH_MAX];   /* the root of the bundle */
static int without_proc;        /* whether the kernel did not say where this program is */

static int fits(int written) { return written >= 0 && written < PATH_MAX; }

/* Cut the last component off; 0 if there is none. */
static int to_parent(char *path) {
    char *slash = strrchr(path, '/');
    if (!slash) return 0;
    if (slash == path) slash++;
    *slash = '\0';
    return 1;
}

static int same_file(const char *one, const char *other) {
    struct stat first, second;
    return stat(one, &first) == 0 && stat(other, &second) == 0 && first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

static int is_self(const char *path) { return same_file(self, path); }

/* The first entry of PATH that is this very program: somebody started it by its bare name. */
static int found_on_path(const char *name, char *found) {
    const char *entry = getenv("PATH");
    while (name && *name && entry && *entry) {
        size_t length = strcspn(entry, ":");
        int written = length ? snprintf(found, PATH_MAX, "%.*s/%s", (int)length, entry, name) : snprintf(found, PATH_MAX, "./%s", name);
        if (fits(written) && (self[0] ? is_self(found) : access(found, X_OK) == 0)) return 1;
        entry += length;
        if (*entry == ':') entry++;
    }
    return 0;
}

static void find_self(const char *invoked) {
    char path[PATH_MAX];
#ifdef __APPLE__
    uint32_t size = sizeof path;
    if (_NSGetExecutablePath(path, &size) == 0 && realpath(path, self)) return;
#else
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length > 0) {
        self[length] = '\0';
        if (access(self, F_OK) == 0) return;
    }
    without_proc = 1;
#endif
    self[0] = '\0';
    if (invoked && strchr(invoked, '/')) {
        if (realpath(invoked, self)) return;
    } else if (found_on_path(invoked, path) && realpath(path, self)) {
        return;
    }
    self[0] = '\0';
}
