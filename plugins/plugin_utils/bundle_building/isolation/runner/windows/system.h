/* Copyright (c) 2026, the hermetic.python authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What Windows calls things, and the calls that it has. Texts are UTF-8 within the program; a half of a surrogate pair keeps its value.
 */
#define WIN32_LEAN_AND_MEAN
#define UNICODE
#include <windows.h>
#include <aclapi.h>
#include <errno.h>
#include <sddl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SEPARATOR '\\'
#define LIST_SEPARATOR ";"
#define SCRIPTS "Scripts"
#define PYTHON_OF_ENVIRONMENT "python.exe"

typedef HANDLE Guard; /* an entry that is locked */
#define NOT_LOCKED INVALID_HANDLE_VALUE
#define WAITED NULL

typedef HANDLE Sink; /* what the question is written to */

static const char *const BYPASSING[] = {"python3", "python"};
#define BYPASSED_PYTHON "python3.exe or python.exe"

#define PROGRAM_ENDING ".exe"
#define HERMETIC_SPEC_IS "scripts are not started. Run tools/hermetic-spec of the collection hermetic.python on a controller"

/* Nobody is kept from what another process does with a file. */
#define SHARE_ALL (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)

static int is_separator(char letter) { return letter == '\\' || letter == '/'; }

/* The length of what no directory is above; 0 for a path that depends on the current directory or drive. */
static size_t top_of(const char *path) {
    size_t length;
    int part;
    if (path[0] && path[1] == ':' && is_separator(path[2])) return 3;
    if (!is_separator(path[0]) || !is_separator(path[1])) return 0;
    if (strncmp(path, "\\\\?\\", 4) == 0 && path[4] && path[5] == ':' && is_separator(path[6])) return 7;
    /* \\server\share\ */
    for (length = 2, part = 0; part < 2; part++) {
        while (path[length] && !is_separator(path[length])) length++;
        if (path[length]) length++;
    }
    return length;
}
