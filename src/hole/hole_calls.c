/* hole_calls.c - see hole_calls.h
 * SPDX-License-Identifier: ISC
 */
#include "hole/hole_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define PAGE 4096

/* a whole page of its own, whose rights an attack may try to change */
static _Alignas(PAGE) char page[PAGE];

long
hole_calls_other_memory(struct hole_process *self)
{
    char path[32];
    (void)snprintf(path, sizeof path, "/proc/%d/mem", self->other_pid);
    return syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
}

long
hole_calls_kill(struct hole_process *self)
{
    return syscall(SYS_kill, self->other_pid, SIGKILL);
}

long
hole_calls_tgkill(struct hole_process *self)
{
    return syscall(SYS_tgkill, self->other_pid, self->other_pid, SIGKILL);
}

long
hole_calls_sigqueue(struct hole_process *self)
{
    siginfo_t info = {.si_code = SI_QUEUE};
    return syscall(SYS_rt_sigqueueinfo, self->other_pid, SIGTERM, &info);
}

long
hole_calls_pidfd_stop(struct hole_process *self)
{
    return syscall(SYS_pidfd_send_signal, self->other_fd, SIGSTOP, NULL, 0);
}

long
hole_calls_trace(struct hole_process *self)
{
    return syscall(SYS_ptrace, PTRACE_SEIZE, self->other_pid, NULL, NULL);
}

long
hole_calls_read_other(struct hole_process *self)
{
    struct iovec to = {.iov_base = page, .iov_len = 8};
    struct iovec from = to;
    return syscall(SYS_process_vm_readv, self->other_pid, &to, 1, &from, 1, 0);
}

long
hole_calls_write_other(struct hole_process *self)
{
    struct iovec from = {.iov_base = page, .iov_len = 8};
    struct iovec to = from;
    return syscall(SYS_process_vm_writev, self->other_pid, &from, 1, &to, 1, 0);
}

long
hole_calls_compare(struct hole_process *self)
{
    return syscall(SYS_kcmp, self->other_pid, self->other_pid, 0, 0, 0);
}

long
hole_calls_limit_other(struct hole_process *self)
{
    struct rlimit limit = {0};
    return syscall(SYS_prlimit64, self->other_pid, RLIMIT_NOFILE, &limit, NULL);
}

long
hole_calls_mprotect(struct hole_process *self)
{
    (void)self;
    return syscall(SYS_mprotect, page, sizeof page, PROT_READ | PROT_EXEC);
}

long
hole_calls_pkey(struct hole_process *self)
{
    (void)self;
    return syscall(SYS_pkey_mprotect, page, sizeof page, PROT_READ | PROT_EXEC, -1);
}

long
hole_calls_capset(struct hole_process *self)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct all[_LINUX_CAPABILITY_U32S_3] = {
        {.effective = ~0U, .permitted = ~0U}, {.effective = ~0U, .permitted = ~0U}};
    (void)self;
    return syscall(SYS_capset, &head, all);
}

long
hole_calls_raise_limit(struct hole_process *self)
{
    struct rlimit limit = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
    (void)self;
    return syscall(SYS_prlimit64, 0, RLIMIT_CORE, &limit, NULL);
}

#ifdef __X32_SYSCALL_BIT

long
hole_calls_x32(struct hole_process *self)
{
    (void)self;
    return syscall(__X32_SYSCALL_BIT | SYS_getpid);
}

/* socket(2) has number 359 there */
long
hole_calls_int80(struct hole_process *self)
{
    long result = 359;
    (void)self;
    __asm__ volatile("int $0x80"
                     : "+a"(result)
                     : "b"(2L), "c"(1L), "d"(0L)
                     : "memory", "r8", "r9", "r10", "r11");
    return result;
}

#else

long
hole_calls_x32(struct hole_process *self)
{
    (void)self;
    errno = ENOSYS;
    return -1;
}

long
hole_calls_int80(struct hole_process *self)
{
    return hole_calls_x32(self);
}

#endif
