/* kernel_net.c - the calls of os/sys.h that send and receive, by kernel.h
 * SPDX-License-Identifier: ISC
 */
#include "kernel.h"

#include "os/sys.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

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

/* What goes wrong next, once. */
static bool
is_trouble(void)
{
    if (kernel.trouble == 0)
        return false;
    errno = kernel.trouble;
    kernel.trouble = 0;
    return true;
}

int
sys_accept4(int fd, struct sockaddr *from, socklen_t *size, int flags)
{
    must(kernel_at(fd)->kind == KERNEL_LISTENER && (flags & SOCK_NONBLOCK) != 0);
    errno = EAGAIN;
    struct kernel_arrival *next = kernel_next_arrival(fd);
    if (is_trouble() || next == NULL)
        return -1;
    struct kernel_arrival arrival = *next;
    for (; next > &kernel.arrivals[kernel.arrivals_at]; next--)
        *next = next[-1];
    kernel.arrivals_at++;
    *size = put_address(from, &arrival.from);
    return arrival.fd;
}

int
sys_getsockname(int fd, struct sockaddr *address, socklen_t *size)
{
    *size = put_address(address, &kernel_at(fd)->local);
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
    if (is_trouble() || stream->is_reset || (have == 0 && !stream->has_ended))
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
    if (is_trouble() || stream->is_reset || stream->window == 0)
        return -1;
    size = size < stream->window ? size : stream->window;
    if (stream->window != SIZE_MAX)
        stream->window -= size;
    kernel_heard(fd, from, size);
    return (ssize_t)size;
}

/* Which address was asked, where the process takes any. */
static void
put_local(struct msghdr *header, const struct addr *bound, const struct addr *to)
{
    static const uint8_t zeros[16];
    struct in_pktinfo info = {.ipi_ifindex = 1};
    struct in6_pktinfo info6 = {.ipi6_ifindex = 1};
    bool is_v4 = to->family == ADDR_IPV4;
    size_t size = is_v4 ? sizeof info : sizeof info6;
    if (memcmp(bound->bytes, zeros, sizeof zeros) != 0) {
        header->msg_controllen = 0;
        return;
    }
    must(header->msg_controllen >= CMSG_SPACE(size));
    memcpy(&info.ipi_spec_dst, to->bytes, 4);
    memcpy(&info6.ipi6_addr, to->bytes, 16);
    struct cmsghdr *c = CMSG_FIRSTHDR(header);
    c->cmsg_level = is_v4 ? IPPROTO_IP : IPPROTO_IPV6;
    c->cmsg_type = is_v4 ? IP_PKTINFO : IPV6_PKTINFO;
    c->cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(c), is_v4 ? (void *)&info : (void *)&info6, size);
    header->msg_controllen = CMSG_SPACE(size);
}

static struct addr
get_local(const struct msghdr *header)
{
    struct addr local = {0};
    const struct cmsghdr *c = header->msg_controllen > 0 ? CMSG_FIRSTHDR(header) : NULL;
    if (c == NULL)
        return local;
    bool is_v4 = c->cmsg_level == IPPROTO_IP;
    must(c->cmsg_type == (is_v4 ? IP_PKTINFO : IPV6_PKTINFO));
    local.family = is_v4 ? ADDR_IPV4 : ADDR_IPV6;
    if (is_v4)
        memcpy(local.bytes, CMSG_DATA(c) + offsetof(struct in_pktinfo, ipi_spec_dst), 4);
    else
        memcpy(local.bytes, CMSG_DATA(c) + offsetof(struct in6_pktinfo, ipi6_addr), 16);
    return local;
}

int
sys_recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
    unsigned taken = 0;
    (void)flags;
    must(kernel_at(fd)->kind == KERNEL_UDP);
    errno = EAGAIN;
    if (is_trouble())
        return -1;
    for (struct kernel_datagram *d; taken < count && (d = kernel_next_datagram(fd)) != NULL;
         taken++) {
        struct msghdr *header = &messages[taken].msg_hdr;
        size_t room = header->msg_iov->iov_len, size = d->size < room ? d->size : room;
        header->msg_namelen = put_address(header->msg_name, &d->from);
        put_local(header, &kernel_at(fd)->local, &d->to);
        header->msg_flags = d->size > room ? MSG_TRUNC : 0;
        if (size > 0)
            memcpy(header->msg_iov->iov_base, d->octets, size);
        messages[taken].msg_len = (unsigned)size;
        for (; d > &kernel.datagrams[kernel.datagrams_at]; d--)
            *d = d[-1];
        kernel.datagrams_at++;
    }
    return taken > 0 ? (int)taken : -1;
}

int
sys_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
    (void)flags;
    must(kernel_at(fd)->kind == KERNEL_UDP && count > 0);
    if (is_trouble())
        return -1;
    for (unsigned i = 0; i < count; i++) {
        const struct msghdr *header = &messages[i].msg_hdr;
        struct addr to = get_address(header->msg_name, header->msg_namelen);
        struct addr from = get_local(header);
        must(header->msg_iovlen == 1);
        kernel_heard_datagram(&to, &from, header->msg_iov->iov_base, header->msg_iov->iov_len);
    }
    return (int)count;
}

/* --- the channel ----------------------------------------------------------------------------- */

ssize_t
sys_sendmsg(int fd, const struct msghdr *message, int flags)
{
    struct ipc_message said;
    size_t size = message->msg_iov->iov_len;
    (void)flags;
    must(kernel_at(fd)->kind == KERNEL_CHANNEL && message->msg_controllen == 0);
    must(ipc_decode(message->msg_iov->iov_base, size, 0, IPC_FROM_CHILD, &said) == STATUS_OK);
    if (said.type == IPC_UPSTREAM_WANT && kernel.is_channel_full) {
        errno = EAGAIN;
        return -1;
    }
    kernel_heard_message(&said);
    return (ssize_t)size;
}

ssize_t
sys_recvmsg(int fd, struct msghdr *message, int flags)
{
    (void)flags;
    must(kernel_at(fd)->kind == KERNEL_CHANNEL);
    errno = EAGAIN;
    if (kernel.messages_at == kernel.messages_count)
        return -1;
    const struct kernel_message *said = &kernel.messages[kernel.messages_at++];
    must(said->size <= message->msg_iov->iov_len);
    memcpy(message->msg_iov->iov_base, said->octets, said->size);
    size_t octets = said->fds_count * sizeof(int);
    if (octets > 0) {
        struct cmsghdr *c = CMSG_FIRSTHDR(message);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(octets);
        memcpy(CMSG_DATA(c), said->fds, octets);
    }
    message->msg_controllen = octets > 0 ? CMSG_SPACE(octets) : 0;
    message->msg_flags = 0;
    return (ssize_t)said->size;
}

int
sys_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
    (void)timeout_ms;
    if (fds->fd == STDERR_FILENO) { /* the log */
        fds->revents = POLLOUT;
        return 1;
    }
    must(count == 1 && kernel_at(fds->fd)->kind == KERNEL_CHANNEL);
    must(kernel.messages_at < kernel.messages_count);
    fds->revents = POLLIN;
    return 1;
}
