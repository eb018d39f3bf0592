/* Copyright (c) 2026, the hermetic.python authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The arguments: our own options, which begin with -vpython-, and what belongs to Python and the program.
 */

typedef struct {
    const char *specification; /* -vpython-spec */
    const char *root;          /* -vpython-root */
    const char *tool;          /* -vpython-tool */
    const char *log_level;     /* -vpython-log-level */
    const char *script;        /* a file or directory; NULL for -c, -m, standard input and an interactive run */
    const char *code;          /* what follows -c */
    char **python;             /* the arguments of Python, without its name; ends with NULL */
    int count;
} Command;

#define PREFIX "vpython-"
static const char *const TOOLS_HERE[] = {"install", "prune"};
static const char *const TOOLS_ELSEWHERE[] = {"verify", "lint", "lock", "convert"};
static const char *const LEVELS[] = {"debug", "info", "warning", "error"};
#define COUNT(table) (sizeof(table) / sizeof *(table))

static int is_one_of(const char *value, const char *const *table, size_t count) {
    size_t index;
    for (index = 0; index < count; index++)
        if (strcmp(value, table[index]) == 0) return 1;
    return 0;
}

/* Take one option of ours; returns how many arguments it has taken besides itself. */
static int take_option(Command *command, const char *argument, const char *next) {
    const char *name = argument + strspn(argument, "-") + strlen(PREFIX), *value = strchr(name, '=');
    size_t length = value ? (size_t)(value - name) : strlen(name);
    const char **places[] = {&command->specification, &command->root, &command->tool, &command->log_level};
    const char *const names[] = {"spec", "root", "tool", "log-level"};
    size_t index;
    for (index = 0; index < COUNT(names); index++)
        if (strlen(names[index]) == length && strncmp(names[index], name, length) == 0) break;
    if (index == COUNT(names))
        refuse(USAGE_ERROR, "unknown option %s; options of vpython3 are -vpython-spec FILE, -vpython-root DIRECTORY, -vpython-tool TOOL and "
                            "-vpython-log-level LEVEL, and everything after -- belongs to Python", argument);
    if (!value && !next) refuse(USAGE_ERROR, "option %s needs a value", argument);
    *places[index] = value ? value + 1 : next;
    if (!**places[index]) refuse(USAGE_ERROR, "option -vpython-%s has an empty value", names[index]);
    return value ? 0 : 1;
}

/* Read one cluster of Python's short options; returns 1 where it ends the options of Python, and says in SKIP whether the next argument is a value. */
static int read_python_options(Command *command, char *argument, char *next, int *skip) {
    *skip = 0;
    for (argument++; *argument; argument++) {
        if (*argument == 'c') command->code = argument[1] ? argument + 1 : next;
        if (*argument == 'c' || *argument == 'm') return 1;
        if (strchr("WX", *argument)) {
            *skip = !argument[1];
            return 0;
        }
    }
    return 0;
}

static Command read_command_line(int argc, char **argv) {
    Command command;
    int index, ours = 1, options = 1;
    memset(&command, 0, sizeof command);
    command.python = room(((size_t)argc + 1) * sizeof *command.python);
    for (index = 1; index < argc; index++) {
        char *argument = argv[index], *next = index + 1 < argc ? argv[index + 1] : NULL;
        int skip = 0;
        if (options && ours && (starts_with(argument, "-" PREFIX) || starts_with(argument, "--" PREFIX))) {
            index += take_option(&command, argument, next);
            continue;
        }
        if (options && ours && strcmp(argument, "--") == 0) {
            ours = 0;
            continue;
        }
        command.python[command.count++] = argument;
        if (!options) continue;
        if (argument[0] != '-' || !argument[1]) {
            options = 0;
            if (argument[0] != '-') command.script = argument;
        } else if (strcmp(argument, "--") == 0) {
            options = 0;
            if (next && strcmp(next, "-") != 0) command.script = next;
        } else if (argument[1] == '-') {
            skip = strcmp(argument, "--check-hash-based-pycs") == 0;
        } else {
            options = !read_python_options(&command, argument, next, &skip);
        }
        if (skip && next) command.python[command.count++] = argv[++index];
    }
    command.python[command.count] = NULL;
    if (!command.log_level && variable("VPYTHON_LOG_TRACE")) command.log_level = "debug";
    if (command.log_level && !is_one_of(command.log_level, LEVELS, COUNT(LEVELS)))
        refuse(USAGE_ERROR, "-vpython-log-level is %s; expected debug, info, warning or error", command.log_level);
    if (command.tool && !is_one_of(command.tool, TOOLS_HERE, COUNT(TOOLS_HERE)) && !is_one_of(command.tool, TOOLS_ELSEWHERE, COUNT(TOOLS_ELSEWHERE)))
        refuse(USAGE_ERROR, "-vpython-tool is %s; expected install, prune, verify, lint, lock or convert", command.tool);
    return command;
}
