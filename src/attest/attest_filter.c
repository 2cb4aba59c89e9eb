/* attest_filter.c - the system call filters of a process, as the kernel has them
 * SPDX-License-Identifier: ISC
 */
#include "attest/attest_filter.h"

#include "digest/digest.h"

#include <errno.h>
#include <linux/filter.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>

#ifndef PTRACE_SECCOMP_GET_FILTER /* musl */
#define PTRACE_SECCOMP_GET_FILTER 0x420c
#endif

/* @param signal  written: one that stopped it first, which it must get */
static bool
wait_until_it_stops(pid_t pid, long *signal)
{
    const struct timespec nap = {.tv_nsec = 100000};
    for (unsigned i = 0; i < ATTEST_FILTER_WAIT; i++) {
        int status;
        pid_t found = waitpid(pid, &status, WNOHANG | __WALL);
        if (found == pid) {
            if (WIFSTOPPED(status) && status >> 16 != PTRACE_EVENT_STOP)
                *signal = WSTOPSIG(status);
            return WIFSTOPPED(status);
        }
        if (found < 0 && errno != EINTR)
            return false;
        clock_nanosleep(CLOCK_MONOTONIC, 0, &nap, NULL);
    }
    errno = ETIMEDOUT;
    return false;
}

/* @return STATUS_OK: one more; STATUS_NONE: there is no filter of this number */
static enum status
get(pid_t pid, size_t number, uint8_t sum[32])
{
    static struct sock_filter program[BPF_MAXINSNS];
    long count = ptrace(PTRACE_SECCOMP_GET_FILTER, pid, (void *)number, NULL);
    if (count < 0) /* of a process without any filter it says EINVAL */
        return errno == ENOENT || (errno == EINVAL && number == 0) ? STATUS_NONE : STATUS_SYSTEM;
    if (count > BPF_MAXINSNS ||
        ptrace(PTRACE_SECCOMP_GET_FILTER, pid, (void *)number, program) != count)
        return STATUS_SYSTEM;
    digest_of(program, (size_t)count * sizeof program[0], sum);
    return STATUS_OK;
}

enum status
attest_filter_read(pid_t pid, struct attest_filter *filter, const char **why)
{
    *filter = (struct attest_filter){.count = 0};
    enum status status = STATUS_SYSTEM;
    long signal = 0;
    if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) != 0) {
        *why = strerror(errno);
        return status;
    }
    if (ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) == 0 && wait_until_it_stops(pid, &signal)) {
        do
            status = get(pid, filter->count, filter->sums[filter->count]);
        while (status == STATUS_OK && ++filter->count < ATTEST_FILTERS_MOST);
    }
    int saved = errno;
    (void)ptrace(PTRACE_DETACH, pid, NULL,
                 (void *)signal); /* and where that fails, our end lets it go */
    if (status == STATUS_NONE)
        status = STATUS_OK;
    *why = saved == EACCES
               ? "the kernel hands filters to root alone, and not in a filter of its own"
               : strerror(saved);
    return status;
}

void
attest_filter_build(enum sandbox_role role, uint8_t sum[32])
{
    const struct sandbox_filter *filter = sandbox_filter(role);
    digest_of(filter->program, filter->count * sizeof filter->program[0], sum);
}
