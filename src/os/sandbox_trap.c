/* sandbox_trap.c - sanitizer builds only: a refused call can name itself before the process ends
 * SPDX-License-Identifier: ISC
 *
 * With SANDBOX_TRAP in the environment the filter traps instead of killing; the handler writes the
 * call's name to stderr and the process then dies of SIGSYS all the same.
 */
#include "os/sandbox_trap.h"

#include <linux/seccomp.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Looking for leaks at exit needs a thread and ptrace, which no filter allows. */
const char *__asan_default_options(void);
const char *
__asan_default_options(void)
{
    return "detect_leaks=0";
}

static void
tell(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)context;
    char line[96];
    char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, info->si_syscall);
    int size = snprintf(line, sizeof line, "sandbox: call %d (%s) is not in the filter\n",
                        info->si_syscall, name != NULL ? name : "?");
    ssize_t written = write(STDERR_FILENO, line, (size_t)size);
    (void)written;
    /* The handler is reset and SIGSYS not blocked, so a second refused call ends the process. Not
     * the same one: with other arguments it could be permitted. Bind has a row in no table. */
    syscall(SYS_bind, -1, NULL, 0);
    _exit(1);
}

static struct sock_filter trapping[BPF_MAXINSNS];

const struct sock_filter *
sandbox_trap(const struct sock_filter *program, size_t count)
{
    if (getenv("SANDBOX_TRAP") == NULL)
        return program;
    struct sigaction action = {.sa_sigaction = tell,
                               .sa_flags = (int)(SA_SIGINFO | SA_RESETHAND | SA_NODEFER)};
    sigaction(SIGSYS, &action, NULL);
    for (size_t i = 0; i < count; i++) {
        trapping[i] = program[i];
        if (trapping[i].code == (BPF_RET | BPF_K) && trapping[i].k == SECCOMP_RET_KILL_PROCESS)
            trapping[i].k = SECCOMP_RET_TRAP;
    }
    return trapping;
}
