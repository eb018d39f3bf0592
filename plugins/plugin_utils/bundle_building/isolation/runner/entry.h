/* Copyright (c) 2026, the hermetic.python authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * by-spec/<digest> of a root names an environment that is complete, since it is written last. It is believed as far as its owner is.
 */

#define FORMAT "hermetic vpython 1" /* another one asks the other half again */
#define NOTED_EACH 3600             /* seconds between two notes that an environment is used */
#define BEFORE "../environments/"   /* what an entry says before the name of an environment */

/* Whether a text can be the name of an environment: no way out of the directory. */
static int is_environment_name(const char *name) {
    size_t length = strspn(name, "0123456789abcdef");
    return length == 32 && !name[length];
}

static char *find_entry(const char *root, const char *digest);
