/* Copyright (c) 2026, the hermetic.python authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * bin/pythonX.Y of a bundle: starts libexec/pythonX.Y so that nothing of the caller's environment changes what Python it is.
 *
 * Compile with -DPYTHON="python3.12"; -DISOLATED=1 where the interpreter knows -I (3.4 and newer), -DSAFE_PATH=1 where it knows -P
 * (3.11 and newer); -DQUIET=1 where the bundle has no byte code (adds -B, so that running it as root writes nothing into the tree).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __APPLE__
#include <mach-o/dyld.h>
#else
#include <sys/auxv.h>
#endif

#ifndef PYTHON
#error "say which interpreter: -DPYTHON=\"python3.12\""
#endif
#ifndef ISOLATED
#define ISOLATED 0
#endif
#ifndef SAFE_PATH
#define SAFE_PATH 0
#endif
#ifndef QUIET
#define QUIET 0
#endif
#if ISOLATED
#define OPTIONS_WITH_ARGUMENT "WX"
#else
#define OPTIONS_WITH_ARGUMENT "WQ"
#endif
#define LONGEST_LINK_CHAIN 40
#include "launcher_paths.h"
#include "launcher_variables.h"

/* Whether a file, and a link that leads to it, belong to root, to who runs this, or to who owns the neighbour that it is to go with.
 * In a directory that everybody may write, such as /tmp, anybody else could have put it there. */
static int is_trusted(const char *path, const char *neighbour) {
    struct stat found[2], owner;
    int index, owned = stat(neighbour, &owner) == 0;
    if (lstat(path, &found[0]) != 0 || stat(path, &found[1]) != 0 || !S_ISREG(found[1].st_mode)) return 0;
    for (index = 0; index < 2; index++) {
        uid_t user = found[index].st_uid;
        if (user != 0 && user != geteuid() && !(owned && user == owner.st_uid)) return 0;
    }
    return 1;
}

/* Read what a pyvenv.cfg says of a name, as the interpreter does; SETTING has room for PATH_MAX. */
static int read_setting(const char *configuration, const char *name, char *setting) {
    char line[PATH_MAX];
    size_t length = strlen(name);
    FILE *stream = fopen(configuration, "r");
    int found = 0;
    if (!stream) return 0;
    while (!found && fgets(line, sizeof line, stream)) {
        char *key = line + strspn(line, " \t"), *value = strchr(line, '='), *end;
        if (strncasecmp(key, name, length) != 0 || !value || key + length + strspn(key + length, " \t") != value) continue;
        value += 1 + strspn(value + 1, " \t");
        for (end = value + strlen(value); end > value && strchr(" \t\r\n", end[-1]); end--) {}
        *end = '\0';
        found = fits(snprintf(setting, PATH_MAX, "%s", value));
    }
    fclose(stream);
    return found;
}

/* The path that this program was started by, links not resolved. What a caller says is believed only if it leads here. */
static int find_invoked(const char *invoked, char *path) {
    const char *candidate = invoked;
#ifdef __APPLE__
    uint32_t size = PATH_MAX;
#endif
    if (candidate && strchr(candidate, '/') && is_self(candidate)) return fits(snprintf(path, PATH_MAX, "%s", candidate));
#ifdef __APPLE__
    if (_NSGetExecutablePath(path, &size) == 0 && is_self(path)) return 1;
#else
    candidate = (const char *)getauxval(AT_EXECFN);
    if (candidate && strchr(candidate, '/') && is_self(candidate)) return fits(snprintf(path, PATH_MAX, "%s", candidate));
#endif
    return found_on_path(invoked, path);
}

/* Whether a directory with programs belongs to an environment on this bundle: beside it lies a pyvenv.cfg whose home leads here. */
static int is_environment(const char *programs) {
    char parent[PATH_MAX], configuration[PATH_MAX], home[PATH_MAX], launcher[PATH_MAX], ours[PATH_MAX];
    const char *const names[] = {PYTHON, "python"};
    size_t index;
    snprintf(parent, PATH_MAX, "%s", programs);
    if (!to_parent(parent) || !fits(snprintf(configuration, PATH_MAX, "%s/pyvenv.cfg", parent))) return 0;
    if (!is_trusted(configuration, programs) || !read_setting(configuration, "home", home) || home[0] != '/') return 0;
    /* A directory of links that leads to itself was made by nobody who makes environments. */
    if (same_file(home, programs) || !fits(snprintf(ours, PATH_MAX, "%s/bin/" PYTHON, bundle))) return 0;
    for (index = 0; index < sizeof names / sizeof *names; index++)
        if (fits(snprintf(launcher, PATH_MAX, "%s/%s", home, names[index])) && same_file(launcher, ours)) return 1;
    return 0;
}

/* Walk the chain of links from PATH to the first one that is the python of an environment. */
static int find_environment(const char *path, char *python) {
    char current[PATH_MAX], directory[PATH_MAX], base[PATH_MAX], target[PATH_MAX];
    int step;
    if (!fits(snprintf(current, PATH_MAX, "%s", path))) return 0;
    for (step = 0; step < LONGEST_LINK_CHAIN; step++) {
        ssize_t length;
        char *slash = strrchr(current, '/');
        if (!slash) return 0;
        if (!fits(snprintf(base, PATH_MAX, "%s", slash + 1))) return 0;
        to_parent(current);
        if (!realpath(current, directory)) return 0;
        if (!fits(snprintf(python, PATH_MAX, "%s/%s", directory, base))) return 0;
        if (is_environment(directory)) return 1;
        length = readlink(python, target, sizeof target - 1);
        if (length <= 0) return 0;
        target[length] = '\0';
        if (target[0] == '/') {
            if (!fits(snprintf(current, PATH_MAX, "%s", target))) return 0;
        } else {
            snprintf(current, PATH_MAX, "%s", python);
            to_parent(current);
            if (strlen(current) + 1 + strlen(target) >= PATH_MAX) return 0;
            strcat(current, "/");
            strcat(current, target);
        }
    }
    return 0;
}

/* An environment made with copies holds a copy of this program: its pyvenv.cfg says where the bundle is. */
static int bundle_of_copy(void) {
    char configuration[PATH_MAX], home[PATH_MAX], launcher[PATH_MAX];
    if (!fits(snprintf(configuration, PATH_MAX, "%s/pyvenv.cfg", bundle))) return 0;
    if (!is_trusted(configuration, self) || !read_setting(configuration, "home", home) || home[0] != '/') return 0;
    return fits(snprintf(launcher, PATH_MAX, "%s/" PYTHON, home)) && realpath(launcher, bundle) && to_parent(bundle) && to_parent(bundle);
}

/* Whether Python 2.7 ends its search for the standard library where a copy of this program lies: it knows no pyvenv.cfg, and would take
 * what lies in any directory above. */
static int is_searched_from_here(const char *copy) {
    char prefix[PATH_MAX], module[PATH_MAX], directory[PATH_MAX];
    if (!realpath(copy, prefix) || !to_parent(prefix) || !to_parent(prefix)) return 0;
    if (!fits(snprintf(module, PATH_MAX, "%s/lib/" PYTHON "/os.py", prefix))) return 0;
    if (!fits(snprintf(directory, PATH_MAX, "%s/lib/" PYTHON "/lib-dynload", prefix))) return 0;
    return access(module, F_OK) == 0 && access(directory, F_OK) == 0;
}

/* Read the arguments as the interpreter will: is there a script, or code that must not see the current directory?
 * The bundle and its environments hold no byte code for -O: an interpreter that optimises must not write its own into them. */
static int runs_a_script(int argc, char **argv, int *optimises) {
    int index;
    *optimises = 0;
    for (index = 1; index < argc; index++) {
        const char *argument = argv[index];
        if (argument[0] != '-') return 1;
        if (argument[1] == '\0') return 0;
        if (strcmp(argument, "--") == 0) return index + 1 < argc && strcmp(argv[index + 1], "-") != 0;
        if (argument[1] == '-') {
            if (strcmp(argument, "--check-hash-based-pycs") == 0) index++;
            continue;
        }
        for (argument++; *argument; argument++) {
            if (*argument == 'c' || *argument == 'm') return 0;
            if (*argument == 'O') *optimises = 1;
            if (strchr(OPTIONS_WITH_ARGUMENT, *argument)) {
                if (!argument[1]) index++;
                break;
            }
        }
    }
    return 0;
}

/* Whether PYTHONPATH acts. In the bundle and in the environments of a root it does where the caller asks for it by another variable, or the
 * environment's pyvenv.cfg says so; in those that a user makes elsewhere, where tools hand it to their own children, unless that says no. */
static int lets_path_through(const char *program, int in_environment) {
    char directory[PATH_MAX], configuration[PATH_MAX], root[PATH_MAX], value[PATH_MAX];
    const char *asked = getenv("HERMETIC_PYTHONPATH");
    int is_asked = asked && strcmp(asked, "1") == 0;
    size_t length;
    if (!in_environment) return is_asked;
    snprintf(directory, PATH_MAX, "%s", program);
    if (!to_parent(directory) || !to_parent(directory)) return 0;
    if (!fits(snprintf(configuration, PATH_MAX, "%s/pyvenv.cfg", directory))) return 0;
    if (read_setting(configuration, "hermetic-pythonpath", value)) return strcasecmp(value, "true") == 0;
    if (is_asked) return 1;
    snprintf(root, PATH_MAX, "%s", bundle);
    to_parent(root);
    length = strlen(root);
    /* A bundle that lies in no root has none that an environment could be in. */
    if (length < 8 || strcmp(root + length - 8, "/bundles") != 0) return 1;
    to_parent(root);
    length = strlen(root);
    return strncmp(directory, root, length) != 0 || (directory[length] != '/' && directory[length] != '\0');
}

/* Whether an environment is to start as vpython starts one: like a plain Python, so that -c and -m see the current directory and PYTHONPATH
 * acts, but for what would make it another Python. bin/vpython3 makes such environments. */
static int starts_as_vpython(const char *program) {
    char directory[PATH_MAX], configuration[PATH_MAX], value[PATH_MAX];
    snprintf(directory, PATH_MAX, "%s", program);
    if (!to_parent(directory) || !to_parent(directory)) return 0;
    if (!fits(snprintf(configuration, PATH_MAX, "%s/pyvenv.cfg", directory))) return 0;
    return read_setting(configuration, "hermetic-isolation", value) && strcasecmp(value, "vpython") == 0;
}

static int failed(const char *what, const char *path, int error) {
    fprintf(stderr, "hermetic python: %s %s: %s (errno %d)\n", what, path, strerror(error), error);
    return error == ENOENT ? 127 : 126;
}

int main(int argc, char **argv) {
    char invoked[PATH_MAX], program[PATH_MAX], real[PATH_MAX];
    char **arguments = calloc((size_t)argc + 6 + most_options(), sizeof *arguments);
    int count = 0, index, script, optimises, in_environment, with_path;

    if (!arguments) return failed("cannot start", PYTHON, ENOMEM);
    find_self(argc > 0 ? argv[0] : NULL);
    if (!self[0]) return failed("cannot find the bundle of", argc > 0 ? argv[0] : PYTHON, ENOENT);
    strcpy(bundle, self);
    if (!to_parent(bundle) || !to_parent(bundle)) return failed("cannot find the bundle of", self, ENOENT);
    if (!fits(snprintf(real, PATH_MAX, "%s/libexec/" PYTHON, bundle))) return failed("cannot start", bundle, ENAMETOOLONG);
    if (!is_trusted(real, self) && bundle_of_copy() && !fits(snprintf(real, PATH_MAX, "%s/libexec/" PYTHON, bundle)))
        return failed("cannot start", bundle, ENAMETOOLONG);
    if (!fits(snprintf(program, PATH_MAX, "%s/bin/" PYTHON, bundle))) return failed("cannot start", bundle, ENAMETOOLONG);
    if (access(real, F_OK) == 0 && !is_trusted(real, program)) {
        fprintf(stderr, "hermetic python: cannot start %s: it belongs neither to root, nor to this user, nor to the owner of %s\n", real, program);
        return 126;
    }

    in_environment = find_invoked(argc > 0 ? argv[0] : NULL, invoked) && find_environment(invoked, program);
    if (!in_environment) {
        if (!fits(snprintf(program, PATH_MAX, "%s/bin/" PYTHON, bundle))) return failed("cannot start", bundle, ENAMETOOLONG);
    }

    if (!ISOLATED && fits(snprintf(invoked, PATH_MAX, "%s/bin/" PYTHON, bundle)) && !same_file(program, invoked) && !is_searched_from_here(program)) {
        fprintf(stderr, "hermetic python: cannot start %s: a copy of " PYTHON " needs links to os.py and lib-dynload in its own lib/" PYTHON
                        "; make the environment with links instead\n", program);
        return 126;
    }

    script = runs_a_script(argc, argv, &optimises);
    with_path = set("PYTHONPATH") && lets_path_through(program, in_environment);
    arguments[count++] = program;
    /* Before 3.11, only -I keeps the current directory out of -c, -m and standard input, and it ignores the environment. */
    if (in_environment && starts_as_vpython(program)) {
        unsetenv("PYTHONHOME");
        unsetenv("PYTHONPLATLIBDIR");
        optimises |= set("PYTHONOPTIMIZE") != NULL;
        arguments[count++] = "-s";
    } else if (must_read(with_path) && (script || SAFE_PATH || !ISOLATED || with_path)) {
        drop_the_rest(with_path);
        arguments[count++] = "-s";
        if (SAFE_PATH && !script) arguments[count++] = "-P";
    } else {
        if (ISOLATED && !script) {
            arguments[count++] = "-I";
        } else {
            arguments[count++] = "-E";
            arguments[count++] = "-s";
        }
        count += add_options(arguments + count);
    }
    if (QUIET || optimises) arguments[count++] = "-B";
    for (index = 1; index < argc; index++) arguments[count++] = argv[index];
    arguments[count] = NULL;

    unsetenv("__PYVENV_LAUNCHER__");
    unsetenv("PYTHONEXECUTABLE");
    if (without_proc && fits(snprintf(invoked, PATH_MAX, "%s/libexec", bundle))) {
        /* The dynamic loader cannot tell $ORIGIN of the interpreter either; it believes this variable only in that case. */
        setenv("LD_ORIGIN_PATH", invoked, 1);
    }
    execv(real, arguments);
    index = errno;
    if (index == ENOENT && access(real, F_OK) == 0) return failed("the dynamic loader that the interpreter needs is missing:", real, index);
    return failed("cannot start", real, index);
}
