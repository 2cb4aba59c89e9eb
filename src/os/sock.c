/* sock.c - see sock.h
 * SPDX-License-Identifier: ISC
 */
#include "os/sock.h"

#include "os/sys.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#define RECEIVE_BUFFER_BYTES (1 << 20) /* asked for; the kernel caps it at net.core.rmem_max */
#define LISTEN_BACKLOG       1024      /* the kernel caps it at net.core.somaxconn */

static bool
set(int fd, int level, int option, int value)
{
    return sys_setsockopt(fd, level, option, &value, sizeof value) == 0;
}

bool
sock_is_wildcard(const struct addr *addr)
{
    static const uint8_t zeros[16];
    return memcmp(addr->bytes, zeros, sizeof zeros) == 0;
}

static bool
set_udp_options(int fd, const struct addr *addr)
{
    bool v4 = addr->family == ADDR_IPV4;
    int level = v4 ? IPPROTO_IP : IPPROTO_IPV6;
    /* a forged "fragmentation needed" must not make our answers small or lose them */
    if (!set(fd, level, v4 ? IP_MTU_DISCOVER : IPV6_MTU_DISCOVER,
             v4 ? IP_PMTUDISC_OMIT : IPV6_PMTUDISC_OMIT))
        return false;
    (void)set(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER_BYTES);
    /* a socket bound to one address answers from it anyway; the control data costs each packet */
    return !sock_is_wildcard(addr) || set(fd, level, v4 ? IP_PKTINFO : IPV6_RECVPKTINFO, 1);
}

static bool
set_tcp_options(int fd)
{
    /* inherited by each accepted connection */
    return set(fd, IPPROTO_TCP, TCP_NODELAY, 1) && set(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, 0);
}

/* @param is_absent  written: no interface has the address */
static bool
bind_to(int fd, const struct addr *addr, bool *is_absent)
{
    struct sockaddr_storage to;
    socklen_t size = addr_to_socket(addr, &to);
    bool v4 = addr->family == ADDR_IPV4, is_bound = sys_bind(fd, (struct sockaddr *)&to, size) == 0;
    *is_absent = !is_bound && errno == EADDRNOTAVAIL;
    if (!*is_absent || sock_is_wildcard(addr))
        return is_bound;
    return set(fd, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_FREEBIND : IPV6_FREEBIND, 1) &&
           sys_bind(fd, (struct sockaddr *)&to, size) == 0;
}

static bool
set_and_bind(int fd, const struct addr *addr, int type, enum sock_sharing sharing, bool *is_absent)
{
    if (addr->family == ADDR_IPV6 && !set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1))
        return false;
    /* not on UDP, where it would let any account bind the same port beside us */
    if (type == SOCK_STREAM && !set(fd, SOL_SOCKET, SO_REUSEADDR, 1))
        return false;
    if (sharing == SOCK_SHARED && !set(fd, SOL_SOCKET, SO_REUSEPORT, 1))
        return false;
    if (!(type == SOCK_STREAM ? set_tcp_options(fd) : set_udp_options(fd, addr)))
        return false;
    if (!bind_to(fd, addr, is_absent))
        return false;
    /* bound without it, so that a group which was there already is not joined */
    if (sharing == SOCK_FIRST && !set(fd, SOL_SOCKET, SO_REUSEPORT, 1))
        return false;
    return type == SOCK_DGRAM || sys_listen(fd, LISTEN_BACKLOG) == 0;
}

static enum status
close_failed(int *fd)
{
    int saved = errno;
    sys_close(*fd);
    *fd = -1;
    errno = saved;
    return STATUS_SYSTEM;
}

static int
open_socket(const struct addr *addr, int type)
{
    int family = addr->family == ADDR_IPV4 ? AF_INET : AF_INET6;
    return sys_socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

enum status
sock_listen(const struct addr *addr, int type, enum sock_sharing sharing, int *fd, bool *is_absent)
{
    *is_absent = false;
    *fd = open_socket(addr, type);
    if (*fd < 0)
        return STATUS_SYSTEM;
    return set_and_bind(*fd, addr, type, sharing, is_absent) ? STATUS_OK : close_failed(fd);
}

bool
sock_has_ipv6(void)
{
    struct addr any = {.family = ADDR_IPV6};
    bool is_absent;
    int fd = open_socket(&any, SOCK_DGRAM);
    bool has =
        fd >= 0 ? bind_to(fd, &any, &is_absent) || errno != EADDRNOTAVAIL : errno != EAFNOSUPPORT;
    if (fd >= 0)
        sys_close(fd);
    return has;
}

enum status
sock_bound(int fd, struct addr *addr, int *type)
{
    struct sockaddr_storage bound = {0};
    socklen_t size = sizeof bound, type_size = sizeof *type;
    memset(addr, 0, sizeof *addr);
    *type = 0;
    if (sys_getsockname(fd, (struct sockaddr *)&bound, &size) != 0 ||
        sys_getsockopt(fd, SOL_SOCKET, SO_TYPE, type, &type_size) != 0)
        return STATUS_SYSTEM;
    return addr_from_socket((struct sockaddr *)&bound, size, addr);
}

static bool
is_option(int fd, int level, int option, int value)
{
    int real = 0;
    socklen_t size = sizeof real;
    return sys_getsockopt(fd, level, option, &real, &size) == 0 && real == value;
}

bool
sock_is_listening(int fd)
{
    return is_option(fd, SOL_SOCKET, SO_ACCEPTCONN, 1);
}

/* An IPv6 socket that takes IPv4 too would need answers in mapped form. */
static bool
is_dual_stack(int fd)
{
    return is_option(fd, SOL_SOCKET, SO_DOMAIN, AF_INET6) &&
           !is_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
}

enum status
sock_adopt(int fd, int type)
{
    struct addr addr;
    int real_type;
    enum status status = sock_bound(fd, &addr, &real_type);
    if (status != STATUS_OK)
        return status;
    if (real_type != type || is_dual_stack(fd))
        return STATUS_INVALID;
    int flags = sys_fcntl(fd, F_GETFL, 0);
    if (flags < 0 || sys_fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
        sys_fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
        return STATUS_SYSTEM;
    bool done = type == SOCK_STREAM ? set_tcp_options(fd) : set_udp_options(fd, &addr);
    return done ? STATUS_OK : STATUS_SYSTEM;
}

static bool
is_bound_from(int fd, const struct addr *source)
{
    struct sockaddr_storage from;
    if (source->family == ADDR_NONE)
        return true;
    socklen_t size = addr_to_socket(source, &from);
    return sys_bind(fd, (struct sockaddr *)&from, size) == 0;
}

enum status
sock_dial(const struct addr *addr, const struct addr *source, int *fd)
{
    struct sockaddr_storage to;
    socklen_t size = addr_to_socket(addr, &to);
    *fd = open_socket(addr, SOCK_STREAM);
    if (*fd < 0)
        return STATUS_SYSTEM;
    if (!set(*fd, IPPROTO_TCP, TCP_NODELAY, 1))
        return close_failed(fd);
    if (!is_bound_from(*fd, source)) {
        (void)close_failed(fd);
        return STATUS_NONE;
    }
    /* a kernel without them does without: the first saves a round trip where the server gave us a
     * cookie, the second ends what the other side has stopped to acknowledge */
    (void)set(*fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1);
    (void)set(*fd, IPPROTO_TCP, TCP_USER_TIMEOUT, SOCK_USER_TIMEOUT_MS);
    if (sys_connect(*fd, (struct sockaddr *)&to, size) == 0 || errno == EINPROGRESS)
        return STATUS_OK;
    return close_failed(fd);
}

static enum status
attach(int fd, int option, const struct sock_filter *program, size_t count)
{
    struct sock_fprog whole = {.len = (unsigned short)count,
                               .filter = (struct sock_filter *)(uintptr_t)program};
    return sys_setsockopt(fd, SOL_SOCKET, option, &whole, sizeof whole) == 0 ? STATUS_OK
                                                                             : STATUS_SYSTEM;
}

enum status
sock_filter_attach(int fd, const struct sock_filter *program, size_t count)
{
    return attach(fd, SO_ATTACH_FILTER, program, count);
}

bool
sock_filter_is_locked(int fd)
{
    return is_option(fd, SOL_SOCKET, SO_LOCK_FILTER, 1);
}

enum status
sock_filter_lock(int fd)
{
    return set(fd, SOL_SOCKET, SO_LOCK_FILTER, 1) ? STATUS_OK : STATUS_SYSTEM;
}

enum status
sock_steering_attach(int fd, const struct sock_filter *program, size_t count)
{
    return attach(fd, SO_ATTACH_REUSEPORT_CBPF, program, count);
}

void
sock_acknowledge(int fd)
{
    (void)set(fd, IPPROTO_TCP, TCP_QUICKACK, 1);
}

uint32_t
sock_drops(int fd)
{
    uint32_t values[SK_MEMINFO_VARS] = {0};
    socklen_t size = sizeof values;
    return sys_getsockopt(fd, SOL_SOCKET, SO_MEMINFO, values, &size) == 0 ? values[SK_MEMINFO_DROPS]
                                                                          : 0;
}
