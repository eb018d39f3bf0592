/* Copyright (c) 2026, the hermetic.python authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What this system calls things, and the calls that it has.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __APPLE__
#include <mach-o/dyld.h>
#endif
#ifdef __linux__
#include <sys/prctl.h>
#endif

#ifndef PYTHON
#error "say which interpreter: -DPYTHON=\"python3.12\""
#endif

#define SEPARATOR '/'
#define LIST_SEPARATOR ":"
#define SCRIPTS "bin"
#define PYTHON_OF_ENVIRONMENT "python"

typedef int Guard; /* an entry that is locked */
#define NOT_LOCKED (-1)
#define WAITED (-2)

typedef int Sink;  /* what the question is written to */

static const char *const BYPASSING[] = {"python3"};
#define BYPASSED_PYTHON "python3"

#define PROGRAM_ENDING ""
#define HERMETIC_SPEC_IS "it is in tools/ of the collection hermetic.python"

/* The length of what no directory is above; 0 for a path that depends on the current directory. */
static size_t top_of(const char *path) { return path[0] == '/'; }
