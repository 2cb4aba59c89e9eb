/* kernel_sys.c - the calls of os/sys.h, by kernel.h
 * SPDX-License-Identifier: ISC
 */
#include "kernel.h"

#include "os/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

/* --- descriptors ----------------------------------------------------------------------------- */

int
sys_close(int fd)
{
    must(!kernel_at(fd)->is_watched);
    *kernel_at(fd) = (struct kernel_fd){0};
    return 0;
}

ssize_t
sys_write(int fd, const void *from, size_t size)
{
    (void)from;
    kernel.written += fd >= KERNEL_FD_MIN && kernel_at(fd)->kind == KERNEL_BELL;
    return (ssize_t)size; /* the log */
}

off_t
sys_lseek(int fd, off_t to, int whence)
{
    (void)to, (void)whence;
    return (off_t)kernel_at(fd)->size;
}

int
sys_ftruncate(int fd, off_t size)
{
    kernel_at(fd)->size = (size_t)size;
    kernel_at(fd)->memory = kernel_take_memory((size_t)size);
    return 0;
}

int
sys_fcntl(int fd, int command, int argument)
{
    (void)fd, (void)argument;
    return command == F_GET_SEALS ? F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL : 0;
}

int
sys_eventfd(unsigned count, int flags)
{
    (void)count, (void)flags;
    return kernel_make(KERNEL_BELL);
}

int
sys_memfd_create(const char *name, unsigned flags)
{
    (void)name, (void)flags;
    return kernel_make(KERNEL_MEMORY);
}

/* --- waiting --------------------------------------------------------------------------------- */

int
sys_epoll_create1(int flags)
{
    (void)flags;
    return kernel_make(KERNEL_EPOLL);
}

int
sys_epoll_ctl(int epoll_fd, int operation, int fd, struct epoll_event *event)
{
    must(kernel_at(epoll_fd)->kind == KERNEL_EPOLL);
    struct kernel_fd *watched = kernel_at(fd);
    must((operation == EPOLL_CTL_ADD) != watched->is_watched);
    watched->is_watched = operation != EPOLL_CTL_DEL;
    if (event != NULL) {
        watched->events = event->events;
        watched->source = event->data.ptr;
    }
    return 0;
}

static uint32_t
readiness(struct kernel_fd *fd)
{
    uint32_t ready = 0;
    int number = (int)(fd - kernel.fds);
    switch (fd->kind) {
    case KERNEL_UDP:
        return kernel_next_datagram(number) != NULL ? EPOLLIN : 0;
    case KERNEL_LISTENER:
        return kernel_next_arrival(number) != NULL ? EPOLLIN : 0;
    case KERNEL_CHANNEL:
        return kernel.messages_at < kernel.messages_count ? EPOLLIN : 0;
    case KERNEL_STREAMS:
        ready |= fd->in_tail > fd->in_head || fd->has_ended ? EPOLLIN : 0;
        ready |= fd->window > 0 ? EPOLLOUT : 0;
        return fd->is_reset ? EPOLLERR | EPOLLHUP | EPOLLIN | EPOLLOUT : ready;
    case KERNEL_BELL:
        ready = fd->is_rung ? EPOLLIN : 0;
        fd->is_rung = false; /* watched on its edge */
        return ready;
    case KERNEL_FREE:
    case KERNEL_EPOLL:
    case KERNEL_MEMORY:
        break;
    }
    return 0;
}

int
sys_epoll_wait(int epoll_fd, struct epoll_event *events, int count, int timeout_ms)
{
    int found = 0;
    (void)epoll_fd, (void)timeout_ms;
    for (int fd = KERNEL_FD_MIN; fd < kernel.fds_end && found < count; fd++) {
        struct kernel_fd *watched = &kernel.fds[fd];
        if (!watched->is_watched)
            continue;
        uint32_t ready = readiness(watched) & (watched->events | EPOLLERR | EPOLLHUP);
        if (ready != 0)
            events[found++] = (struct epoll_event){.events = ready, .data.ptr = watched->source};
    }
    return found;
}

int
sys_clock_nanosleep(clockid_t clock, int flags, const struct timespec *time)
{
    (void)clock, (void)flags, (void)time;
    return 0;
}

/* --- memory, time, random octets ------------------------------------------------------------- */

void *
sys_mmap(void *where, size_t size, int access, int flags, int fd, off_t from)
{
    (void)where, (void)access, (void)flags, (void)from;
    return fd >= 0 ? kernel_at(fd)->memory : kernel_take_memory(size);
}

int
sys_munmap(void *where, size_t size)
{
    (void)where, (void)size;
    return 0;
}

int
sys_mprotect(void *where, size_t size, int access)
{
    (void)where, (void)size, (void)access;
    return 0;
}

int
sys_madvise(void *where, size_t size, int advice)
{
    (void)where, (void)size, (void)advice;
    return 0;
}

int
sys_clock_gettime(clockid_t clock, struct timespec *time)
{
    uint64_t us = clock == CLOCK_PROCESS_CPUTIME_ID ? 0 : kernel.now_us;
    time_t wall = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE ? 1750000000 : 0;
    *time = (struct timespec){wall + (time_t)(us / 1000000), (long)(us % 1000000 * 1000)};
    return 0;
}

int
sys_getrusage(struct rusage *usage)
{
    *usage = (struct rusage){.ru_maxrss = 1};
    return 0;
}

ssize_t
sys_getrandom(void *to, size_t size, unsigned flags)
{
    uint8_t *octets = to;
    (void)flags;
    for (size_t i = 0; i < size; i++) {
        kernel.random = kernel.random * 6364136223846793005U + 1442695040888963407U;
        octets[i] = (uint8_t)(kernel.random >> 56);
    }
    return (ssize_t)size;
}

_Noreturn void
sys_exit(int status)
{
    (void)status;
    abort(); /* no input may end the process */
}

/* Of os/locked.c, whose calls are not those of os/sys.h. What is locked could not be given back. */
enum status __wrap_locked_part(const void *at, size_t size);

enum status
__wrap_locked_part(const void *at, size_t size)
{
    (void)at, (void)size;
    return STATUS_OK;
}

/* --- what a process calls before its first turn only ----------------------------------------- */

#define NEVER(type, name, ...)                                                                     \
    type name(__VA_ARGS__)                                                                         \
    {                                                                                              \
        abort();                                                                                   \
    }

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
NEVER(int, sys_open, const char *path, int flags)
NEVER(ssize_t, sys_read, int fd, void *to, size_t size)
NEVER(ssize_t, sys_pwrite, int fd, const void *from, size_t size, off_t where)
NEVER(int, sys_fstat, int fd, struct stat *status)
NEVER(int, sys_socket, int family, int type, int protocol)
NEVER(int, sys_socketpair, int family, int type, int protocol, int pair[2])
NEVER(int, sys_bind, int fd, const struct sockaddr *address, socklen_t size)
NEVER(int, sys_listen, int fd, int backlog)
NEVER(int, sys_connect, int fd, const struct sockaddr *address, socklen_t size)
NEVER(uid_t, sys_geteuid, void)
NEVER(int, sys_getrlimit, SYS_RESOURCE resource, struct rlimit *limit)
NEVER(int, sys_prctl, int option, unsigned long value)
NEVER(int, sys_signal, int signal, void (*disposition)(int))
#pragma GCC diagnostic pop
