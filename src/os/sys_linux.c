/* sys_linux.c - the calls of sys.h, each handed to the kernel as it is
 * SPDX-License-Identifier: ISC
 */
#include "os/sys.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <unistd.h>

/* --- descriptors ----------------------------------------------------------------------------- */

int
sys_open(const char *path, int flags)
{
    return open(path, flags);
}

ssize_t
sys_read(int fd, void *to, size_t size)
{
    return read(fd, to, size);
}

ssize_t
sys_write(int fd, const void *from, size_t size)
{
    return write(fd, from, size);
}

ssize_t
sys_pwrite(int fd, const void *from, size_t size, off_t at)
{
    return pwrite(fd, from, size, at);
}

off_t
sys_lseek(int fd, off_t to, int whence)
{
    return lseek(fd, to, whence);
}

int
sys_ftruncate(int fd, off_t size)
{
    return ftruncate(fd, size);
}

int
sys_fstat(int fd, struct stat *status)
{
    return fstat(fd, status);
}

int
sys_fcntl(int fd, int command, int argument)
{
    return fcntl(fd, command, argument);
}

int
sys_close(int fd)
{
    return close(fd);
}

/* --- sockets --------------------------------------------------------------------------------- */

int
sys_socket(int family, int type, int protocol)
{
    return socket(family, type, protocol);
}

int
sys_socketpair(int family, int type, int protocol, int pair[2])
{
    return socketpair(family, type, protocol, pair);
}

int
sys_bind(int fd, const struct sockaddr *address, socklen_t size)
{
    return bind(fd, address, size);
}

int
sys_listen(int fd, int backlog)
{
    return listen(fd, backlog);
}

int
sys_connect(int fd, const struct sockaddr *address, socklen_t size)
{
    return connect(fd, address, size);
}

int
sys_accept4(int fd, struct sockaddr *from, socklen_t *size, int flags)
{
    return accept4(fd, from, size, flags);
}

int
sys_getsockname(int fd, struct sockaddr *address, socklen_t *size)
{
    return getsockname(fd, address, size);
}

int
sys_getsockopt(int fd, int level, int option, void *value, socklen_t *size)
{
    return getsockopt(fd, level, option, value, size);
}

int
sys_setsockopt(int fd, int level, int option, const void *value, socklen_t size)
{
    return setsockopt(fd, level, option, value, size);
}

ssize_t
sys_recv(int fd, void *to, size_t size, int flags)
{
    return recv(fd, to, size, flags);
}

ssize_t
sys_send(int fd, const void *from, size_t size, int flags)
{
    return send(fd, from, size, flags);
}

ssize_t
sys_recvmsg(int fd, struct msghdr *message, int flags)
{
    return recvmsg(fd, message, flags);
}

ssize_t
sys_sendmsg(int fd, const struct msghdr *message, int flags)
{
    return sendmsg(fd, message, flags);
}

int
sys_recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
    return recvmmsg(fd, messages, count, flags, NULL);
}

int
sys_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
    return sendmmsg(fd, messages, count, flags);
}

/* --- waiting --------------------------------------------------------------------------------- */

int
sys_eventfd(unsigned count, int flags)
{
    return eventfd(count, flags);
}

int
sys_epoll_create1(int flags)
{
    return epoll_create1(flags);
}

int
sys_epoll_ctl(int epoll_fd, int operation, int fd, struct epoll_event *event)
{
    return epoll_ctl(epoll_fd, operation, fd, event);
}

int
sys_epoll_wait(int epoll_fd, struct epoll_event *events, int count, int timeout_ms)
{
    return epoll_wait(epoll_fd, events, count, timeout_ms);
}

int
sys_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
    return poll(fds, count, timeout_ms);
}

int
sys_clock_nanosleep(clockid_t clock, int flags, const struct timespec *time)
{
    return clock_nanosleep(clock, flags, time, NULL);
}

/* --- memory ---------------------------------------------------------------------------------- */

int
sys_memfd_create(const char *name, unsigned flags)
{
    return memfd_create(name, flags);
}

void *
sys_mmap(void *at, size_t size, int access, int flags, int fd, off_t from)
{
    return mmap(at, size, access, flags, fd, from);
}

int
sys_munmap(void *at, size_t size)
{
    return munmap(at, size);
}

int
sys_mprotect(void *at, size_t size, int access)
{
    return mprotect(at, size, access);
}

int
sys_madvise(void *at, size_t size, int advice)
{
    return madvise(at, size, advice);
}

/* --- the process, time, random bytes --------------------------------------------------------- */

int
sys_clock_gettime(clockid_t clock, struct timespec *time)
{
    return clock_gettime(clock, time);
}

int
sys_getrusage(struct rusage *usage)
{
    return getrusage(RUSAGE_SELF, usage);
}

ssize_t
sys_getrandom(void *to, size_t size, unsigned flags)
{
    return getrandom(to, size, flags);
}

uid_t
sys_geteuid(void)
{
    return geteuid();
}

int
sys_getrlimit(SYS_RESOURCE resource, struct rlimit *limit)
{
    return getrlimit(resource, limit);
}

int
sys_prctl(int option, unsigned long value)
{
    return prctl(option, value, 0UL, 0UL, 0UL);
}

int
sys_signal(int signal, void (*disposition)(int))
{
    struct sigaction action = {.sa_handler = disposition};
    return sigaction(signal, &action, NULL);
}

void
sys_exit(int status)
{
    exit(status);
}
