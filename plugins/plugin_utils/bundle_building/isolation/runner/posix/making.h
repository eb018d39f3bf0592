/* Copyright (c) 2026, the hermetic.python authors
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The other half, for an environment that is not there yet: the bundle's Python with the engine. It is given what was read, byte for byte,
 * so that nothing is read twice and no file can change in between.
 */

#define START "import sys; sys.path[:0] = sys.argv[1:]; from hermetic.vpython.launch import main; sys.exit(main())"
#define QUESTION 3 /* the descriptor that the question is read from */

static int write_all(Sink descriptor, const char *data, size_t size) {
    while (size) {
        ssize_t count = write(descriptor, data, size);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return 0;
        data += count;
        size -= (size_t)count;
    }
    return 1;
}

static volatile sig_atomic_t pending;
static volatile pid_t making;

static void pass_on(int number) {
    pending = number;
    if (making > 0) kill(making, number);
}

static void become_maker(int question) __attribute__((noreturn));
static void become_maker(int question) {
    char python[PATH_MAX], archive[PATH_MAX], library[PATH_MAX];
    char *arguments[] = {python, (char *)"-c", (char *)START, archive, library, NULL};
    int nowhere;
    if (!fits(snprintf(python, PATH_MAX, "%s/bin/" PYTHON, bundle)) || !fits(snprintf(library, PATH_MAX, "%s/lib/engine", bundle)) ||
        !fits(snprintf(archive, PATH_MAX, "%s/lib/engine-code/engine.zip", bundle)))
        refuse(CANNOT_START, "the path of %s is too long", bundle);
    if (question != QUESTION && dup2(question, QUESTION) < 0) refuse(CANNOT_START, "a descriptor cannot be copied: %s", strerror(errno));
    if (question == QUESTION) (void)fcntl(QUESTION, F_SETFD, 0);
    /* The streams are the program's: nothing is read from its input, nor written to its output. */
    nowhere = open("/dev/null", O_RDWR);
    if (nowhere >= 0) {
        (void)dup2(nowhere, STDIN_FILENO);
        if (fcntl(STDERR_FILENO, F_GETFD) < 0) (void)dup2(nowhere, STDERR_FILENO);
        if (nowhere > QUESTION) close(nowhere);
    }
    (void)dup2(STDERR_FILENO, STDOUT_FILENO);
    execv(python, arguments);
    refuse(CANNOT_START, "%s cannot be started: %s", python, strerror(errno));
}

/* Start the other half and wait; returns its exit status. A signal that comes meanwhile ends both. */
static int make_environment(const Question *question) {
    static const int NUMBERS[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    struct sigaction before[COUNT(NUMBERS)], passing, ignoring, waiting, pipe_before, child_before;
    int ends[2], status = 0, written, closed[3] = {0, 0, 0};
    size_t index;
    pid_t parent = getpid();
    /* Were standard streams closed, the pipe would take their numbers. */
    for (written = 0; written < 3; written++) {
        closed[written] = fcntl(written, F_GETFD) < 0;
        if (closed[written] && open("/dev/null", O_RDWR) < 0) refuse(CANNOT_START, "/dev/null: %s", strerror(errno));
    }
    if (pipe(ends) != 0) refuse(CANNOT_START, "no pipe can be made: %s", strerror(errno));
    (void)fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    (void)fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    memset(&passing, 0, sizeof passing);
    passing.sa_handler = pass_on;
    memset(&ignoring, 0, sizeof ignoring);
    ignoring.sa_handler = SIG_IGN;
    for (index = 0; index < COUNT(NUMBERS); index++) {
        sigaction(NUMBERS[index], NULL, &before[index]);
        if (before[index].sa_handler != SIG_IGN) sigaction(NUMBERS[index], &passing, NULL);
    }
    sigaction(SIGPIPE, &ignoring, &pipe_before);
    /* Where this signal is ignored, as a daemon may hand it down, nobody learns how a process has ended, the other half included. */
    memset(&waiting, 0, sizeof waiting);
    waiting.sa_handler = SIG_DFL;
    sigaction(SIGCHLD, &waiting, &child_before);
    making = fork();
    if (making < 0) refuse(CANNOT_START, "no process can be started: %s", strerror(errno));
    if (making == 0) {
        for (index = 0; index < COUNT(NUMBERS); index++) sigaction(NUMBERS[index], &before[index], NULL);
        sigaction(SIGPIPE, &pipe_before, NULL);
#ifdef __linux__
        prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
        if (getppid() != parent) _exit(CANNOT_START);
        become_maker(ends[0]);
    }
    close(ends[0]);
    written = write_question(ends[1], question);
    close(ends[1]);
    while (waitpid(making, &status, 0) < 0 && errno == EINTR) {}
    making = 0;
    for (index = 0; index < COUNT(NUMBERS); index++) sigaction(NUMBERS[index], &before[index], NULL);
    sigaction(SIGPIPE, &pipe_before, NULL);
    sigaction(SIGCHLD, &child_before, NULL);
    for (index = 0; index < COUNT(closed); index++)
        if (closed[index]) close((int)index);
    if (pending) raise(pending);
    if (WIFSIGNALED(status)) refuse(CANNOT_START, "the environment was not made: the process that makes it was ended by signal %d", WTERMSIG(status));
    if (!written && WEXITSTATUS(status) == 0) return CANNOT_START;
    return WEXITSTATUS(status);
}
