/* tcp_accept.c - see tcp_accept.h
 * SPDX-License-Identifier: ISC
 */
#include "front/tcp_accept.h"

#include "front/tcp_greeting.h"
#include "front/tcp_table.h"
#include "os/log.h"
#include "os/memory.h"
#include "os/sock.h"
#include "os/sys.h"

#include <errno.h>

/* An octet of the pacer's is a connection here, and none waits for its time. Of a network: the
 * second length, if there are several. */
static struct pacer_config
arrivals_config(const struct tcp *tcp)
{
    const struct addr_lengths *set = &tcp->parts.rate->set;
    uint8_t lengths[2];
    for (unsigned family = 0; family < 2; family++)
        lengths[family] =
            set->lengths[family][set->counts[family] > 1 ? set->counts[family] - 2 : 0];
    return (struct pacer_config){.ipv4_length = lengths[0],
                                 .ipv6_length = lengths[1],
                                 .rate_octets_per_s = tcp->config->tcp_new_per_s,
                                 .burst_octets = tcp->config->tcp_new_per_s * TCP_NEW_BURST_S};
}

static void *
reserve(size_t bytes)
{
    void *memory = memory_reserve(bytes);
    if (memory == NULL)
        log_fatal("cannot reserve memory to count TCP connections");
    return memory;
}

void
tcp_accept_reserve(struct tcp *tcp)
{
    const struct rate *rate = tcp->parts.rate;
    struct networks *networks = &tcp->networks;
    struct pacer_config config = arrivals_config(tcp);
    uint32_t count =
        crowd_networks_for(tcp->count + TCP_PARKED + TCP_GREETINGS + 1); /* and a newcomer */
    crowd_networks_init(networks, reserve(crowd_networks_bytes(count)), count);
    crowd_init(&tcp->held, networks, reserve(crowd_memory_bytes(tcp->count, networks)));
    crowd_init(&tcp->park.held, networks, reserve(crowd_memory_bytes(TCP_PARKED, networks)));
    tcp_greeting_reserve(tcp);
    if (pacer_init(&tcp->arrivals, &config, reserve(LIMITER_MEMORY_BYTES(TCP_NETWORKS)),
                   TCP_NETWORKS, rate->set.key) != STATUS_OK)
        log_fatal("the rate of new TCP connections in the configuration cannot be used");
    rate_bounds(rate, tcp->config->tcp_per_prefix, tcp->held.bounds);
    for (uint32_t i = 0; i < CONFIG_LISTEN_MAX; i++)
        tcp->listeners[i] =
            (struct tcp_listener){.source.fd = -1, .any_is_ready = &tcp->has_arrivals};
}

void
tcp_accept_change(struct tcp *tcp)
{
    struct pacer_config config = arrivals_config(tcp);
    if (pacer_reload(&tcp->arrivals, &config) != STATUS_OK)
        log_fatal("the rate of new TCP connections in the configuration cannot be used");
    rate_bounds(tcp->parts.rate, tcp->config->tcp_per_prefix, tcp->held.bounds);
}

static void
set_accepting(struct tcp *tcp, bool accepts)
{
    accepts = accepts && !tcp->is_held && !tcp->is_stopped;
    for (uint32_t i = 0; i < tcp->config->listen_count; i++)
        evloop_want(tcp->parts.loop, &tcp->listeners[i].source, accepts ? EPOLLIN : 0);
}

/* --- a connection comes ---------------------------------------------------------------------- */

static void
refuse(struct tcp *tcp, int fd)
{
    stats_add(tcp->parts.stats, STAT_TCP_REFUSED, 1);
    sys_close(fd);
}

/* A client that may not ask costs no slot. */
static bool
may_ask(struct tcp *tcp, const struct tcp_parked *newcomer, const struct clock_time *now)
{
    struct query_client client = {
        .addr = newcomer->addr,
        .transport = newcomer->is_datagram ? QUERY_UDP : QUERY_TCP, /* where it was a client's */
        .listener = newcomer->listener};
    struct verdict verdict;
    return source_pass(tcp->parts.source, &client, "connection", now, &verdict);
}

/* @return a leaf for one crowd_network_release() */
static uint32_t
network_of(struct tcp *tcp, const struct addr *addr)
{
    const struct rate *rate = tcp->parts.rate;
    struct addr_keys keys = {0};
    struct query_client client = {.addr = *addr,
                                  .payer = rate_is_exempt(rate, addr) ? RATE_EXEMPT : RATE_PROVEN};
    return rate_network(rate, &tcp->networks, NETWORKS_ROOT, &client, &keys);
}

static bool
is_within_rate(struct tcp *tcp, const struct addr *addr, const struct clock_time *now)
{
    uint32_t wait_ms;
    return rate_is_exempt(tcp->parts.rate, addr) ||
           pacer_take(&tcp->arrivals, addr, 1, now->now_ms, &wait_ms) == PACER_NOW;
}

static bool
let_in(struct tcp *tcp, const struct tcp_parked *newcomer, uint32_t leaf,
       const struct clock_time *now, struct query_client *gone)
{
    struct tcp_connection *c = tcp_table_open(tcp, newcomer->fd, &newcomer->addr, leaf, now, gone);
    if (c == NULL)
        return false;
    c->listener = newcomer->listener;
    c->is_datagram = newcomer->is_datagram;
    c->balancer = newcomer->balancer;
    stats_add(tcp->parts.stats, STAT_TCP_ACCEPTED, 1);
    return true;
}

/* --- connections wait ------------------------------------------------------------------------ */

/* Take it out of its place; its descriptor is the caller's. */
static void
unpark(struct tcp *tcp, uint32_t index)
{
    struct tcp_park *park = &tcp->park;
    list_remove(&park->order, LIST_TABLE(park->slots, links), index);
    crowd_network_release(&tcp->networks, crowd_give(&park->held, index));
    park->slots[index] = (struct tcp_parked){0};
    list_push_first(&park->free, LIST_TABLE(park->slots, links), index);
    park->count--;
}

static void
refuse_parked(struct tcp *tcp, uint32_t index)
{
    refuse(tcp, tcp->park.slots[index].fd);
    unpark(tcp, index);
}

/* A place for one more of this network; whichever has most parked gives one up. LIST_NONE: that is
 * itself */
static uint32_t
place_for(struct tcp *tcp, uint32_t leaf)
{
    struct tcp_park *park = &tcp->park;
    struct list_table links = LIST_TABLE(park->slots, links);
    if (list_first(&park->free) == LIST_NONE && park->touched < TCP_PARKED)
        return ++park->touched;
    if (list_first(&park->free) == LIST_NONE) {
        uint32_t most = crowd_most(&park->held, NETWORKS_ROOT, leaf);
        if (most != leaf)
            refuse_parked(tcp, crowd_last(&park->held, most, CROWD_A));
    }
    return list_pop(&park->free, links);
}

static void
park_it(struct tcp *tcp, const struct tcp_parked *newcomer, uint32_t leaf,
        const struct clock_time *now)
{
    struct tcp_park *park = &tcp->park;
    uint32_t index = place_for(tcp, leaf);
    if (index == LIST_NONE) {
        refuse(tcp, newcomer->fd);
        return;
    }
    park->slots[index] = *newcomer;
    list_push(&park->order, LIST_TABLE(park->slots, links), index);
    crowd_network_hold(&tcp->networks, leaf);
    crowd_take(&park->held, leaf, index, CROWD_A);
    if (park->count++ == 0)
        park->look_us = now->now_us + TCP_LOOK_MS * 1000;
    stats_add(tcp->parts.stats, STAT_TCP_PARKED, 1);
}

/* It leaves, one way or the other, if it is time. @return true: something was done that the caller
 * has to know of */
static bool
look_at(struct tcp *tcp, uint32_t index, const struct clock_time *now, struct query_client *gone)
{
    struct tcp_park *park = &tcp->park;
    struct tcp_parked *parked = &park->slots[index];
    if (parked->since_us + (uint64_t)TCP_PARKED_MS * 1000 <= now->now_us) {
        refuse_parked(tcp, index);
        return false;
    }
    parked->has_rate = parked->has_rate || is_within_rate(tcp, &parked->addr, now);
    if (parked->has_rate && let_in(tcp, parked, crowd_leaf(&park->held, index), now, gone))
        unpark(tcp, index);
    return gone->connection != 0;
}

/* First come first served, as far as each may come now. */
bool
tcp_accept_next_parked(struct tcp *tcp, const struct clock_time *now, struct query_client *gone)
{
    struct tcp_park *park = &tcp->park;
    gone->connection = 0;
    if (park->count == 0 || park->look_us > now->now_us)
        return false;
    if (park->look_at == LIST_NONE)
        park->look_at = list_first(&park->order);
    while (park->look_at != LIST_NONE) {
        uint32_t index = park->look_at;
        park->look_at = list_next(&park->order, LIST_TABLE(park->slots, links), index);
        if (look_at(tcp, index, now, gone))
            return true;
    }
    park->look_us = now->now_us + TCP_LOOK_MS * 1000;
    return false;
}

/* --- listeners ------------------------------------------------------------------------------- */

static void
take_connection(struct tcp *tcp, struct tcp_parked *newcomer, const struct clock_time *now,
                struct query_client *gone)
{
    uint32_t leaf = network_of(tcp, &newcomer->addr);
    bool is_next = crowd_held(&tcp->park.held, leaf) == 0; /* none of its own was before it */
    newcomer->has_rate = is_next && is_within_rate(tcp, &newcomer->addr, now);
    if (!newcomer->has_rate || !let_in(tcp, newcomer, leaf, now, gone))
        park_it(tcp, newcomer, leaf, now);
    crowd_network_release(&tcp->networks, leaf);
}

/* Whose client is known. */
static void
take_newcomer(struct tcp *tcp, struct tcp_parked *newcomer, const struct clock_time *now,
              struct query_client *gone)
{
    if (may_ask(tcp, newcomer, now))
        take_connection(tcp, newcomer, now, gone);
    else
        refuse(tcp, newcomer->fd);
}

static void
greet(struct tcp *tcp, const struct tcp_parked *accepted)
{
    uint32_t leaf = network_of(tcp, &accepted->addr);
    tcp_greeting_begin(tcp, accepted, leaf);
    crowd_network_release(&tcp->networks, leaf);
}

/* @return false: none is there, or none can be accepted now */
static bool
accept_one(struct tcp *tcp, uint32_t listener, const struct clock_time *now,
           struct query_client *gone)
{
    struct sockaddr_storage from;
    socklen_t size = sizeof from;
    int fd = sys_accept4(tcp->listeners[listener].source.fd, (struct sockaddr *)&from, &size,
                         SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        struct tcp_parked newcomer = {
            .fd = fd, .listener = (uint8_t)listener, .since_us = now->now_us};
        if (addr_from_socket((const struct sockaddr *)&from, size, &newcomer.addr) != STATUS_OK)
            refuse(tcp, fd);
        else if (balancers_has(tcp->parts.balancers, &newcomer.addr))
            greet(tcp, &newcomer);
        else
            take_newcomer(tcp, &newcomer, now, gone);
        return true;
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        /* the connection stays in the backlog and would wake us at once */
        tcp->accept_again_us = now->now_us + TCP_PAUSE_MS * 1000;
        set_accepting(tcp, false);
        return false;
    }
    return errno != EAGAIN; /* else it ended before we came to it */
}

bool
tcp_accept_next(struct tcp *tcp, const struct clock_time *now, struct query_client *gone)
{
    gone->connection = 0;
    for (; tcp->accepting < tcp->config->listen_count; tcp->accepting++, tcp->accepted = 0) {
        struct tcp_listener *listener = &tcp->listeners[tcp->accepting];
        if (!listener->is_ready)
            continue;
        if (tcp->accepted++ < TCP_ACCEPT_BATCH && accept_one(tcp, tcp->accepting, now, gone))
            return true;
        listener->is_ready = false;
    }
    tcp->accepting = 0;
    struct tcp_parked newcomer;
    if (tcp_greeting_next(tcp, now, &newcomer)) {
        take_newcomer(tcp, &newcomer, now, gone);
        return true;
    }
    tcp->has_arrivals = false;
    return false;
}

static void
listener_ready(struct ev_source *source, uint32_t events)
{
    (void)events;
    struct tcp_listener *listener = source->owner;
    listener->is_ready = true;
    *listener->any_is_ready = true;
}

enum status
tcp_accept_listen(struct tcp *tcp, uint32_t index, int fd)
{
    struct tcp_listener *listener = &tcp->listeners[index];
    int send_bytes = TCP_SEND_BYTES, receive_bytes = TCP_RECEIVE_BYTES;
    /* each accepted connection inherits them; a client that does not read must not grow them */
    if (sys_setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send_bytes, sizeof send_bytes) != 0 ||
        sys_setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes) != 0)
        return STATUS_SYSTEM;
    return evloop_add(tcp->parts.loop, &listener->source, fd, tcp->is_held ? 0 : EPOLLIN,
                      listener_ready, listener);
}

void
tcp_accept_resume(struct tcp *tcp, const struct clock_time *now)
{
    if (tcp->accept_again_us == 0 || tcp->accept_again_us > now->now_us)
        return;
    tcp->accept_again_us = 0;
    set_accepting(tcp, true);
}

static void
forget_arrivals(struct tcp *tcp)
{
    for (uint32_t i = 0; i < tcp->config->listen_count; i++)
        tcp->listeners[i].is_ready = false;
}

void
tcp_accept_hold(struct tcp *tcp, bool holds)
{
    tcp->is_held = holds;
    set_accepting(tcp, tcp->accept_again_us == 0);
    forget_arrivals(tcp);
}

void
tcp_accept_stop(struct tcp *tcp)
{
    uint32_t first;
    set_accepting(tcp, false);
    forget_arrivals(tcp);
    while ((first = list_first(&tcp->park.order)) != LIST_NONE)
        refuse_parked(tcp, first);
    tcp_greeting_stop(tcp);
}

uint64_t
tcp_accept_deadline_us(const struct tcp *tcp)
{
    uint64_t earliest = tcp_greeting_deadline_us(tcp);
    if (tcp->accept_again_us != 0 && tcp->accept_again_us < earliest)
        earliest = tcp->accept_again_us;
    return tcp->park.count > 0 && tcp->park.look_us < earliest ? tcp->park.look_us : earliest;
}
