/* tcp_table.c - see tcp_table.h
 * SPDX-License-Identifier: ISC
 */
#include "front/tcp_table.h"

#include "front/front.h"
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

void
tcp_table_touch(struct tcp *tcp, struct tcp_connection *c)
{
    if (c->is_touched)
        return;
    c->is_touched = true;
    c->touched_next = tcp->to_settle;
    tcp->to_settle = tcp_table_index(tcp, c);
}

struct tcp_connection *
tcp_table_pop_touched(struct tcp *tcp)
{
    if (tcp->to_settle == 0)
        return NULL;
    struct tcp_connection *c = &tcp->connections[tcp->to_settle];
    tcp->to_settle = c->touched_next;
    c->is_touched = false;
    return c;
}

static void
disarm(struct tcp *tcp, struct tcp_connection *c)
{
    if (c->timer == TCP_TIMER_NONE)
        return;
    if (c->previous != 0)
        tcp->connections[c->previous].next = c->next;
    else
        tcp->timers[c->timer].first = c->next;
    if (c->next != 0)
        tcp->connections[c->next].previous = c->previous;
    else
        tcp->timers[c->timer].last = c->previous;
    c->previous = c->next = 0;
    c->timer = TCP_TIMER_NONE;
}

uint32_t
tcp_idle_ms(const struct front *front)
{
    uint32_t count = front->tcp.count, whole = front->config->tcp_idle_ms;
    uint64_t left = 2 * (uint64_t)whole * (count - front->tcp.open) / count;
    uint32_t least = whole / TCP_IDLE_SHARE;
    return left >= whole ? whole : left > least ? (uint32_t)left : least;
}

/* Each kind of timer is as long for all at any moment, so a list in order of arming is one of
 * deadlines. */
static uint64_t
timer_us(const struct front *front, int timer)
{
    if (timer == TCP_TIMER_IDLE)
        return (uint64_t)tcp_idle_ms(front) * 1000;
    return (uint64_t)(timer == TCP_TIMER_MESSAGE ? front->config->tcp_message_ms : TCP_STALL_MS) *
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
tcp_table_arm(struct front *front, struct tcp_connection *c, enum tcp_timer timer)
{
    struct tcp *tcp = &front->tcp;
    disarm(tcp, c);
    set_list(tcp, c, timer == TCP_TIMER_IDLE ? CROWD_A : CROWD_B);
    if (timer == TCP_TIMER_NONE)
        return;
    c->timer = (uint8_t)timer;
    c->armed_us = front->loop.now_us;
    c->previous = tcp->timers[timer].last;
    if (c->previous != 0)
        tcp->connections[c->previous].next = tcp_table_index(tcp, c);
    else
        tcp->timers[timer].first = tcp_table_index(tcp, c);
    tcp->timers[timer].last = tcp_table_index(tcp, c);
}

void
tcp_expire(struct front *front)
{
    static const enum stats_counter counted[TCP_TIMERS] = {STAT_TCP_IDLE, STAT_TCP_SLOW,
                                                           STAT_TCP_SLOW};
    struct tcp *tcp = &front->tcp;
    for (int timer = 0; timer < TCP_TIMERS; timer++) {
        uint64_t us = timer_us(front, timer);
        uint32_t first;
        while ((first = tcp->timers[timer].first) != 0 &&
               tcp->connections[first].armed_us + us <= front->loop.now_us) {
            stats_add(front->stats, counted[timer], 1);
            tcp_table_doom(front, &tcp->connections[first]);
        }
    }
}

uint64_t
tcp_deadline_us(const struct front *front)
{
    const struct tcp *tcp = &front->tcp;
    uint64_t earliest = tcp->accept_again_us != 0 ? tcp->accept_again_us : UINT64_MAX;
    if (tcp->park.count > 0 && tcp->park.look_us < earliest)
        earliest = tcp->park.look_us;
    for (int timer = 0; timer < TCP_TIMERS; timer++) {
        uint32_t first = tcp->timers[timer].first;
        if (first == 0)
            continue;
        uint64_t due_us = tcp->connections[first].armed_us + timer_us(front, timer);
        earliest = due_us < earliest ? due_us : earliest;
    }
    return earliest;
}

void
tcp_table_doom(struct front *front, struct tcp_connection *c)
{
    c->is_doomed = true;
    disarm(&front->tcp, c);
    tcp_output_give(front, c);
    tcp_table_touch(&front->tcp, c);
}

/* --- who makes room --- */

static bool
is_settled(const struct front *front, const struct tcp_connection *c)
{
    return c->armed_us + (uint64_t)TCP_SETTLED_MS * 1000 <= front->loop.now_us;
}

/* The network of the shortest length around this one. */
static uint32_t
widest_of(const struct tcp *tcp, uint32_t leaf)
{
    uint32_t network = leaf, around;
    while ((around = networks_parent(&tcp->networks, network)) != NETWORKS_ROOT)
        network = around;
    return network;
}

static bool
is_within(const struct tcp *tcp, uint32_t leaf, uint32_t network)
{
    uint32_t around = leaf;
    while (around != network && around != NETWORKS_ROOT)
        around = networks_parent(&tcp->networks, around);
    return around == network;
}

/* Nobody holds more than the newcomer would: but some connections are not in use. Of those that
 * have been idle longest: one whose network holds more; or one of the newcomer's own that has been
 * so for a while. NULL: there is none. */
static struct tcp_connection *
longest_idle(const struct front *front, uint32_t network, uint32_t leaf)
{
    const struct tcp *tcp = &front->tcp;
    struct tcp_connection *chosen = NULL;
    uint32_t own = widest_of(tcp, leaf), most = 0, i = tcp->timers[TCP_TIMER_IDLE].first;
    for (int looked = 0; i != 0 && looked < TCP_EVICT_LOOK; looked++) {
        struct tcp_connection *c = &tcp->connections[i];
        uint32_t holder = crowd_leaf(&tcp->held, i), widest = widest_of(tcp, holder);
        uint32_t holds = crowd_held(&tcp->held, widest);
        bool may_go = widest == own ? is_settled(front, c) : holds > crowd_held(&tcp->held, own);
        if (may_go && holds > most && is_within(tcp, holder, network)) {
            chosen = c;
            most = holds;
        }
        i = c->next;
    }
    return chosen;
}

/* Who within a network gives way to one more of `leaf`? NULL: nobody, now. */
static struct tcp_connection *
giving_way(const struct front *front, uint32_t network, uint32_t leaf)
{
    const struct tcp *tcp = &front->tcp;
    uint32_t most = crowd_most(&tcp->held, network, leaf);
    uint32_t idle = crowd_first(&tcp->held, most, CROWD_A);
    struct tcp_connection *c = &tcp->connections[idle];
    if (most == leaf) /* itself, if it has one that it does not use */
        return idle != CROWD_NONE && is_settled(front, c) ? c : longest_idle(front, network, leaf);
    return idle != CROWD_NONE ? c : &tcp->connections[crowd_last(&tcp->held, most, CROWD_B)];
}

static bool
evict(struct front *front, struct tcp_connection *c)
{
    if (c == NULL)
        return false;
    struct query_client client = {
        .addr = c->addr,
        .connection = tcp_table_index(&front->tcp, c),
        .connection_generation = c->generation,
        .transport = QUERY_TCP,
        .listener = c->listener,
        .payer = limit_is_exempt(front, &c->addr) ? LIMIT_EXEMPT : LIMIT_PROVEN,
    };
    if (c->waiting > 0)
        queue_abandon(front, &client);
    tcp_table_close(front, c);
    stats_add(front->stats, STAT_TCP_EVICTED, 1);
    return true;
}

static bool
make_room(struct front *front, uint32_t leaf)
{
    struct tcp *tcp = &front->tcp;
    uint32_t full = crowd_full(&tcp->held, leaf);
    if (full != NETWORKS_ROOT && !evict(front, giving_way(front, full, leaf)))
        return false;
    if (tcp->free == 0 && tcp->touched < tcp->count)
        tcp->free = ++tcp->touched;
    if (tcp->free != 0)
        return true;
    return evict(front, giving_way(front, NETWORKS_ROOT, leaf));
}

struct tcp_connection *
tcp_table_open(struct front *front, int fd, const struct addr *addr, uint32_t leaf)
{
    struct tcp *tcp = &front->tcp;
    if (!make_room(front, leaf))
        return NULL;
    struct tcp_connection *c = &tcp->connections[tcp->free];
    if (evloop_add(&front->loop, &c->source, fd, EPOLLIN, tcp->ready, c) != STATUS_OK)
        return NULL;
    tcp->free = c->next;
    *c = (struct tcp_connection){
        .source = c->source,
        .front = front,
        .addr = *addr,
        .generation = c->generation + 1,
        .timer = TCP_TIMER_NONE,
        /* the one that gave way may stand in the list to settle */
        .is_touched = c->is_touched,
        .touched_next = c->touched_next,
    };
    networks_hold(&tcp->networks, leaf);
    crowd_take(&tcp->held, leaf, tcp_table_index(tcp, c), CROWD_A);
    tcp_table_arm(front, c, TCP_TIMER_IDLE);
    stats_set(front->stats, STAT_TCP_CLIENTS, ++tcp->open);
    return c;
}

void
tcp_table_close(struct front *front, struct tcp_connection *c)
{
    struct tcp *tcp = &front->tcp;
    if (c->generation % 2 == 0)
        return;
    disarm(tcp, c);
    tcp_output_give(front, c);
    networks_release(&tcp->networks, crowd_give(&tcp->held, tcp_table_index(tcp, c)));
    memset(tcp->inputs[tcp_table_index(tcp, c)], 0, c->input_most);
    memset(&c->addr, 0, sizeof c->addr);
    evloop_remove(&front->loop, &c->source, true);
    c->generation++;
    c->next = tcp->free;
    tcp->free = tcp_table_index(tcp, c);
    stats_set(front->stats, STAT_TCP_CLIENTS, --tcp->open);
}
