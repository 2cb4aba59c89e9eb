/* calls.h - system calls that not every C library has a function for
 * SPDX-License-Identifier: ISC
 *
 * What: musl 1.2.3 has neither of these; the kernel has had them since Linux 5.9 and 3.19.
 * Who:  os, supervisor.
 * Ref:  close_range(2), execveat(2).
 */
#pragma once

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

/** Close the descriptors `first` to `last`, both included. @return 0; -1 with errno. */
static inline int
calls_close_range(unsigned first, unsigned last)
{
    return (int)syscall(SYS_close_range, first, last, 0U);
}

/** Become the program that `fd` is open on. @return -1 with errno; else it does not return. */
static inline int
calls_exec(int fd, char *const argv[], char *const envp[])
{
    return (int)syscall(SYS_execveat, fd, "", argv, envp, AT_EMPTY_PATH);
}
