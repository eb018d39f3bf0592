/* Copyright (c) 2026, the hermetic.python authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * bin/vpython3 of a bundle: runs a program in the environment that its specification declares. It finds the specification, follows
 * by-spec/<digest> to the environment, and becomes the Python of that, or starts it and waits. Only where there is no such entry does it
 * start a Python of its own.
 *
 * Compile with -DPYTHON="python3.12", the name of the bundle's command.
 */
#ifdef _WIN32
#include "windows/system.h"
#include "windows/c_library.h"
#else
#include "posix/system.h"
#endif
#include "text.h"
#include "paths.h"
#include "opening.h"
#ifdef _WIN32
#include "windows/wide.h"
#include "windows/files.h"
#include "windows/owners.h"
#else
#include "../launcher_paths.h"
#include "posix/files.h"
#include "posix/owners.h"
#endif
#include "sha256.h"
#include "command_line.h"
#include "inline.h"
#include "specification.h"
#include "lock.h"
#include "roots.h"
#include "entry.h"
#include "question.h"
#ifdef _WIN32
#include "windows/root.h"
#include "windows/entry.h"
#include "windows/arguments.h"
#include "windows/program.h"
#include "windows/making.h"
#else
#include "posix/root.h"
#include "posix/entry.h"
#include "posix/program.h"
#include "posix/making.h"
#endif

#define BYPASS "manually managed python not supported by chrome operations"
#define UNLOCKED "HERMETIC_VPYTHON_UNLOCKED"

/* Name the root that this bundle is installed in, and its generation in force. */
static void find_host(Question *question) {
    char *above = directory_of(question->bundle);
    if (strcmp(base_of(above), "bundles") != 0) return;
    question->host = directory_of(above);
    question->generation = link_target(joined(question->host, "current"));
}

/* Hash what decides the environment: not proxies, nor where packages are fetched from. */
static void hash_question(const Question *question, char digest[DIGEST_SIZE]) {
    const char *const words[] = {FORMAT, question->bundle, question->generation, question->root, question->specification->kind, question->lock->kind,
                                 question->unlocked ? "unlocked" : ""};
    char *description = joined(question->bundle, "bundle.json");
    uint64_t identity[3];
    Sha256 hash;
    size_t index;
    sha256_begin(&hash);
    for (index = 0; index < COUNT(words); index++) sha256_field(&hash, words[index] ? words[index] : "", words[index] ? strlen(words[index]) : 0);
    /* A bundle that was installed again, or lies where another one lay. */
    if (identify(description, identity)) sha256_field(&hash, identity, sizeof identity);
    free(description);
    sha256_field(&hash, question->specification->text.data, question->specification->text.size);
    sha256_field(&hash, question->lock->text.data, question->lock->text.size);
    sha256_end(&hash, digest);
}

/* Make the environment in the first root that can be written, by one process of all that want it; returns its path, held. */
static char *make_entry(Question *question, const Roots *roots, char digests[MOST_ROOTS][DIGEST_SIZE]) {
    char *problems[MOST_ROOTS] = {NULL, NULL}, *found = NULL;
    Guard locked = NOT_LOCKED;
    int index, status;
    for (index = 0; index < roots->count; index++) {
        do {
            locked = lock_entry(roots->paths[index], digests[index], &problems[index]);
            found = locked == WAITED ? find_entry(roots->paths[index], digests[index]) : NULL;
        } while (locked == WAITED && !found);
        if (found) return found;
        if (locked != NOT_LOCKED) break;
    }
    if (index == roots->count) {
        for (index = 0; index < roots->count; index++) warn("no environment can be made: %s", problems[index]);
        refuse(CANNOT_START, "name a directory of yours that can be written with -vpython-root or VPYTHON_VIRTUALENV_ROOT");
    }
    found = find_entry(roots->paths[index], digests[index]);
    if (!found) {
        question->root = roots->paths[index];
        question->digest = digests[index];
        status = make_environment(question);
        if (status != 0) exit(status);
        found = find_entry(roots->paths[index], digests[index]);
    }
    release_entry(locked);
    if (!found) refuse(CANNOT_START, "the environment was made and is not in %s; run again", roots->paths[index]);
    return found;
}

static char *find_environment(Question *question, const Roots *roots) {
    char digests[MOST_ROOTS][DIGEST_SIZE];
    int index;
    for (index = 0; index < roots->count; index++) {
        char *found;
        question->root = roots->paths[index];
        hash_question(question, digests[index]);
        found = find_entry(roots->paths[index], digests[index]);
        if (found) return found;
    }
    return make_entry(question, roots, digests);
}

/* What is written and checked by people is done by the tool that they have for it. */
static void run_tool_elsewhere(const Command *command) __attribute__((noreturn));
static void run_tool_elsewhere(const Command *command) {
    char *program = other_on_path("hermetic-spec");
    char **arguments = room(((size_t)command->count + 3) * sizeof *arguments);
    int count = 0;
    if (!program)
        refuse(NOT_FOUND, "-vpython-tool %s is done by hermetic-spec" PROGRAM_ENDING ", which is not in PATH; " HERMETIC_SPEC_IS, command->tool);
    arguments[count++] = (char *)command->tool;
    if (command->specification) arguments[count++] = (char *)command->specification;
    memcpy(arguments + count, command->python, ((size_t)command->count + 1) * sizeof *arguments);
    become(program, program, arguments);
}

static void run_bypassed(const Command *command) __attribute__((noreturn));
static void run_bypassed(const Command *command) {
    char *python = NULL;
    size_t index;
    if (command->tool) exit(0);
    for (index = 0; index < COUNT(BYPASSING) && !python; index++) python = other_on_path(BYPASSING[index]);
    if (!python) refuse(NOT_FOUND, "VPYTHON_BYPASS is set, and there is no " BYPASSED_PYTHON " in PATH");
    become(python, "python3", command->python);
}

static void show(const Command *command, const Specification *specification, const Lock *lock, const char *environment) {
    if (!command->log_level || strcmp(command->log_level, "debug") != 0) return;
    warn("specification: %s %s", specification->kind, specification->file ? specification->file : "");
    warn("lock: %s %s", lock->kind, lock->file ? lock->file : "");
    warn("environment: %s", environment);
}

static void run_in(const char *environment, const Command *command) __attribute__((noreturn));
static void run_in(const char *environment, const Command *command) {
    const char *before = variable("PATH");
    char *programs = joined(environment, SCRIPTS), *python = joined(programs, PYTHON_OF_ENVIRONMENT);
    size_t length = strlen(programs);
    if (!before || !is_same_name(before, programs, length) || (before[length] && before[length] != *LIST_SEPARATOR))
        set_variable("PATH", before ? formatted("%s%s%s", programs, LIST_SEPARATOR, before) : programs);
    set_variable("PYTHONHOME", NULL);
    set_variable("PYTHONNOUSERSITE", "1");
    become(python, python, command->python);
}

static int run(int argc, char **argv) {
    Command command = read_command_line(argc, argv);
    const char *bypass = variable("VPYTHON_BYPASS"), *unlocked = variable(UNLOCKED);
    Question question;
    Specification specification;
    Lock lock;
    Roots roots;
    char *environment;

    find_self(argc > 0 ? argv[0] : NULL);
    if (bypass && strcmp(bypass, BYPASS) == 0) run_bypassed(&command);
    memset(&question, 0, sizeof question);
    question.bundle = find_bundle();
    if (command.tool && is_one_of(command.tool, TOOLS_ELSEWHERE, COUNT(TOOLS_ELSEWHERE))) run_tool_elsewhere(&command);
    if (!is_there(question.bundle, "bundle.json")) refuse(NOT_FOUND, "%s lies in no bundle; link to that of a bundle instead of copying it", self);

    question.command = &command;
    find_host(&question);
    roots = find_roots(&command);
    if (command.tool && strcmp(command.tool, "prune") == 0) {
        int index, worst = 0;
        for (index = 0; index < roots.count; index++) {
            int status = 0;
            question.root = roots.paths[index];
            if (exists(roots.paths[index])) status = make_environment(&question);
            if (status > worst) worst = status;
        }
        return worst;
    }
    specification = find_specification(&command);
    lock = find_lock(&specification);
    question.specification = &specification;
    question.lock = &lock;
    question.unlocked = strcmp(lock.kind, "none") == 0 && unlocked && strcmp(unlocked, "1") == 0;
    environment = find_environment(&question, &roots);
    show(&command, &specification, &lock, environment);
    if (command.tool) {
        return write_output(environment) ? 0 : 1;
    }
    run_in(environment, &command);
}

#ifdef _WIN32
void mainCRTStartup(void);
/* Where Windows begins: there is no C runtime of the compiler's own in between. */
void mainCRTStartup(void) {
    char **arguments;
    int count = take_arguments(&arguments);
    exit(run(count, arguments));
}
#else
int main(int argc, char **argv) { return run(argc, argv); }
#endif
