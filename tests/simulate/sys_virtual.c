/* sys_virtual.c - the calls of os/sys.h, answered by the virtual kernel
 * SPDX-License-Identifier: ISC
 *
 * Takes the place of os/sys_linux.c. What is not here cannot be linked.
 */
#include "os/sys.h"

#include "dgram.h"
#include "epoll.h"
#include "files.h"
#include "kernel.h"
#include "pair.h"
#include "process.h"
#include "stream.h"

#include "os/sock.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* What calls cost, microseconds. */
enum { CHEAP_US = 1, SEND_US = 4, RECEIVE_US = 3, BATCH_US = 2 };

static int
fail(int error)
{
    errno = error;
    return -1;
}

/* NULL: EBADF is set. */
static struct object *
object_of(int fd)
{
    struct object *object = process_object(fd);
    if (object == NULL)
        errno = EBADF;
    return object;
}

static struct bound *
socket_of(int fd)
{
    struct object *object = object_of(fd);
    if (object == NULL)
        return NULL;
    if (dgram_is(object))
        return dgram_bound(object);
    if (stream_is(object))
        return stream_bound(object);
    errno = ENOTSOCK;
    return NULL;
}

/* --- descriptors ----------------------------------------------------------------------------- */

/* More than nothing, and no failure. */
static ssize_t
moved(ssize_t result)
{
    if (result > 0)
        process_moved();
    return result;
}

int
sys_open(const char *path, int flags)
{
    (void)flags; /* free, as builds with sanitizers leave one of them out (os/memory.c) */
    return files_open(path);
}

ssize_t
sys_read(int fd, void *to, size_t size)
{
    struct object *object = object_of(fd);
    if (object == NULL)
        return -1;
    if (!files_is_file(object) && !pair_is_counter(object))
        return fail(EINVAL); /* free, for the same reason as sys_open() */
    process_called(CHEAP_US);
    if (files_is_file(object))
        return files_read(object, to, size);
    return moved(pair_counter_read(object, to, size));
}

ssize_t
sys_write(int fd, const void *from, size_t size)
{
    process_called(CHEAP_US);
    struct object *object = object_of(fd);
    if (object == NULL)
        return -1;
    if (files_is_log(object))
        return files_log_write(from, size);
    return pair_is_counter(object) ? moved(pair_counter_write(object, from, size)) : fail(EINVAL);
}

static int
real_of(int fd)
{
    struct object *object = object_of(fd);
    int real = object != NULL ? files_real(object) : -1;
    if (object != NULL && real < 0)
        errno = EINVAL;
    return real;
}

ssize_t
sys_pwrite(int fd, const void *from, size_t size, off_t at)
{
    process_called(CHEAP_US);
    int real = real_of(fd);
    return real < 0 ? -1 : pwrite(real, from, size, at);
}

off_t
sys_lseek(int fd, off_t to, int whence)
{
    process_called(CHEAP_US);
    struct object *object = object_of(fd);
    if (object != NULL && files_is_file(object))
        return files_seek(object, to, whence);
    int real = real_of(fd);
    return real < 0 ? -1 : lseek(real, to, whence);
}

int
sys_ftruncate(int fd, off_t size)
{
    process_called(CHEAP_US);
    int real = real_of(fd);
    return real < 0 ? -1 : ftruncate(real, size);
}

int
sys_fstat(int fd, struct stat *status)
{
    (void)fd;
    (void)status;
    process_called(CHEAP_US);
    return fail(EINVAL);
}

int
sys_fcntl(int fd, int command, int argument)
{
    process_called(CHEAP_US);
    struct object *object = object_of(fd);
    if (object == NULL)
        return -1;
    if (command == F_GETFL)
        return O_RDWR | O_NONBLOCK;
    if (command == F_SETFL || command == F_SETFD)
        return 0;
    int real = real_of(fd);
    return real < 0 ? -1 : fcntl(real, command, argument);
}

int
sys_close(int fd)
{
    process_called(CHEAP_US);
    return process_close(fd);
}

/* --- sockets --------------------------------------------------------------------------------- */

int
sys_socket(int family, int type, int protocol)
{
    process_called(CHEAP_US);
    if ((family != AF_INET && family != AF_INET6) || protocol != 0)
        return fail(EAFNOSUPPORT);
    return (type & 0xf) == SOCK_DGRAM ? dgram_make(family) : stream_make(family);
}

int
sys_socketpair(int family, int type, int protocol, int pair[2])
{
    process_called(CHEAP_US);
    if (family != AF_UNIX || (type & 0xf) != SOCK_SEQPACKET || protocol != 0)
        return fail(EOPNOTSUPP);
    return pair_make(pair);
}

int
sys_bind(int fd, const struct sockaddr *address, socklen_t size)
{
    process_called(CHEAP_US);
    struct bound *bound = socket_of(fd);
    if (bound == NULL)
        return -1;
    int error = bound_bind(bound, address, size);
    return error != 0 ? fail(error) : 0;
}

int
sys_listen(int fd, int backlog)
{
    process_called(CHEAP_US);
    struct object *object = object_of(fd);
    if (object == NULL)
        return -1;
    return stream_is(object) ? stream_listen(object, backlog) : fail(EOPNOTSUPP);
}

int
sys_connect(int fd, const struct sockaddr *address, socklen_t size)
{
    process_called(SEND_US);
    struct object *object = object_of(fd);
    struct addr to;
    if (object == NULL)
        return -1;
    if (!stream_is(object) || addr_from_socket(address, size, &to) != STATUS_OK)
        return fail(EINVAL);
    process_moved();
    return stream_dial(object, &to);
}

int
sys_accept4(int fd, struct sockaddr *from, socklen_t *size, int flags)
{
    (void)flags;
    process_called(RECEIVE_US);
    struct object *object = object_of(fd);
    if (object == NULL)
        return -1;
    return stream_is(object) ? (int)moved(stream_take(object, from, size)) : fail(EOPNOTSUPP);
}

int
sys_getsockname(int fd, struct sockaddr *address, socklen_t *size)
{
    process_called(CHEAP_US);
    const struct bound *bound = socket_of(fd);
    if (bound == NULL)
        return -1;
    struct sockaddr_storage name;
    socklen_t name_size = addr_to_socket(&bound->addr, &name);
    memcpy(address, &name, name_size < *size ? name_size : *size);
    *size = name_size;
    return 0;
}

int
sys_getsockopt(int fd, int level, int option, void *value, socklen_t *size)
{
    process_called(CHEAP_US);
    struct object *object = object_of(fd);
    const struct bound *bound = socket_of(fd);
    int number = 0;
    if (bound == NULL)
        return -1;
    if (level == SOL_SOCKET && option == SO_MEMINFO && dgram_is(object)) {
        uint32_t facts[9] = {0}; /* SK_MEMINFO_DROPS is the last */
        facts[8] = (uint32_t)dgram_drops(object);
        memcpy(value, facts, *size < sizeof facts ? *size : sizeof facts);
        return 0;
    }
    if (level == SOL_SOCKET && option == SO_ERROR && stream_is(object))
        number = stream_error(object);
    else if (level == SOL_SOCKET && option == SO_ACCEPTCONN)
        number = stream_is(object) && stream_is_listening(object);
    else
        (void)bound_get(bound, level, option, &number);
    memcpy(value, &number, *size < sizeof number ? *size : sizeof number);
    return 0;
}

int
sys_setsockopt(int fd, int level, int option, const void *value, socklen_t size)
{
    process_called(CHEAP_US);
    struct object *object = object_of(fd);
    struct bound *bound = socket_of(fd);
    int error, octets;
    if (bound == NULL)
        return -1;
    if (bound_set(bound, level, option, value, size, &error))
        return error != 0 ? fail(error) : 0;
    if (level == SOL_SOCKET && option == SO_SNDBUF && stream_is(object) && size >= sizeof octets) {
        memcpy(&octets, value, sizeof octets);
        stream_set_window(object, (uint32_t)octets);
    }
    return 0;
}

ssize_t
sys_recv(int fd, void *to, size_t size, int flags)
{
    process_called(RECEIVE_US);
    struct object *object = object_of(fd);
    if (object == NULL)
        return -1;
    return stream_is(object) ? moved(stream_receive(object, to, size, flags)) : fail(ENOTSOCK);
}

ssize_t
sys_send(int fd, const void *from, size_t size, int flags)
{
    (void)flags; /* every caller says MSG_NOSIGNAL */
    process_called(SEND_US);
    struct object *object = object_of(fd);
    if (object == NULL)
        return -1;
    return stream_is(object) ? moved(stream_send(object, from, size)) : fail(ENOTSOCK);
}

ssize_t
sys_recvmsg(int fd, struct msghdr *message, int flags)
{
    (void)flags;
    process_called(RECEIVE_US);
    struct object *object = object_of(fd);
    if (object == NULL)
        return -1;
    return pair_is_end(object) ? moved(pair_receive(object, message)) : fail(ENOTSOCK);
}

ssize_t
sys_sendmsg(int fd, const struct msghdr *message, int flags)
{
    (void)flags;
    process_called(SEND_US);
    struct object *object = object_of(fd);
    if (object == NULL)
        return -1;
    return pair_is_end(object) ? moved(pair_send(object, message)) : fail(ENOTSOCK);
}

int
sys_recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
    (void)flags;
    process_called(CHEAP_US);
    struct object *object = object_of(fd);
    if (object == NULL)
        return -1;
    int taken =
        dgram_is(object) ? (int)moved(dgram_receive(object, messages, count)) : fail(ENOTSOCK);
    process_called(taken > 0 ? (unsigned)taken * BATCH_US : 0);
    return taken;
}

int
sys_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
    (void)flags;
    process_called(count * BATCH_US);
    struct object *object = object_of(fd);
    if (object == NULL)
        return -1;
    return dgram_is(object) ? (int)moved(dgram_send(object, messages, count)) : fail(ENOTSOCK);
}

/* --- waiting --------------------------------------------------------------------------------- */

int
sys_eventfd(unsigned count, int flags)
{
    (void)flags;
    process_called(CHEAP_US);
    return pair_counter(count);
}

int
sys_epoll_create1(int flags)
{
    (void)flags;
    process_called(CHEAP_US);
    return epoll_make();
}

int
sys_epoll_ctl(int epoll_fd, int operation, int fd, struct epoll_event *event)
{
    process_called(CHEAP_US);
    return epoll_change(epoll_fd, operation, fd, event);
}

int
sys_epoll_wait(int epoll_fd, struct epoll_event *events, int count, int timeout_ms)
{
    process_called(0);
    return epoll_sleep(epoll_fd, events, count, timeout_ms);
}

int
sys_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
    process_called(CHEAP_US);
    return count == 1 ? epoll_poll(fds, timeout_ms) : fail(EINVAL);
}

int
sys_clock_nanosleep(clockid_t clock, int flags, const struct timespec *time)
{
    if (clock != CLOCK_MONOTONIC || flags != 0)
        return EINVAL;
    process_called(CHEAP_US);
    process_sleep(kernel_now() + (uint64_t)time->tv_sec * KERNEL_S +
                  (uint64_t)time->tv_nsec / 1000);
    return 0;
}

/* --- memory ---------------------------------------------------------------------------------- */

int
sys_memfd_create(const char *name, unsigned flags)
{
    process_called(CHEAP_US);
    return files_memory(name, flags);
}

void *
sys_mmap(void *at, size_t size, int access, int flags, int fd, off_t from)
{
    process_called(CHEAP_US);
    int real = fd >= 0 ? real_of(fd) : -1;
    if (fd >= 0 && real < 0)
        return MAP_FAILED;
    void *map = mmap(at, size, access, flags, real, from);
    if (map != MAP_FAILED)
        process_mapped(map, size, access == PROT_NONE);
    return map;
}

int
sys_munmap(void *at, size_t size)
{
    process_called(CHEAP_US);
    process_unmapped(at);
    return munmap(at, size);
}

int
sys_mprotect(void *at, size_t size, int access)
{
    process_called(CHEAP_US);
    return mprotect(at, size, access);
}

int
sys_madvise(void *at, size_t size, int advice)
{
    process_called(CHEAP_US);
    return madvise(at, size, advice);
}

/* --- the process, time, random bytes --------------------------------------------------------- */

int
sys_clock_gettime(clockid_t clock, struct timespec *time)
{
    uint64_t us = clock == CLOCK_MONOTONIC           ? kernel_now()
                  : clock == CLOCK_THREAD_CPUTIME_ID ? process_cpu_us(process_current())
                                                     : (uint64_t)kernel_wall();
    *time = (struct timespec){.tv_sec = (time_t)(us / KERNEL_S),
                              .tv_nsec = (long)(us % KERNEL_S) * 1000};
    return 0;
}

int
sys_getrusage(struct rusage *usage)
{
    uint64_t us = process_cpu_us(process_current());
    *usage = (struct rusage){
        .ru_utime = {.tv_sec = (time_t)(us / KERNEL_S), .tv_usec = (suseconds_t)(us % KERNEL_S)}};
    return 0;
}

ssize_t
sys_getrandom(void *to, size_t size, unsigned flags)
{
    uint8_t *octets = to;
    (void)flags;
    process_called(CHEAP_US);
    for (size_t at = 0; at < size; at += 8) {
        uint64_t word = process_draw(DRAW_RANDOM, UINT64_MAX);
        memcpy(octets + at, &word, size - at < 8 ? size - at : 8);
    }
    return (ssize_t)size;
}

uid_t
sys_geteuid(void)
{
    return 1000; /* not root */
}

int
sys_getrlimit(SYS_RESOURCE resource, struct rlimit *limit)
{
    (void)resource;
    limit->rlim_cur = limit->rlim_max = 1U << 20;
    return 0;
}

int
sys_prctl(int option, unsigned long value)
{
    (void)option;
    (void)value;
    return 0;
}

int
sys_signal(int signal, void (*disposition)(int))
{
    (void)signal;
    (void)disposition;
    return 0;
}

void
sys_exit(int status)
{
    process_exit(status);
}
