/* tcp_table.c - see tcp_table.h
 * SPDX-License-Identifier: ISC
 */
#include "front/tcp_table.h"

#include "front/tcp_output.h"

uint32_t
tcp_table_index(const struct tcp *tcp, const struct tcp_connection *c)
{
    return (uint32_t)(c - tcp->connections);
}

struct tcp_connection *
tcp_table_find(struct tcp *tcp, const struct query_client *client)
{
    struct tcp_connection *c = &tcp->connections[client->connection];
    return c->generation == client->connection_generation ? c : NULL;
}

struct query_client
tcp_table_client(const struct tcp *tcp, const struct tcp_connection *c)
{
    return (struct query_client){
        .addr = c->addr,
        .connection = tcp_table_index(tcp, c),
        .connection_generation = c->generation,
        .transport = QUERY_TCP,
        .listener = c->listener,
        .is_datagram = c->is_datagram,
    };
}

/* --- to settle ------------------------------------------------------------------------------- */

void
tcp_table_touch(struct tcp *tcp, struct tcp_connection *c)
{
    struct list_table touched = LIST_TABLE(tcp->connections, touch);
    uint32_t index = tcp_table_index(tcp, c);
    if (!list_has(touched, index))
        list_push(&tcp->to_settle, touched, index);
}

struct tcp_connection *
tcp_table_pop_touched(struct tcp *tcp)
{
    uint32_t index = list_pop(&tcp->to_settle, LIST_TABLE(tcp->connections, touch));
    return index != LIST_NONE ? &tcp->connections[index] : NULL;
}

/* --- timers ---------------------------------------------------------------------------------- */

static void
disarm(struct tcp *tcp, struct tcp_connection *c)
{
    if (c->timer == TCP_TIMER_NONE)
        return;
    list_remove(&tcp->timers[c->timer], LIST_TABLE(tcp->connections, timed),
                tcp_table_index(tcp, c));
    c->timer = TCP_TIMER_NONE;
}

uint32_t
tcp_table_idle_ms(const struct tcp *tcp)
{
    uint32_t count = tcp->count, whole = tcp->config->tcp_idle_ms;
    uint64_t left = 2 * (uint64_t)whole * (count - tcp->open) / count;
    uint32_t least = whole / TCP_IDLE_SHARE;
    return left >= whole ? whole : left > least ? (uint32_t)left : least;
}

/* Each kind of timer is as long for all at any moment, so a list in order of arming is one of
 * deadlines. */
static uint64_t
timer_us(const struct tcp *tcp, int timer)
{
    if (timer == TCP_TIMER_IDLE)
        return (uint64_t)tcp_table_idle_ms(tcp) * 1000;
    return (uint64_t)(timer == TCP_TIMER_MESSAGE ? tcp->config->tcp_message_ms : TCP_STALL_MS) *
           1000;
}

/* Idle ones stand in order of being idle, the others in order of having become busy. */
static void
set_list(struct tcp *tcp, const struct tcp_connection *c, enum crowd_list list)
{
    uint32_t index = tcp_table_index(tcp, c);
    if (list == CROWD_A || tcp->held.items[index].list != list)
        crowd_move(&tcp->held, index, list);
}

void
tcp_table_arm(struct tcp *tcp, struct tcp_connection *c, enum tcp_timer timer,
              const struct clock_time *now)
{
    disarm(tcp, c);
    set_list(tcp, c, timer == TCP_TIMER_IDLE ? CROWD_A : CROWD_B);
    if (timer == TCP_TIMER_NONE)
        return;
    c->timer = (uint8_t)timer;
    c->armed_us = now->now_us;
    list_push(&tcp->timers[timer], LIST_TABLE(tcp->connections, timed), tcp_table_index(tcp, c));
}

void
tcp_table_expire(struct tcp *tcp, const struct clock_time *now)
{
    static const enum stats_counter counted[TCP_TIMERS] = {STAT_TCP_IDLE, STAT_TCP_SLOW,
                                                           STAT_TCP_SLOW};
    for (int timer = 0; timer < TCP_TIMERS; timer++) {
        uint64_t us = timer_us(tcp, timer);
        uint32_t first;
        while ((first = list_first(&tcp->timers[timer])) != LIST_NONE &&
               tcp->connections[first].armed_us + us <= now->now_us) {
            stats_add(tcp->parts.stats, counted[timer], 1);
            tcp_table_doom(tcp, &tcp->connections[first]);
        }
    }
}

uint64_t
tcp_table_deadline_us(const struct tcp *tcp)
{
    uint64_t earliest = UINT64_MAX;
    for (int timer = 0; timer < TCP_TIMERS; timer++) {
        uint32_t first = list_first(&tcp->timers[timer]);
        if (first == LIST_NONE)
            continue;
        uint64_t due_us = tcp->connections[first].armed_us + timer_us(tcp, timer);
        earliest = due_us < earliest ? due_us : earliest;
    }
    return earliest;
}

void
tcp_table_doom(struct tcp *tcp, struct tcp_connection *c)
{
    c->is_doomed = true;
    disarm(tcp, c);
    tcp_output_give(tcp, c);
    tcp_table_touch(tcp, c);
}

/* --- which makes room ----------------------------------------------------------------------- */

static bool
is_settled(const struct tcp_connection *c, const struct clock_time *now)
{
    return c->armed_us + (uint64_t)TCP_SETTLED_MS * 1000 <= now->now_us;
}

/* The network of the shortest length around this one. */
static uint32_t
widest_of(const struct tcp *tcp, uint32_t leaf)
{
    uint32_t network = leaf, around;
    while ((around = NETWORKS_PARENT(&tcp->networks, network)) != NETWORKS_ROOT)
        network = around;
    return network;
}

static bool
is_within(const struct tcp *tcp, uint32_t leaf, uint32_t network)
{
    uint32_t around = leaf;
    while (around != network && around != NETWORKS_ROOT)
        around = NETWORKS_PARENT(&tcp->networks, around);
    return around == network;
}

/* No network holds more than the newcomer's would, but some connections are not in use. Of those
 * that have been idle longest: one whose network holds more, or one of the newcomer's own network
 * that has been idle for a while. NULL: there is none. */
static struct tcp_connection *
longest_idle(const struct tcp *tcp, uint32_t network, uint32_t leaf, const struct clock_time *now)
{
    const struct list *idle = &tcp->timers[TCP_TIMER_IDLE];
    struct tcp_connection *chosen = NULL;
    uint32_t own = widest_of(tcp, leaf), most = 0, i = list_first(idle);
    for (int looked = 0; i != LIST_NONE && looked < TCP_EVICT_LOOK; looked++) {
        struct tcp_connection *c = &tcp->connections[i];
        uint32_t holder = crowd_leaf(&tcp->held, i), widest = widest_of(tcp, holder);
        uint32_t holds = crowd_held(&tcp->held, widest);
        bool may_go = widest == own ? is_settled(c, now) : holds > crowd_held(&tcp->held, own);
        if (may_go && holds > most && is_within(tcp, holder, network)) {
            chosen = c;
            most = holds;
        }
        i = list_next(idle, LIST_TABLE(tcp->connections, timed), i);
    }
    return chosen;
}

/* Which connection of a network gives way to one more of `leaf`? NULL: none, now. */
static struct tcp_connection *
giving_way(const struct tcp *tcp, uint32_t network, uint32_t leaf, const struct clock_time *now)
{
    uint32_t most = crowd_most(&tcp->held, network, leaf);
    uint32_t idle = crowd_first(&tcp->held, most, CROWD_A);
    struct tcp_connection *c = &tcp->connections[idle];
    if (most == leaf) /* itself, if it has one that it does not use */
        return idle != CROWD_NONE && is_settled(c, now) ? c : longest_idle(tcp, network, leaf, now);
    return idle != CROWD_NONE ? c : &tcp->connections[crowd_last(&tcp->held, most, CROWD_B)];
}

/* @param gone  written if queries wait on it */
static bool
evict(struct tcp *tcp, struct tcp_connection *c, struct query_client *gone)
{
    if (c == NULL)
        return false;
    if (c->waiting > 0) {
        *gone = tcp_table_client(tcp, c);
        gone->payer = rate_is_exempt(tcp->parts.rate, &c->addr) ? RATE_EXEMPT : RATE_PROVEN;
    }
    tcp_table_close(tcp, c);
    stats_add(tcp->parts.stats, STAT_TCP_EVICTED, 1);
    return true;
}

/* Put a slot that was never used into the free list, if there is none. */
static bool
has_free(struct tcp *tcp)
{
    if (list_first(&tcp->free) == LIST_NONE && tcp->touched < tcp->count)
        list_push_first(&tcp->free, LIST_TABLE(tcp->connections, timed), ++tcp->touched);
    return list_first(&tcp->free) != LIST_NONE;
}

static bool
make_room(struct tcp *tcp, uint32_t leaf, const struct clock_time *now, struct query_client *gone)
{
    uint32_t full = crowd_full(&tcp->held, leaf);
    if (full != NETWORKS_ROOT && !evict(tcp, giving_way(tcp, full, leaf, now), gone))
        return false;
    return has_free(tcp) || evict(tcp, giving_way(tcp, NETWORKS_ROOT, leaf, now), gone);
}

struct tcp_connection *
tcp_table_open(struct tcp *tcp, int fd, const struct addr *addr, uint32_t leaf,
               const struct clock_time *now, struct query_client *gone)
{
    gone->connection = 0;
    if (!make_room(tcp, leaf, now, gone))
        return NULL;
    struct tcp_connection *c = &tcp->connections[list_first(&tcp->free)];
    if (evloop_add(tcp->parts.loop, &c->source, fd, EPOLLIN, tcp->ready, c) != STATUS_OK)
        return NULL;
    (void)list_pop(&tcp->free, LIST_TABLE(tcp->connections, timed));
    *c = (struct tcp_connection){
        .source = c->source,
        .tcp = tcp,
        .addr = *addr,
        .generation = c->generation + 1,
        .timer = TCP_TIMER_NONE,
    };
    crowd_network_hold(&tcp->networks, leaf);
    crowd_take(&tcp->held, leaf, tcp_table_index(tcp, c), CROWD_A);
    tcp_table_arm(tcp, c, TCP_TIMER_IDLE, now);
    stats_set(tcp->parts.stats, STAT_TCP_CLIENTS, ++tcp->open);
    return c;
}

void
tcp_table_close(struct tcp *tcp, struct tcp_connection *c)
{
    uint32_t index = tcp_table_index(tcp, c);
    if (c->generation % 2 == 0)
        return;
    disarm(tcp, c);
    list_remove(&tcp->to_read, LIST_TABLE(tcp->connections, read), index);
    list_remove(&tcp->to_settle, LIST_TABLE(tcp->connections, touch), index);
    tcp_output_give(tcp, c);
    crowd_network_release(&tcp->networks, crowd_give(&tcp->held, index));
    memset(tcp->inputs[index], 0, c->input_most);
    memset(&c->addr, 0, sizeof c->addr);
    evloop_remove(tcp->parts.loop, &c->source, true);
    c->generation++;
    list_push_first(&tcp->free, LIST_TABLE(tcp->connections, timed), index);
    stats_set(tcp->parts.stats, STAT_TCP_CLIENTS, --tcp->open);
}
