/* tcp_table.c - see tcp_table.h */
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

void
tcp_table_arm(struct front *front, struct tcp_connection *c, enum tcp_timer timer)
{
    struct tcp *tcp = &front->tcp;
    disarm(tcp, c);
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

/* Of the connections that have been idle longest, close the one whose network holds most. */
static void
evict(struct front *front)
{
    struct tcp *tcp = &front->tcp;
    struct tcp_connection *chosen = NULL;
    uint32_t most = 0, i = tcp->timers[TCP_TIMER_IDLE].first;
    for (int looked = 0; i != 0 && looked < TCP_EVICT_LOOK; looked++) {
        struct tcp_connection *c = &tcp->connections[i];
        uint32_t holds = tally_count(&tcp->held, c->held);
        if (!c->is_touched && holds > most) { /* in this turn something happened to a touched one */
            chosen = c;
            most = holds;
        }
        i = c->next;
    }
    if (chosen == NULL)
        return;
    tcp_table_close(front, chosen);
    stats_add(front->stats, STAT_TCP_EVICTED, 1);
}

struct tcp_connection *
tcp_table_open(struct front *front, int fd, const struct addr *addr, ev_handler *ready)
{
    struct tcp *tcp = &front->tcp;
    if (tcp->free == 0 && tcp->touched < tcp->count)
        tcp->free = ++tcp->touched;
    if (tcp->free == 0)
        evict(front);
    if (tcp->free == 0)
        return NULL;
    struct tcp_connection *c = &tcp->connections[tcp->free];
    uint32_t most = limit_is_exempt(front, addr) ? tcp->count : front->config->tcp_per_prefix;
    uint32_t held = tally_take(&tcp->held, addr, most);
    if (held == TALLY_NONE)
        return NULL;
    if (evloop_add(&front->loop, &c->source, fd, EPOLLIN, ready, c) != STATUS_OK) {
        tally_give(&tcp->held, held);
        return NULL;
    }
    tcp->free = c->next;
    *c = (struct tcp_connection){
        .source = c->source,
        .front = front,
        .addr = *addr,
        .held = held,
        .generation = c->generation + 1,
        .timer = TCP_TIMER_NONE,
    };
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
    tally_give(&tcp->held, c->held);
    memset(tcp->inputs[tcp_table_index(tcp, c)], 0, c->input_most);
    memset(&c->addr, 0, sizeof c->addr);
    evloop_remove(&front->loop, &c->source, true);
    c->generation++;
    c->next = tcp->free;
    tcp->free = tcp_table_index(tcp, c);
    stats_set(front->stats, STAT_TCP_CLIENTS, --tcp->open);
}
