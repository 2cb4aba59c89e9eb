/* udp.c - see udp.h
 * SPDX-License-Identifier: ISC
 */
#include "front/udp.h"

#include "os/log.h"
#include "os/memory.h"
#include "os/sock.h"
#include "os/sys.h"

#include <errno.h>

_Static_assert(CMSG_SPACE(sizeof(struct in6_pktinfo)) <= UDP_CONTROL_BYTES, "control data fits");

static void
fill_header(struct mmsghdr *header, struct udp_slot *slot, void *data, size_t size)
{
    slot->part = (struct iovec){.iov_base = data, .iov_len = size};
    header->msg_hdr.msg_name = &slot->name;
    header->msg_hdr.msg_iov = &slot->part;
    header->msg_hdr.msg_iovlen = 1;
}

/* What recvmmsg writes over. */
static void
reset_sizes(struct mmsghdr *header, struct udp_slot *slot)
{
    header->msg_hdr.msg_namelen = sizeof slot->name;
    header->msg_hdr.msg_control = slot->control.bytes; /* filled on wildcard listeners only */
    header->msg_hdr.msg_controllen = UDP_CONTROL_BYTES;
}

void
udp_reserve(struct udp *udp, uint32_t listeners, size_t message_max, struct evloop *loop,
            struct stats_page *stats)
{
    struct udp_sending *sending = memory_reserve(listeners * sizeof *sending);
    uint8_t *messages = memory_reserve(UDP_BATCH * message_max);
    udp->received = memory_reserve(sizeof *udp->received);
    if (sending == NULL || messages == NULL || udp->received == NULL)
        log_fatal("cannot reserve memory for UDP batches");
    for (uint32_t i = 0; i < UDP_BATCH; i++) {
        fill_header(&udp->received->headers[i], &udp->received->slots[i],
                    &messages[i * message_max], message_max);
        reset_sizes(&udp->received->headers[i], &udp->received->slots[i]);
    }
    udp->loop = loop;
    udp->stats = stats;
    udp->count = listeners;
    for (uint32_t i = 0; i < CONFIG_LISTEN_MAX; i++)
        udp->listeners[i] =
            (struct udp_listener){.source.fd = -1, .sending = i < listeners ? &sending[i] : NULL};
}

/* --- receiving ------------------------------------------------------------------------------- */

static void
ready(struct ev_source *source, uint32_t events)
{
    (void)events;
    struct udp_listener *listener = source->owner;
    listener->is_ready = true;
}

enum status
udp_listen(struct udp *udp, uint32_t index, int fd)
{
    static const uint8_t zeros[16];
    struct udp_listener *listener = &udp->listeners[index];
    struct addr bound;
    int type;
    enum status status = sock_bound(fd, &bound, &type);
    if (status != STATUS_OK)
        return status;
    listener->is_wildcard = memcmp(bound.bytes, zeros, sizeof zeros) == 0;
    return evloop_add(udp->loop, &listener->source, fd, udp->is_held ? 0 : EPOLLIN, ready,
                      listener);
}

void
udp_hold(struct udp *udp, bool holds)
{
    udp->is_held = holds;
    for (uint32_t i = 0; i < udp->count; i++) {
        udp->listeners[i].is_ready = false;
        evloop_want(udp->loop, &udp->listeners[i].source, holds ? 0 : EPOLLIN);
    }
}

void
udp_stop(struct udp *udp)
{
    udp_hold(udp, true);
}

/* The address that was asked, from the message's control data. */
static void
get_local(struct msghdr *header, struct addr *local)
{
    *local = (struct addr){0};
    for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c != NULL; c = CMSG_NXTHDR(header, c)) {
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(c), sizeof info);
            local->family = ADDR_IPV4;
            memcpy(local->bytes, &info.ipi_spec_dst, 4);
        } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo info;
            memcpy(&info, CMSG_DATA(c), sizeof info);
            local->family = ADDR_IPV6;
            memcpy(local->bytes, &info.ipi6_addr, 16);
            if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr)) /* else the route decides */
                local->scope = info.ipi6_ifindex;
        }
    }
}

/* Receive one batch. @return false: there was nothing */
static bool
receive(struct udp *udp, int fd)
{
    struct udp_received *received = udp->received;
    for (uint32_t i = 0; i < udp->received_count; i++)
        reset_sizes(&received->headers[i], &received->slots[i]);
    int count = sys_recvmmsg(fd, received->headers, UDP_BATCH, MSG_DONTWAIT);
    udp->taken = 0;
    udp->received_count = count > 0 ? (uint32_t)count : 0; /* or an ICMP error, consumed now */
    stats_add(udp->stats, STAT_UDP_QUERIES, udp->received_count);
    return udp->received_count > 0;
}

/* @return false: no listener has more for this turn */
static bool
next_batch(struct udp *udp)
{
    for (; udp->reading < udp->count; udp->reading++, udp->batches = 0) {
        struct udp_listener *listener = &udp->listeners[udp->reading];
        bool was_full = udp->batches == 0 || udp->received_count == UDP_BATCH;
        if (!listener->is_ready)
            continue;
        if (was_full && udp->batches++ < UDP_BATCHES && receive(udp, listener->source.fd))
            return true;
        listener->is_ready = false;
    }
    udp->reading = 0;
    return false;
}

bool
udp_next(struct udp *udp, struct query_client *client, const uint8_t **message, size_t *size)
{
    if (udp->taken == udp->received_count && !next_batch(udp))
        return false;
    uint32_t at = udp->taken++;
    struct msghdr *header = &udp->received->headers[at].msg_hdr;
    const struct udp_listener *listener = &udp->listeners[udp->reading];
    client->transport = QUERY_UDP;
    client->balancer.family = ADDR_NONE;
    client->listener = (uint8_t)udp->reading;
    if (addr_from_socket(header->msg_name, header->msg_namelen, &client->addr) != STATUS_OK)
        client->addr = (struct addr){0};
    if (listener->is_wildcard)
        get_local(header, &client->local);
    else
        client->local.family = ADDR_NONE;
    *message = udp->received->slots[at].part.iov_base;
    *size = udp->received->headers[at].msg_len;
    return true;
}

/* --- sending --------------------------------------------------------------------------------- */

static void
put_local(struct msghdr *header, struct udp_control *control, const struct addr *local)
{
    bool v4 = local->family == ADDR_IPV4;
    size_t size = v4 ? sizeof(struct in_pktinfo) : sizeof(struct in6_pktinfo);
    header->msg_control = control->bytes;
    header->msg_controllen = CMSG_SPACE(size);
    struct cmsghdr *c = CMSG_FIRSTHDR(header);
    c->cmsg_level = v4 ? IPPROTO_IP : IPPROTO_IPV6;
    c->cmsg_type = v4 ? IP_PKTINFO : IPV6_PKTINFO;
    c->cmsg_len = CMSG_LEN(size);
    if (v4) {
        struct in_pktinfo info = {0};
        memcpy(&info.ipi_spec_dst, local->bytes, 4);
        memcpy(CMSG_DATA(c), &info, sizeof info);
    } else {
        struct in6_pktinfo info = {.ipi6_ifindex = local->scope};
        memcpy(&info.ipi6_addr, local->bytes, 16);
        memcpy(CMSG_DATA(c), &info, sizeof info);
    }
}

bool
udp_is_full(const struct udp *udp, uint32_t listener)
{
    return udp->listeners[listener].sending->count == UDP_BATCH;
}

uint32_t
udp_waiting(const struct udp *udp, uint32_t listener)
{
    return udp->listeners[listener].sending->count;
}

uint8_t *
udp_room(struct udp *udp, uint32_t listener)
{
    struct udp_sending *sending = udp->listeners[listener].sending;
    return sending->messages[sending->count];
}

void
udp_send(struct udp *udp, const struct query_client *client, size_t size, enum why why)
{
    struct udp_sending *sending = udp->listeners[client->listener].sending;
    uint32_t at = sending->count++;
    struct mmsghdr *header = &sending->headers[at];
    struct udp_slot *slot = &sending->slots[at];
    fill_header(header, slot, sending->messages[at], size);
    const struct addr *to =
        client->balancer.family != ADDR_NONE ? &client->balancer : &client->addr;
    header->msg_hdr.msg_namelen = addr_to_socket(to, &slot->name);
    header->msg_hdr.msg_control = NULL;
    header->msg_hdr.msg_controllen = 0;
    if (client->local.family != ADDR_NONE)
        put_local(&header->msg_hdr, &slot->control, &client->local);
    sending->why[at] = (uint8_t)why;
}

/* A message that the kernel does not take is lost; one bad address must not cost the others. */
uint32_t
udp_flush(struct udp *udp, uint32_t listener, uint8_t why[UDP_BATCH])
{
    struct udp_sending *sending = udp->listeners[listener].sending;
    uint32_t count = sending->count;
    memcpy(why, sending->why, count);
    for (uint32_t at = 0; at < count;) {
        int sent = sys_sendmmsg(udp->listeners[listener].source.fd, &sending->headers[at],
                                count - at, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        uint32_t gone = sent > 0 ? (uint32_t)sent : 0;
        stats_add(udp->stats, STAT_UDP_ANSWERS, gone);
        at += gone;
        /* no room: the others go the same way; another error belongs to one message */
        uint32_t lost = gone > 0 ? 0 : errno == EAGAIN ? count - at : 1;
        memset(why + at, WHY_SEND_FAILED, lost);
        at += lost;
    }
    sending->count = 0;
    return count;
}
