/* kernel_sys.c - the calls of os/sys.h, by kernel.h
 * SPDX-License-Identifier: ISC
 */
#include "kernel.h"

#include "os/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
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

/* --- sockets --------------------------------------------------------------------------------- */

static socklen_t
put_address(void *to, const struct addr *from)
{
    if (from->family == ADDR_IPV6) {
        struct sockaddr_in6 in = {.sin6_family = AF_INET6, .sin6_port = htons(from->port)};
        memcpy(&in.sin6_addr, from->bytes, 16);
        memcpy(to, &in, sizeof in);
        return sizeof in;
    }
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(from->port)};
    memcpy(&in.sin_addr, from->bytes, 4);
    memcpy(to, &in, sizeof in);
    return sizeof in;
}

static struct addr
get_address(const void *from, socklen_t size)
{
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    struct addr address = {0};
    if (size == sizeof in6) {
        memcpy(&in6, from, sizeof in6);
        address = (struct addr){.family = ADDR_IPV6, .port = ntohs(in6.sin6_port)};
        memcpy(address.bytes, &in6.sin6_addr, 16);
        return address;
    }
    must(size == sizeof in);
    memcpy(&in, from, sizeof in);
    address = (struct addr){.family = ADDR_IPV4, .port = ntohs(in.sin_port)};
    memcpy(address.bytes, &in.sin_addr, 4);
    return address;
}

int
sys_accept4(int fd, struct sockaddr *from, socklen_t *size, int flags)
{
    must(kernel_at(fd)->kind == KERNEL_LISTENER && (flags & SOCK_NONBLOCK) != 0);
    errno = EAGAIN;
    if (kernel.arrivals_at == kernel.arrivals_count)
        return -1;
    struct kernel_arrival *arrival = &kernel.arrivals[kernel.arrivals_at++];
    *size = put_address(from, &arrival->from);
    return arrival->fd;
}

int
sys_getsockname(int fd, struct sockaddr *address, socklen_t *size)
{
    struct addr local = {.family = ADDR_IPV4, .bytes = {127, 0, 0, 1}, .port = 53};
    (void)kernel_at(fd);
    *size = put_address(address, &local);
    return 0;
}

int
sys_getsockopt(int fd, int level, int option, void *value, socklen_t *size)
{
    int type = option == SO_TYPE && kernel_at(fd)->kind == KERNEL_UDP ? SOCK_DGRAM
               : option == SO_TYPE                                    ? SOCK_STREAM
                                                                      : 0;
    (void)level;
    memset(value, 0, *size);
    memcpy(value, &type, *size < sizeof type ? *size : sizeof type);
    return 0;
}

int
sys_setsockopt(int fd, int level, int option, const void *value, socklen_t size)
{
    (void)kernel_at(fd), (void)level, (void)option, (void)value, (void)size;
    return 0;
}

ssize_t
sys_recv(int fd, void *to, size_t size, int flags)
{
    struct kernel_fd *stream = kernel_at(fd);
    size_t have = stream->in_tail - stream->in_head;
    (void)flags;
    must(stream->kind == KERNEL_STREAMS && size > 0);
    errno = stream->is_reset ? ECONNRESET : EAGAIN;
    if (stream->is_reset || (have == 0 && !stream->has_ended))
        return -1;
    size = size < have ? size : have;
    memcpy(to, stream->in + stream->in_head, size);
    stream->in_head += size;
    return (ssize_t)size;
}

ssize_t
sys_send(int fd, const void *from, size_t size, int flags)
{
    struct kernel_fd *stream = kernel_at(fd);
    must(stream->kind == KERNEL_STREAMS && (flags & MSG_NOSIGNAL) != 0 && size > 0);
    errno = stream->is_reset ? EPIPE : EAGAIN;
    if (stream->is_reset || stream->window == 0)
        return -1;
    size = size < stream->window ? size : stream->window;
    if (stream->window != SIZE_MAX)
        stream->window -= size;
    kernel_heard(fd, from, size);
    return (ssize_t)size;
}

int
sys_recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
    unsigned taken = 0;
    (void)flags;
    must(kernel_at(fd)->kind == KERNEL_UDP);
    for (; taken < count && kernel.datagrams_at < kernel.datagrams_count; taken++) {
        const struct kernel_datagram *d = &kernel.datagrams[kernel.datagrams_at++];
        struct msghdr *header = &messages[taken].msg_hdr;
        size_t room = header->msg_iov->iov_len, size = d->size < room ? d->size : room;
        header->msg_namelen = put_address(header->msg_name, &d->from);
        header->msg_controllen = 0;
        header->msg_flags = d->size > room ? MSG_TRUNC : 0;
        if (size > 0)
            memcpy(header->msg_iov->iov_base, d->octets, size);
        messages[taken].msg_len = (unsigned)size;
    }
    errno = EAGAIN;
    return taken > 0 ? (int)taken : -1;
}

int
sys_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
    (void)flags;
    must(kernel_at(fd)->kind == KERNEL_UDP && count > 0);
    for (unsigned i = 0; i < count; i++) {
        const struct msghdr *header = &messages[i].msg_hdr;
        struct addr to = get_address(header->msg_name, header->msg_namelen);
        must(header->msg_iovlen == 1);
        kernel_heard_datagram(&to, header->msg_iov->iov_base, header->msg_iov->iov_len);
    }
    return (int)count;
}

ssize_t
sys_sendmsg(int fd, const struct msghdr *message, int flags)
{
    (void)fd, (void)flags;
    return (ssize_t)message->msg_iov->iov_len; /* to the supervisor */
}

ssize_t
sys_recvmsg(int fd, struct msghdr *message, int flags)
{
    (void)fd, (void)message, (void)flags;
    errno = EAGAIN;
    return -1;
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
    switch (fd->kind) {
    case KERNEL_UDP:
        return kernel.datagrams_at < kernel.datagrams_count ? EPOLLIN : 0;
    case KERNEL_LISTENER:
        return kernel.arrivals_at < kernel.arrivals_count ? EPOLLIN : 0;
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
    for (int fd = KERNEL_FD_MIN; fd < KERNEL_FDS && found < count; fd++) {
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
NEVER(int, sys_poll, struct pollfd *fds, nfds_t count, int timeout_ms)
NEVER(uid_t, sys_geteuid, void)
NEVER(int, sys_getrlimit, SYS_RESOURCE resource, struct rlimit *limit)
NEVER(int, sys_prctl, int option, unsigned long value)
NEVER(int, sys_signal, int signal, void (*disposition)(int))
#pragma GCC diagnostic pop
