/* Copyright (c) 2026, the hermetic.python authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How an attempt to open a file ends.
 */

typedef enum {
    OPENED,
    ABSENT,
    DANGLING, /* a link that leads nowhere */
    NO_FILE,  /* a directory, a pipe, a device */
    UNREADABLE,
} Opening;
