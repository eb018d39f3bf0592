/* Copyright (c) 2026, the hermetic.python authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * This program, and those that it starts and waits for: Windows cannot replace a process by another program.
 */

static char *self; /* this program, all links resolved */

static HANDLE started; /* the program that runs, while one does */
static volatile LONG interrupted;

static void set_variable(const char *name, const char *value) { SetEnvironmentVariableW(wide(name), value ? wide(value) : NULL); }

static int is_same_name(const char *one, const char *other, size_t length) {
    wchar_t *first = wide(formatted("%.*s", (int)length, one)), *second = wide(formatted("%.*s", (int)length, other));
    return CompareStringOrdinal(first, -1, second, -1, TRUE) == CSTR_EQUAL;
}

static int write_output(const char *text) {
    write_to(STD_OUTPUT_HANDLE, formatted("%s\r\n", text));
    return 1;
}

static void find_self(const char *invoked) {
    static wchar_t path[32768];
    DWORD length = GetModuleFileNameW(NULL, path, 32768);
    (void)invoked;
    if (!length || length >= 32768) return;
    self = plain(narrow_part(path, length));
}

/* The directory of the bundle of this program. It may have been started through a junction, or from the directory that stands for one. */
static const char *find_bundle(void) {
    char *directory, *shown, *programs;
    if (!self) refuse(NOT_FOUND, "the bundle of this program cannot be found");
    directory = directory_of(self);
    shown = line_of_mark(directory, 1);
    programs = resolved(shown ? shown : directory);
    if (!programs || strcmp(directory_of(programs), programs) == 0) refuse(NOT_FOUND, "%s lies in no bundle", self);
    return directory_of(programs);
}

/* Look for a program in PATH that is not this one. The current directory is not looked into, nor are scripts of the shell found. */
static char *other_on_path(const char *name) {
    const char *entry = variable("PATH");
    while (entry && *entry) {
        size_t length = strcspn(entry, LIST_SEPARATOR);
        int quoted = length > 1 && *entry == '"' && entry[length - 1] == '"';
        char *directory = formatted("%.*s", (int)(length - (quoted ? 2 : 0)), entry + quoted), *path = joined(directory, formatted("%s.exe", name));
        if (top_of(directory) && attributes_of(path) != INVALID_FILE_ATTRIBUTES && !is_directory(path) && !(self && is_same(path, self))) return path;
        free(directory);
        free(path);
        entry += length;
        if (*entry) entry++;
    }
    return NULL;
}

/* What interrupts goes to the program as well, which decides what comes of it; a console that is closed gives it time to. */
static BOOL WINAPI leave_to_program(DWORD event) {
    interrupted = 1;
    if (event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT && started) WaitForSingleObject(started, INFINITE);
    return TRUE;
}

/* Have a program end with this process; what it starts itself does so only where ALL do. */
static void end_together(HANDLE process, int all) {
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits;
    HANDLE job = CreateJobObjectW(NULL, NULL);
    memset(&limits, 0, sizeof limits);
    limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | (all ? 0 : JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK);
    /* The handle stays open for as long as this process lives. Where the system has no such jobs, nothing is different otherwise. */
    if (!job || !SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits)) return;
    (void)AssignProcessToJobObject(job, process);
}

/* Start a program with streams, or those of this process where none are given; 0 where that fails. */
static int start_program(const char *program, char *const *arguments, const HANDLE *streams, PROCESS_INFORMATION *process) {
    static const DWORD NAMES[] = {STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE};
    STARTUPINFOW begin;
    HANDLE *const places[] = {&begin.hStdInput, &begin.hStdOutput, &begin.hStdError};
    wchar_t *line = command_line_of(program, arguments), *name = for_system(program);
    size_t index;
    int done;
    GetStartupInfoW(&begin);
    begin.lpReserved = NULL;
    begin.dwFlags |= STARTF_USESTDHANDLES;
    for (index = 0; index < 3; index++) {
        *places[index] = streams ? streams[index] : GetStdHandle(NAMES[index]);
        SetHandleInformation(*places[index], HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
    }
    if (streams) {
        begin.cbReserved2 = 0;
        begin.lpReserved2 = NULL;
    }
    SetConsoleCtrlHandler(leave_to_program, TRUE);
    done = CreateProcessW(name, line, NULL, NULL, TRUE, CREATE_SUSPENDED | CREATE_UNICODE_ENVIRONMENT, NULL, NULL, &begin, process) || failed();
    free(line);
    free(name);
    if (!done) return 0;
    end_together(process->hProcess, streams != NULL);
    started = process->hProcess;
    ResumeThread(process->hThread);
    CloseHandle(process->hThread);
    return 1;
}

static DWORD wait_for(HANDLE process) {
    DWORD status = CANNOT_START;
    WaitForSingleObject(process, INFINITE);
    GetExitCodeProcess(process, &status);
    started = NULL;
    CloseHandle(process);
    return status;
}

static void become(const char *program, const char *name, char *const *rest) __attribute__((noreturn));
static void become(const char *program, const char *name, char *const *rest) {
    static const DWORD NAMES[] = {STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE};
    PROCESS_INFORMATION process;
    size_t index;
    (void)name;
    if (!start_program(program, rest, NULL, &process)) {
        int missing = failure == ERROR_FILE_NOT_FOUND || failure == ERROR_PATH_NOT_FOUND;
        refuse(missing ? NOT_FOUND : CANNOT_START, "%s cannot be started: %s", program, problem());
    }
    /* They are the program's now: whoever reads or writes them is to see when that closes them. */
    for (index = 0; index < 3; index++) CloseHandle(GetStdHandle(NAMES[index]));
    ExitProcess(wait_for(process.hProcess));
}
