/* Copyright (c) 2026, the hermetic.python authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which variables of the caller reach the interpreter. Those that change how a program runs and not which code it runs do; docs/BUNDLES.md
 * has the table, and tests try them one by one.
 *
 * As a rule the interpreter is told to ignore them all (-E, -I), and what may act is passed as the option that means the same: so the
 * environment is left as it is for child processes. Where a variable has no such option, or PYTHONPATH is let through, the interpreter
 * reads the environment itself, and what must not act is taken out of it.
 */

typedef struct {
    const char *name;
    const char *option; /* the option that means the same; with '=' at its end, followed by the value */
} Variable;

static const Variable PASSED[] = {
    {"PYTHONUNBUFFERED", "-u"},
    {"PYTHONDONTWRITEBYTECODE", "-B"},
    {"PYTHONVERBOSE", "-v"},
    {"PYTHONDEBUG", "-d"},
#if SAFE_PATH
    {"PYTHONSAFEPATH", "-P"},
#endif
#if ISOLATED
    {"PYTHONUTF8", "-Xutf8="},
    {"PYTHONFAULTHANDLER", "-Xfaulthandler"},
    {"PYTHONTRACEMALLOC", "-Xtracemalloc="},
    {"PYTHONDEVMODE", "-Xdev"},
    {"PYTHONPROFILEIMPORTTIME", "-Ximporttime"},
    {"PYTHONWARNDEFAULTENCODING", "-Xwarn_default_encoding"},
    {"PYTHONINTMAXSTRDIGITS", "-Xint_max_str_digits="},
    {"PYTHONNODEBUGRANGES", "-Xno_debug_ranges"},
    {"PYTHONPERFSUPPORT", "-Xperf"},
    {"PYTHON_PERF_JIT_SUPPORT", "-Xperf_jit"},
    {"PYTHON_CPU_COUNT", "-Xcpu_count="},
#endif
};

/* What has no option. */
static const char *const READ_BY_PYTHON[] = {
    "PYTHONHASHSEED", "PYTHONIOENCODING",   "PYTHONMALLOC",  "PYTHONMALLOCSTATS",
    "PYTHONCOERCECLOCALE", "PYTHONASYNCIODEBUG", "PYTHON_COLORS",
};

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define WARNINGS "PYTHONWARNINGS"
#define MOST_OPTIONS (COUNT(PASSED) + 8)

static const char *set(const char *name) {
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

/* Whether the interpreter has to read the environment itself. */
static int must_read(int with_path) {
    size_t index;
    for (index = 0; index < COUNT(READ_BY_PYTHON); index++)
        if (set(READ_BY_PYTHON[index])) return 1;
    return with_path;
}

static int may_act(const char *entry, size_t length, int with_path) {
    size_t index;
    for (index = 0; index < COUNT(PASSED); index++)
        if (strlen(PASSED[index].name) == length && strncmp(entry, PASSED[index].name, length) == 0) return 1;
    for (index = 0; index < COUNT(READ_BY_PYTHON); index++)
        if (strlen(READ_BY_PYTHON[index]) == length && strncmp(entry, READ_BY_PYTHON[index], length) == 0) return 1;
    if (strlen(WARNINGS) == length && strncmp(entry, WARNINGS, length) == 0) return 1;
    return with_path && length == strlen("PYTHONPATH") && strncmp(entry, "PYTHONPATH", length) == 0;
}

/* Take every other variable of Python's out of the environment. */
static void drop_the_rest(int with_path) {
    extern char **environ;
    char **from, **to;
    for (from = to = environ; *from; from++) {
        size_t length = strcspn(*from, "=");
        if (strncmp(*from, "PYTHON", 6) != 0 || may_act(*from, length, with_path)) *to++ = *from;
    }
    *to = NULL;
}

/* Add the options that mean what variables say, before those of the command line, which win; return how many. */
static int add_options(char **arguments) {
    const char *warnings = set(WARNINGS);
    int count = 0;
    size_t index;
    for (index = 0; index < COUNT(PASSED); index++) {
        const char *value = set(PASSED[index].name), *option = PASSED[index].option;
        size_t length = strlen(option);
        /* These two alone can be switched off by a variable. */
        if (!value || (strncmp(option, "-Xperf", 6) == 0 && strcmp(value, "0") == 0)) continue;
        if (option[length - 1] != '=') {
            arguments[count++] = (char *)option;
        } else {
            char *text = malloc(length + strlen(value) + 1);
            if (!text) continue;
            strcpy(text, option);
            strcpy(text + length, value);
            arguments[count++] = text;
        }
    }
    while (warnings && *warnings) {
        size_t length = strcspn(warnings, ",");
        char *text = malloc(length + 3);
        if (text && length) {
            snprintf(text, length + 3, "-W%s", warnings);
            arguments[count++] = text;
        }
        warnings += length;
        if (*warnings == ',') warnings++;
    }
    return count;
}

/* How many options add_options can add. */
static size_t most_options(void) {
    const char *warnings = set(WARNINGS);
    size_t commas = 0;
    for (; warnings && *warnings; warnings++) commas += *warnings == ',';
    return MOST_OPTIONS + commas + 1;
}
