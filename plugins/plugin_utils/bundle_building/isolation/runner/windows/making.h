/* Copyright (c) 2026, the hermetic.python authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The other half, for an environment that is not there yet: the bundle's Python with the engine. It is given what was read, byte for byte,
 * so that nothing is read twice and no file can change in between; on its standard input, since Windows hands no other descriptors on.
 */

#define START "import sys; sys.path[:0] = sys.argv[1:]; from hermetic.vpython.launch import main; sys.exit(main(descriptor=0))"
#define INTERRUPTED 0xC000013A /* how Windows says that Ctrl-C has ended a program */
#define INTERRUPTED_HALF 130   /* how the other half says so */

static int write_all(Sink sink, const char *data, size_t size) {
    while (size) {
        DWORD count;
        if (!WriteFile(sink, data, size > 1 << 20 ? 1 << 20 : (DWORD)size, &count, NULL)) return 0;
        data += count;
        size -= count;
    }
    return 1;
}

/* Start the other half and wait; returns its exit status. What interrupts meanwhile ends both. */
static int make_environment(const Question *question) {
    char *library = joined(question->bundle, "lib"), *python = joined(joined(question->bundle, "bin"), "python.exe");
    char *arguments[] = {(char *)"-c", (char *)START, joined(joined(library, "engine-code"), "engine.zip"), joined(library, "engine"), NULL};
    HANDLE from, to, errors = GetStdHandle(STD_ERROR_HANDLE);
    PROCESS_INFORMATION process;
    HANDLE streams[3];
    DWORD status;
    int written;
    interrupted = 0;
    if (!CreatePipe(&from, &to, NULL, 0)) {
        failed();
        refuse(CANNOT_START, "no pipe can be made: %s", problem());
    }
    /* The streams are the program's: nothing is read from its input, nor written to its output. */
    streams[0] = from;
    streams[1] = streams[2] = errors;
    if (!start_program(python, arguments, streams, &process)) refuse(CANNOT_START, "%s cannot be started: %s", python, problem());
    CloseHandle(from);
    written = write_question(to, question);
    CloseHandle(to);
    status = wait_for(process.hProcess);
    if (interrupted) ExitProcess(INTERRUPTED);
    /* Who ends a process chooses its exit code, and 1 is usual; only these are what the other half itself ends with, after it has said why. */
    if (status != 0 && status != CANNOT_START && status != INTERRUPTED_HALF)
        refuse(CANNOT_START, "%s: %s ended with exit code %lu (0x%lX)", question->specification ? "the environment was not made" : "nothing more was pruned",
               python, status, status);
    return !written && status == 0 ? CANNOT_START : (int)status;
}
