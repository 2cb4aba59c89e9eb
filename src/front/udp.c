/* udp.c - see udp.h
 * SPDX-License-Identifier: ISC
 */
#include "front/udp.h"

#include "front/admit.h"
#include "front/deliver.h"
#include "front/front.h"
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
udp_reserve(struct front *front)
{
    struct udp *udp = &front->udp;
    uint32_t listeners = front->config->listen_count;
    struct udp_sending *sending = memory_reserve(listeners * sizeof *sending);
    udp->received = memory_reserve(sizeof *udp->received);
    if (sending == NULL || udp->received == NULL)
        log_fatal("no memory for UDP batches");
    for (uint32_t i = 0; i < UDP_BATCH; i++) {
        fill_header(&udp->received->headers[i], &udp->received->slots[i],
                    udp->received->messages[i], UDP_RECEIVED_MAX);
        reset_sizes(&udp->received->headers[i], &udp->received->slots[i]);
    }
    for (uint32_t i = 0; i < CONFIG_LISTEN_MAX; i++)
        udp->listeners[i] = (struct udp_listener){
            .source.fd = -1,
            .front = front,
            .sending = i < listeners ? &sending[i] : NULL,
            .index = (uint8_t)i,
        };
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

static void
take_message(struct udp_listener *listener, struct mmsghdr *header, const uint8_t *message)
{
    struct front *front = listener->front;
    struct query *draft = query_draft(&front->queries);
    struct query_client *client = &draft->client;
    client->transport = QUERY_UDP;
    client->listener = listener->index;
    if (sock_to_addr(header->msg_hdr.msg_name, header->msg_hdr.msg_namelen, &client->addr) !=
        STATUS_OK) {
        deliver_drop(front, draft, WHY_MARTIAN);
        return;
    }
    if (listener->is_wildcard)
        get_local(&header->msg_hdr, &client->local);
    else
        client->local.family = ADDR_NONE;
    draft->arrived_us = front->loop.now_us;
    admit_message(front, draft, message, header->msg_len);
}

/* @return messages taken, 0 if there were none. */
static uint32_t
take_batch(struct udp_listener *listener)
{
    struct udp_received *received = listener->front->udp.received;
    int count = sys_recvmmsg(listener->source.fd, received->headers, UDP_BATCH, MSG_DONTWAIT);
    if (count <= 0) /* nothing there, or an ICMP error that is now consumed */
        return 0;
    stats_add(listener->front->stats, STAT_UDP_QUERIES, (uint64_t)count);
    for (int i = 0; i < count; i++) {
        take_message(listener, &received->headers[i], received->messages[i]);
        reset_sizes(&received->headers[i], &received->slots[i]);
    }
    return (uint32_t)count;
}

static void
ready(struct ev_source *source, uint32_t events)
{
    (void)events;
    struct udp_listener *listener = source->owner;
    for (int i = 0; i < UDP_BATCHES; i++)
        if (take_batch(listener) < UDP_BATCH)
            return;
}

enum status
udp_listen(struct front *front, uint32_t index, int fd)
{
    static const uint8_t zeros[16];
    struct udp_listener *listener = &front->udp.listeners[index];
    struct addr bound;
    int type;
    enum status status = sock_bound(fd, &bound, &type);
    if (status != STATUS_OK)
        return status;
    listener->is_wildcard = memcmp(bound.bytes, zeros, sizeof zeros) == 0;
    return evloop_add(&front->loop, &listener->source, fd, EPOLLIN, ready, listener);
}

void
udp_stop(struct front *front)
{
    for (uint32_t i = 0; i < front->config->listen_count; i++)
        evloop_want(&front->loop, &front->udp.listeners[i].source, 0);
}

/* A message that the kernel does not take is lost; one bad address must not cost the others. */
static void
flush(struct udp_listener *listener)
{
    struct udp_sending *sending = listener->sending;
    struct front *front = listener->front;
    for (uint32_t at = 0; at < sending->count;) {
        int sent = sys_sendmmsg(listener->source.fd, &sending->headers[at], sending->count - at,
                                MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        uint32_t gone = sent > 0 ? (uint32_t)sent : 0;
        for (uint32_t i = at; i < at + gone; i++)
            deliver_count(front, sending->why[i]);
        stats_add(front->stats, STAT_UDP_ANSWERS, gone);
        at += gone;
        /* no room: the rest goes the same way; another error belongs to one message */
        uint32_t lost = gone > 0 ? 0 : errno == EAGAIN ? sending->count - at : 1;
        for (uint32_t i = 0; i < lost; i++)
            deliver_count(front, WHY_SEND_FAILED);
        at += lost;
    }
    sending->count = 0;
}

uint8_t *
udp_room(struct front *front, const struct query_client *client)
{
    struct udp_listener *listener = &front->udp.listeners[client->listener];
    if (listener->sending->count == UDP_BATCH)
        flush(listener);
    return listener->sending->messages[listener->sending->count];
}

void
udp_send(struct front *front, const struct query_client *client, size_t size, enum why why)
{
    struct udp_sending *sending = front->udp.listeners[client->listener].sending;
    uint32_t at = sending->count++;
    struct mmsghdr *header = &sending->headers[at];
    struct udp_slot *slot = &sending->slots[at];
    fill_header(header, slot, sending->messages[at], size);
    header->msg_hdr.msg_namelen = sock_from_addr(&client->addr, &slot->name);
    header->msg_hdr.msg_control = NULL;
    header->msg_hdr.msg_controllen = 0;
    if (client->local.family != ADDR_NONE)
        put_local(&header->msg_hdr, &slot->control, &client->local);
    sending->why[at] = (uint8_t)why;
}

void
udp_flush(struct front *front)
{
    for (uint32_t i = 0; i < front->config->listen_count; i++)
        if (front->udp.listeners[i].sending->count > 0)
            flush(&front->udp.listeners[i]);
}
