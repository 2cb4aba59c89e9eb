/* sys.h - every system call of os, child, front and worker, by its own name and signature
 * SPDX-License-Identifier: ISC
 *
 * What: one function for each call. sys_linux.c hands it to the kernel; a program that links
 *       another file in its place runs the same processes over a virtual kernel. Results and errno
 *       are the kernel's.
 * Who:  os, child, front, worker; the supervisor, but for its start and for processes (spawn.h).
 *       Five files of os call the kernel themselves: privs.c, spaces.c, landlock.c and sandbox.c,
 *       because what they do is the kernel's and ends before a process serves, and append.c, which
 *       adds to the audit log.
 * Ref:  the manual page of each call; tests/structure/sys_symbols.txt.
 */
#pragma once

#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

/* The type of RLIMIT_NOFILE and its like, which each C library chooses. */
#ifdef __GLIBC__
#define SYS_RESOURCE __rlimit_resource_t
#else
#define SYS_RESOURCE int
#endif

/* --- descriptors ----------------------------------------------------------------------------- */

int sys_open(const char *path, int flags); /* never makes a file */
ssize_t sys_read(int fd, void *to, size_t size);
ssize_t sys_write(int fd, const void *from, size_t size);
ssize_t sys_pwrite(int fd, const void *from, size_t size, off_t at);
off_t sys_lseek(int fd, off_t to, int whence);
int sys_ftruncate(int fd, off_t size);
int sys_fstat(int fd, struct stat *status);
int sys_fcntl(int fd, int command, int argument); /* commands without one: 0 */
int sys_close(int fd);

/* --- sockets --------------------------------------------------------------------------------- */

int sys_socket(int family, int type, int protocol);
int sys_socketpair(int family, int type, int protocol, int pair[2]);
int sys_bind(int fd, const struct sockaddr *address, socklen_t size);
int sys_listen(int fd, int backlog);
int sys_connect(int fd, const struct sockaddr *address, socklen_t size);
int sys_accept4(int fd, struct sockaddr *from, socklen_t *size, int flags);
int sys_getsockname(int fd, struct sockaddr *address, socklen_t *size);
int sys_getsockopt(int fd, int level, int option, void *value, socklen_t *size);
int sys_setsockopt(int fd, int level, int option, const void *value, socklen_t size);
ssize_t sys_recv(int fd, void *to, size_t size, int flags);
ssize_t sys_send(int fd, const void *from, size_t size, int flags);
ssize_t sys_recvmsg(int fd, struct msghdr *message, int flags);
ssize_t sys_sendmsg(int fd, const struct msghdr *message, int flags);
int sys_recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags);
int sys_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags);

/* --- waiting --------------------------------------------------------------------------------- */

int sys_eventfd(unsigned count, int flags);
int sys_epoll_create1(int flags);
int sys_epoll_ctl(int epoll_fd, int operation, int fd, struct epoll_event *event);
int sys_epoll_wait(int epoll_fd, struct epoll_event *events, int count, int timeout_ms);
int sys_poll(struct pollfd *fds, nfds_t count, int timeout_ms);
int sys_clock_nanosleep(clockid_t clock, int flags, const struct timespec *time);

/* --- memory ---------------------------------------------------------------------------------- */

int sys_memfd_create(const char *name, unsigned flags);
void *sys_mmap(void *at, size_t size, int access, int flags, int fd, off_t from);
int sys_munmap(void *at, size_t size);
int sys_mprotect(void *at, size_t size, int access);
int sys_madvise(void *at, size_t size, int advice);

/* --- the process, time, random bytes --------------------------------------------------------- */

int sys_clock_gettime(clockid_t clock, struct timespec *time);

/** What a clock says now, in microseconds. */
static inline uint64_t
sys_clock_us(clockid_t clock)
{
    struct timespec now;
    sys_clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

int sys_getrusage(struct rusage *usage); /* of this process */
ssize_t sys_getrandom(void *to, size_t size, unsigned flags);
uid_t sys_geteuid(void);
int sys_getrlimit(SYS_RESOURCE resource, struct rlimit *limit);
int sys_prctl(int option, unsigned long value);       /* the arguments behind it: 0 */
int sys_signal(int signal, void (*disposition)(int)); /* 0; -1 with errno */
_Noreturn void sys_exit(int status);                  /* as exit(3) */
