/* selftest.c - see selftest.h
 * SPDX-License-Identifier: ISC
 *
 * Of several filters the strictest decision holds, and to kill is the strictest. So a process that
 * ends by SIGSYS under our filter, and not without it, was ended by ours, whatever else there is.
 */
#include "supervisor/selftest.h"

#include "os/landlock.h"
#include "os/proc.h"
#include "os/sandbox.h"
#include "supervisor/probes.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NO_FILTER   250 /* exit status: the process could not get ready to try */
#define PROBES_MOST 256
#define STATUS_TEXT 4096 /* of /proc/PID/status */

enum end { ENDED_BY_SIGSYS, RETURNED, ENDED_OTHERWISE };

struct outcome {
    enum end end;
    int error; /* errno of a call that RETURNED, or 0; wait status if it ENDED_OTHERWISE */
};

enum verdict { AS_IT_MUST, NOT_TRIED, SURPRISE };

struct selftest {
    struct probes_scene scene;
    const struct probe *probes;
    size_t count;
    struct outcome outside[PROBES_MOST]; /* without a filter */
    bool untried[PROBES_MOST];
    unsigned surprises;
};

/* --- processes that try ----------------------------------------------------------------------- */

static struct outcome
wait_for(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return (struct outcome){ENDED_OTHERWISE, errno};
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
        return (struct outcome){ENDED_BY_SIGSYS, 0};
    if (WIFEXITED(status) && WEXITSTATUS(status) != NO_FILTER)
        return (struct outcome){RETURNED, WEXITSTATUS(status)};
    return (struct outcome){ENDED_OTHERWISE, status};
}

/* A process that ends by SIGSYS would leave a core dump, each time. */
static pid_t
fork_quietly(void)
{
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0)
        (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    return pid;
}

/* @param role  NULL: no filter */
static struct outcome
try_call(struct selftest *test, const struct probe *probe, const enum sandbox_role *role)
{
    pid_t pid = fork_quietly();
    if (pid < 0)
        return (struct outcome){ENDED_OTHERWISE, errno};
    if (pid == 0) {
        if (role != NULL && sandbox_enter(sandbox_filter(*role)) != STATUS_OK)
            _exit(NO_FILTER);
        _exit(probe->run(&test->scene));
    }
    return wait_for(pid);
}

static void
try_outside(struct selftest *test)
{
    for (size_t i = 0; i < test->count; i++)
        test->outside[i] = (test->probes[i].may & PROBES_ALONE) != 0
                               ? (struct outcome){RETURNED, 0}
                               : try_call(test, &test->probes[i], NULL);
}

/* --- what that proves -------------------------------------------------------------------------- */

static enum verdict
judge(const struct probe *probe, bool may, struct outcome outside, struct outcome inside)
{
    if (outside.end != RETURNED) /* it ends without our filter, too */
        return NOT_TRIED;
    if (!may)
        return inside.end == ENDED_BY_SIGSYS ? AS_IT_MUST : SURPRISE;
    if (inside.end != RETURNED)
        return SURPRISE;
    if ((probe->may & PROBES_REFUSED) != 0 && inside.error != ENOSYS)
        return SURPRISE;
    return outside.error == EPERM || outside.error == ENOSYS ? NOT_TRIED : AS_IT_MUST;
}

static void
print_surprise(enum sandbox_role role, const struct probe *probe, bool may, struct outcome inside)
{
    bool refused = (probe->may & PROBES_REFUSED) != 0;
    printf("    %s, %s: must be %s, but ", sandbox_name(role), probe->name,
           !may      ? "killed by SIGSYS"
           : refused ? "refused with ENOSYS"
                     : "let through");
    if (inside.end == ENDED_BY_SIGSYS)
        printf("was killed by SIGSYS\n");
    else if (inside.end == RETURNED)
        printf("returned: %s\n", inside.error == 0 ? "success" : strerror(inside.error));
    else
        printf("its process ended otherwise (wait status %#x)\n", (unsigned)inside.error);
}

/* What the kernel says of a process: the value of a line of /proc/PID/status, or -1. */
static long
status_of(pid_t pid, const char *field)
{
    char text[STATUS_TEXT];
    (void)proc_read(pid, "status", text, sizeof text);
    return proc_number(text, field, 10);
}

/* A process under the filter of the role that waits until it is looked at. */
static void
check_state(struct selftest *test, enum sandbox_role role)
{
    int pair[2];
    char octet = 0;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return;
    pid_t pid = fork_quietly();
    if (pid == 0) {
        struct msghdr message = {0};
        close(pair[0]);
        /* there everybody may write; who verifies may read, and others receive */
        bool is_told = dup2(pair[1], STDOUT_FILENO) == STDOUT_FILENO &&
                       sandbox_enter(sandbox_filter(role)) == STATUS_OK &&
                       write(STDOUT_FILENO, &octet, 1) == 1;
        ssize_t got = !is_told                 ? -1
                      : role == SANDBOX_VERIFY ? read(STDOUT_FILENO, &octet, 1)
                                               : recvmsg(STDOUT_FILENO, &message, 0);
        _exit(got == 0 ? 0 : NO_FILTER);
    }
    close(pair[1]);
    bool is_in = pid > 0 && read(pair[0], &octet, 1) == 1;
    long no_new = is_in ? status_of(pid, "NoNewPrivs") : -1;
    long mode = is_in ? status_of(pid, "Seccomp") : -1;
    close(pair[0]);
    if (pid > 0)
        (void)waitpid(pid, NULL, 0);
    if (no_new == 1 && mode == 2)
        return;
    test->surprises++;
    printf("    %s: %s\n", sandbox_name(role),
           !is_in                   ? "the filter cannot be entered"
           : no_new < 0 || mode < 0 ? "/proc does not say what state it is in"
           : no_new != 1            ? "no-new-privileges is not set"
                                    : "no filter is in force");
}

static void
try_role(struct selftest *test, enum sandbox_role role)
{
    unsigned killed = 0, through = 0, untried = 0, before = test->surprises;
    for (size_t i = 0; i < test->count; i++) {
        const struct probe *probe = &test->probes[i];
        bool may = (probe->may & 1 << role) != 0;
        struct outcome inside = try_call(test, probe, &role);
        enum verdict verdict = judge(probe, may, test->outside[i], inside);
        killed += verdict == AS_IT_MUST && !may;
        through += verdict == AS_IT_MUST && may;
        untried += verdict == NOT_TRIED;
        test->untried[i] = test->untried[i] || verdict == NOT_TRIED;
        if (verdict != SURPRISE)
            continue;
        test->surprises++;
        print_surprise(role, probe, may, inside);
    }
    check_state(test, role);
    printf("%s: %zu calls: %u killed and %u let through, as they must be; %u not tried; %u "
           "surprises\n",
           sandbox_name(role), test->count, killed, through, untried, test->surprises - before);
}

/* --- Landlock ---------------------------------------------------------------------------------- */

static bool
permit(const uint16_t *port, int program)
{
    struct landlock_permit permit = {.forbids = program >= 0 ? LANDLOCK_NO_PROGRAMS : 0,
                                     .ports = port,
                                     .ports_count = port != NULL,
                                     .programs = &program,
                                     .programs_count = program >= 0};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && landlock_restrict(&permit) == STATUS_OK;
}

/* Connect to a port of this host at which nobody listens, with that one or no port permitted. */
static int
connect_with(bool permitted)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof to;
    int holder = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (holder < 0 || fd < 0 || bind(holder, (struct sockaddr *)&to, size) != 0 ||
        getsockname(holder, (struct sockaddr *)&to, &size) != 0)
        return NO_FILTER;
    uint16_t port = ntohs(to.sin_port), other = port == 853 ? 854 : 853;
    if (!permit(permitted ? &port : &other, -1))
        return NO_FILTER;
    return connect(fd, (struct sockaddr *)&to, size) == 0 ? 0 : errno;
}

static int
try_other_port(void)
{
    return connect_with(false);
}

static int
try_permitted_port(void)
{
    return connect_with(true);
}

/* Become this program again, where another file is all that may be executed. */
static int
try_program(void)
{
    char *argv[] = {(char[]){"penstock"}, (char[]){"--version"}, NULL}, *none[] = {NULL};
    int own = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    int other = open("/proc/self/status", O_PATH | O_CLOEXEC);
    if (own < 0 || other < 0 || !permit(NULL, other))
        return NO_FILTER;
    (void)syscall(SYS_execveat, own, "", argv, none, AT_EMPTY_PATH);
    return errno;
}

/* Open a file where those of /proc alone may be read. */
static int
open_where_proc_is(const char *path, int flags)
{
    int proc = open("/proc", O_PATH | O_CLOEXEC);
    struct landlock_permit permit = {
        .forbids = LANDLOCK_NO_FILES, .readable = &proc, .readable_count = 1};
    if (proc < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        landlock_restrict(&permit) != STATUS_OK)
        return NO_FILTER;
    return open(path, flags | O_CLOEXEC) >= 0 ? 0 : errno;
}

static int
try_file(void)
{
    return open_where_proc_is("/etc/passwd", O_RDONLY);
}

static int
try_permitted_file(void)
{
    return open_where_proc_is("/proc/self/status", O_RDONLY);
}

static int
try_change(void)
{
    return open_where_proc_is("/dev/null", O_WRONLY);
}

static void
try_landlock_call(struct selftest *test, const char *what, int (*run)(void), int expected)
{
    pid_t pid = fork_quietly();
    if (pid == 0)
        _exit(run());
    struct outcome outcome = wait_for(pid);
    if (outcome.end == RETURNED && outcome.error == expected)
        return;
    test->surprises++;
    printf("    Landlock, %s: must end with \"%s\", but ", what, strerror(expected));
    printf("%s\n", outcome.end == RETURNED ? strerror(outcome.error) : "could not be tried");
}

static void
try_landlock(struct selftest *test)
{
    unsigned before = test->surprises;
    long abi = landlock_version();
    if (abi < 1) {
        printf("Landlock: this kernel has none\n");
        return;
    }
    try_landlock_call(test, "a program that is not permitted", try_program, EACCES);
    try_landlock_call(test, "a file that is not permitted", try_file, EACCES);
    try_landlock_call(test, "a file that is permitted", try_permitted_file, 0);
    try_landlock_call(test, "a change of a file", try_change, EACCES);
    if (abi >= LANDLOCK_VERSION_WITH_PORTS) {
        try_landlock_call(test, "a port that is not permitted", try_other_port, EACCES);
        try_landlock_call(test, "a port that is permitted", try_permitted_port, ECONNREFUSED);
    }
    printf("Landlock: version %ld; files, programs%s tried; %u surprises\n", abi,
           abi >= LANDLOCK_VERSION_WITH_PORTS ? " and ports" : " (ports: not before Linux 6.7)",
           test->surprises - before);
}

/* --- all of it --------------------------------------------------------------------------------- */

static void
print_untried(const struct selftest *test)
{
    for (size_t i = 0; i < test->count; i++) {
        if (!test->untried[i])
            continue;
        struct outcome outside = test->outside[i];
        printf("not tried: %s, which %s without our filter\n", test->probes[i].name,
               outside.end == ENDED_BY_SIGSYS ? "is killed by SIGSYS"
               : outside.end != RETURNED      ? "ends its process"
               : outside.error == EPERM       ? "fails with EPERM"
                                              : "fails with ENOSYS");
    }
    if (!probes_have_gate())
        printf("not tried: another ABI; this processor has one gate\n");
}

int
selftest_run(const struct options *options)
{
    static struct selftest test;
    test.probes = probes_all(&test.count);
    if (test.count > PROBES_MOST || probes_open(&test.scene) != STATUS_OK) {
        fprintf(stderr, "penstock: the test cannot be made: %s\n", strerror(errno));
        return OPTIONS_EXIT_FAILURE;
    }
    try_outside(&test);
    for (unsigned i = 0; i < SANDBOX_ROLES; i++) {
        enum sandbox_role role = (enum sandbox_role)i;
        if (options->sandbox_role == NULL || strcmp(options->sandbox_role, sandbox_name(role)) == 0)
            try_role(&test, role);
    }
    try_landlock(&test);
    print_untried(&test);
    printf("%s\n", test.surprises == 0 ? "the kernel holds what the filters promise"
                                       : "something is not as it must be");
    return fflush(stdout) == 0 && test.surprises == 0 ? 0 : OPTIONS_EXIT_FAILURE;
}
