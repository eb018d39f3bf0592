/* Copyright (c) 2026, the hermetic.python authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The one text that Windows hands a program as its command line, split and put together by the rules of Microsoft's C library, which Python follows.
 */

/* Read one argument into TO; returns where the next one begins. The first, the program, ends at a quote and knows no backslashes. */
static const wchar_t *read_argument(const wchar_t *from, wchar_t *to, int is_program) {
    int quoted = 0;
    while (*from && (quoted || (*from != L' ' && *from != L'\t'))) {
        size_t backslashes = 0;
        while (!is_program && *from == L'\\') {
            backslashes++;
            from++;
        }
        if (*from != L'"') {
            while (backslashes--) *to++ = L'\\';
            if (*from && (quoted || (*from != L' ' && *from != L'\t'))) *to++ = *from++;
            continue;
        }
        for (; backslashes > 1; backslashes -= 2) *to++ = L'\\';
        from++;
        if (backslashes) {
            *to++ = L'"';
        } else if (quoted && !is_program && *from == L'"') {
            *to++ = *from++;
        } else {
            quoted = !quoted;
        }
    }
    *to = L'\0';
    while (*from == L' ' || *from == L'\t') from++;
    return from;
}

/* Split the command line of this process; returns how many arguments there are, the program included. */
static int take_arguments(char ***arguments) {
    const wchar_t *line = GetCommandLineW();
    size_t length = wcslen(line);
    wchar_t *argument = room((length + 1) * sizeof *argument);
    int count = 0;
    *arguments = room((length / 2 + 3) * sizeof **arguments);
    do {
        line = read_argument(line, argument, count == 0);
        (*arguments)[count++] = narrow(argument);
    } while (*line);
    (*arguments)[count] = NULL;
    free(argument);
    return count;
}

/* Write an argument so that it is read as it is; returns what follows it. */
static char *quote(char *to, const char *argument) {
    *to++ = '"';
    for (; *argument; argument++) {
        const char *behind = argument + strspn(argument, "\\");
        size_t backslashes = (size_t)(behind - argument);
        /* Before a quote, also the last one, each backslash is written twice. */
        size_t written = *behind == '"' || !*behind ? 2 * backslashes : backslashes;
        memset(to, '\\', written);
        to += written;
        if (!*behind) break;
        if (*behind == '"') *to++ = '\\';
        *to++ = *behind;
        argument = behind;
    }
    *to++ = '"';
    return to;
}

/* Put a command line together; arguments that need no quotes get none. */
static wchar_t *command_line_of(const char *program, char *const *arguments) {
    size_t size = 2 * strlen(program) + 3, index;
    char *line, *to;
    wchar_t *result;
    for (index = 0; arguments[index]; index++) size += 2 * strlen(arguments[index]) + 4;
    line = to = room(size + 1);
    /* No path holds a quote, and none of a program ends with a backslash. */
    to = quote(to, program);
    for (index = 0; arguments[index]; index++) {
        *to++ = ' ';
        if (arguments[index][0] && !strpbrk(arguments[index], " \t\n\v\"")) {
            size_t length = strlen(arguments[index]);
            memcpy(to, arguments[index], length);
            to += length;
        } else {
            to = quote(to, arguments[index]);
        }
    }
    *to = '\0';
    result = wide(line);
    free(line);
    return result;
}
