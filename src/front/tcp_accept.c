/* tcp_accept.c - see tcp_accept.h
 * SPDX-License-Identifier: ISC
 */
#include "front/tcp_accept.h"

#include "front/front.h"
#include "front/tcp_table.h"
#include "os/log.h"
#include "os/memory.h"
#include "os/sock.h"
#include "os/sys.h"

#include <errno.h>

/* An octet of the pacer's is a connection here, and none waits for its time. Of a network: the
 * second length, if there are several. */
static struct pacer_config
arrivals_config(const struct front *front)
{
    const struct prefix_set *set = &front->limit.networks;
    uint8_t lengths[2];
    for (unsigned family = 0; family < 2; family++)
        lengths[family] =
            set->lengths[family][set->counts[family] > 1 ? set->counts[family] - 2 : 0];
    return (struct pacer_config){.ipv4_length = lengths[0],
                                 .ipv6_length = lengths[1],
                                 .rate_octets_per_s = front->config->tcp_new_per_s,
                                 .burst_octets = front->config->tcp_new_per_s * TCP_NEW_BURST_S};
}

static void *
reserve(size_t bytes)
{
    void *memory = memory_reserve(bytes);
    if (memory == NULL)
        log_fatal("no memory to count TCP connections");
    return memory;
}

void
tcp_accept_reserve(struct front *front)
{
    struct tcp *tcp = &front->tcp;
    struct networks *networks = &tcp->networks;
    struct pacer_config config = arrivals_config(front);
    uint32_t count = networks_for(tcp->count + TCP_PARKED + 1); /* and a newcomer */
    networks_init(networks, reserve(networks_memory_bytes(count)), count);
    crowd_init(&tcp->held, networks, reserve(crowd_memory_bytes(tcp->count, networks)));
    crowd_init(&tcp->park.held, networks, reserve(crowd_memory_bytes(TCP_PARKED, networks)));
    if (pacer_init(&tcp->arrivals, &config, reserve(BUCKETS_MEMORY_BYTES(TCP_NETWORKS)),
                   TCP_NETWORKS, front->limit.networks.key) != STATUS_OK)
        log_fatal("the rate of new TCP connections is not sound");
    limit_bounds(front, front->config->tcp_per_prefix, tcp->held.bounds);
    for (uint32_t i = 0; i < CONFIG_LISTEN_MAX; i++)
        tcp->listeners[i] =
            (struct tcp_listener){.source.fd = -1, .front = front, .index = (uint8_t)i};
}

void
tcp_change(struct front *front)
{
    struct pacer_config config = arrivals_config(front);
    if (pacer_reload(&front->tcp.arrivals, &config) != STATUS_OK)
        log_fatal("the rate of new TCP connections is not sound");
    limit_bounds(front, front->config->tcp_per_prefix, front->tcp.held.bounds);
}

static void
set_accepting(struct front *front, bool accepts)
{
    for (uint32_t i = 0; i < front->config->listen_count; i++)
        evloop_want(&front->loop, &front->tcp.listeners[i].source, accepts ? EPOLLIN : 0);
}

/* --- who comes --- */

static void
refuse(struct front *front, int fd)
{
    stats_add(front->stats, STAT_TCP_REFUSED, 1);
    sys_close(fd);
}

/* Who may not ask costs no slot. */
static bool
may_ask(struct front *front, uint8_t listener, const struct addr *addr)
{
    struct query_client client = {.addr = *addr, .transport = QUERY_TCP, .listener = listener};
    if (limit_is_martian(front, &client))
        return false;
    if (acl_allows(&front->acl, addr))
        return true;
    limit_tell_denied(front, addr, "connection");
    return false;
}

/* @return a leaf for one networks_release() */
static uint32_t
network_of(struct front *front, const struct addr *addr)
{
    struct prefix_keys keys = {0};
    struct query_client client = {
        .addr = *addr, .payer = limit_is_exempt(front, addr) ? LIMIT_EXEMPT : LIMIT_PROVEN};
    return limit_network(front, &front->tcp.networks, &client, &keys);
}

static bool
is_within_rate(struct front *front, const struct addr *addr)
{
    uint32_t wait_ms;
    return limit_is_exempt(front, addr) ||
           pacer_take(&front->tcp.arrivals, addr, 1, front_now_ms(front), &wait_ms) == PACER_NOW;
}

static bool
let_in(struct front *front, const struct tcp_parked *newcomer, uint32_t leaf)
{
    struct tcp_connection *c = tcp_table_open(front, newcomer->fd, &newcomer->addr, leaf);
    if (c == NULL)
        return false;
    c->listener = newcomer->listener;
    stats_add(front->stats, STAT_TCP_ACCEPTED, 1);
    return true;
}

/* --- who waits --- */

/* Take it out of its place; its descriptor is the caller's. */
static void
unpark(struct front *front, uint32_t index)
{
    struct tcp_park *park = &front->tcp.park;
    struct tcp_parked *parked = &park->slots[index];
    *(parked->previous != 0 ? &park->slots[parked->previous].next : &park->first) = parked->next;
    *(parked->next != 0 ? &park->slots[parked->next].previous : &park->last) = parked->previous;
    networks_release(&front->tcp.networks, crowd_give(&park->held, index));
    *parked = (struct tcp_parked){.next = park->free};
    park->free = index;
    park->count--;
}

static void
refuse_parked(struct front *front, uint32_t index)
{
    refuse(front, front->tcp.park.slots[index].fd);
    unpark(front, index);
}

/* A place for one more of this network; whoever has most parked gives one up. 0: that is itself */
static uint32_t
place_for(struct front *front, uint32_t leaf)
{
    struct tcp_park *park = &front->tcp.park;
    if (park->free == 0 && park->touched < TCP_PARKED)
        park->free = ++park->touched;
    if (park->free == 0) {
        uint32_t most = crowd_most(&park->held, NETWORKS_ROOT, leaf);
        if (most != leaf)
            refuse_parked(front, crowd_last(&park->held, most, CROWD_A));
    }
    uint32_t index = park->free;
    park->free = park->slots[index].next; /* [0] links to itself */
    return index;
}

static void
park_it(struct front *front, const struct tcp_parked *newcomer, uint32_t leaf)
{
    struct tcp_park *park = &front->tcp.park;
    uint32_t index = place_for(front, leaf);
    if (index == 0) {
        refuse(front, newcomer->fd);
        return;
    }
    struct tcp_parked *parked = &park->slots[index];
    *parked = *newcomer;
    parked->previous = park->last;
    *(park->last != 0 ? &park->slots[park->last].next : &park->first) = index;
    park->last = index;
    networks_hold(&front->tcp.networks, leaf);
    crowd_take(&park->held, leaf, index, CROWD_A);
    if (park->count++ == 0)
        park->look_us = front->loop.now_us + TCP_LOOK_MS * 1000;
    stats_add(front->stats, STAT_TCP_PARKED, 1);
}

/* First come first served, as far as each may come now. */
static void
look_at_parked(struct front *front)
{
    struct tcp_park *park = &front->tcp.park;
    uint64_t now_us = front->loop.now_us;
    if (park->count == 0 || park->look_us > now_us)
        return;
    for (uint32_t index = park->first, next; index != 0; index = next) {
        struct tcp_parked *parked = &park->slots[index];
        next = parked->next;
        if (parked->since_us + (uint64_t)TCP_PARKED_MS * 1000 <= now_us) {
            refuse_parked(front, index);
            continue;
        }
        parked->has_rate = parked->has_rate || is_within_rate(front, &parked->addr);
        if (parked->has_rate && let_in(front, parked, crowd_leaf(&park->held, index)))
            unpark(front, index);
    }
    park->look_us = now_us + TCP_LOOK_MS * 1000;
}

/* --- listeners --- */

static void
take_connection(struct tcp_listener *listener, int fd, const struct sockaddr_storage *from,
                socklen_t size)
{
    struct front *front = listener->front;
    struct tcp_parked newcomer = {
        .fd = fd, .listener = listener->index, .since_us = front->loop.now_us};
    if (sock_to_addr((const struct sockaddr *)from, size, &newcomer.addr) != STATUS_OK ||
        !may_ask(front, listener->index, &newcomer.addr)) {
        refuse(front, fd);
        return;
    }
    uint32_t leaf = network_of(front, &newcomer.addr);
    bool is_next = crowd_held(&front->tcp.park.held, leaf) == 0; /* nobody of its own was before */
    newcomer.has_rate = is_next && is_within_rate(front, &newcomer.addr);
    if (!newcomer.has_rate || !let_in(front, &newcomer, leaf))
        park_it(front, &newcomer, leaf);
    networks_release(&front->tcp.networks, leaf);
}

static void
listener_ready(struct ev_source *source, uint32_t events)
{
    (void)events;
    struct tcp_listener *listener = source->owner;
    struct front *front = listener->front;
    for (int i = 0; i < TCP_ACCEPT_BATCH; i++) {
        struct sockaddr_storage from;
        socklen_t size = sizeof from;
        int fd =
            sys_accept4(source->fd, (struct sockaddr *)&from, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            take_connection(listener, fd, &from, size);
        } else if (errno == EAGAIN) {
            return;
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            /* the connection stays in the backlog and would wake us at once */
            front->tcp.accept_again_us = front->loop.now_us + TCP_PAUSE_MS * 1000;
            set_accepting(front, false);
            return;
        } /* else: it ended before we came to it */
    }
}

enum status
tcp_listen(struct front *front, uint32_t index, int fd)
{
    struct tcp_listener *listener = &front->tcp.listeners[index];
    int send_bytes = TCP_SEND_BYTES, receive_bytes = TCP_RECEIVE_BYTES;
    /* each accepted connection inherits them; a client that does not read must not grow them */
    if (sys_setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send_bytes, sizeof send_bytes) != 0 ||
        sys_setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes) != 0)
        return STATUS_SYSTEM;
    return evloop_add(&front->loop, &listener->source, fd, EPOLLIN, listener_ready, listener);
}

void
tcp_resume(struct front *front)
{
    struct tcp *tcp = &front->tcp;
    look_at_parked(front);
    if (tcp->accept_again_us == 0 || tcp->accept_again_us > front->loop.now_us)
        return;
    tcp->accept_again_us = 0;
    set_accepting(front, front->stop_us == 0);
}

void
tcp_accept_stop(struct front *front)
{
    set_accepting(front, false);
    while (front->tcp.park.first != 0)
        refuse_parked(front, front->tcp.park.first);
}
