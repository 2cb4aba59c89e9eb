/* tcp_table.c - see tcp_table.h */
#include "front/tcp_table.h"

#include "front/front.h"
#include "front/tcp_output.h"

#define EVICT_LOOK                                                                                 \
    16 /* idle connections looked at for one that nothing happened to in this turn                 \
        */

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

/* Each kind of timer lasts equally long for all, so a list in order of arming is one of deadlines.
 */
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

void
tcp_table_arm(struct front *front, struct tcp_connection *c, enum tcp_timer timer)
{
    struct tcp *tcp = &front->tcp;
    const uint32_t ms[TCP_TIMERS] = {front->config->tcp_idle_ms, TCP_MESSAGE_MS, TCP_STALL_MS};
    disarm(tcp, c);
    if (timer == TCP_TIMER_NONE)
        return;
    c->timer = (uint8_t)timer;
    c->deadline_us = front->loop.now_us + (uint64_t)ms[timer] * 1000;
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
        uint32_t first;
        while ((first = tcp->timers[timer].first) != 0 &&
               tcp->connections[first].deadline_us <= front->loop.now_us) {
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
        if (first != 0 && tcp->connections[first].deadline_us < earliest)
            earliest = tcp->connections[first].deadline_us;
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

/* Close the connection that has been idle longest. */
static void
evict(struct front *front)
{
    struct tcp *tcp = &front->tcp;
    uint32_t i = tcp->timers[TCP_TIMER_IDLE].first;
    for (int looked = 0; i != 0 && looked < EVICT_LOOK; looked++) {
        struct tcp_connection *c = &tcp->connections[i];
        if (!c->is_touched) {
            tcp_table_close(front, c);
            stats_add(front->stats, STAT_TCP_EVICTED, 1);
            return;
        }
        i = c->next;
    }
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
    if (evloop_add(&front->loop, &c->source, fd, EPOLLIN, ready, c) != STATUS_OK)
        return NULL;
    tcp->free = c->next;
    *c = (struct tcp_connection){
        .source = c->source,
        .front = front,
        .addr = *addr,
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
    memset(tcp->inputs[tcp_table_index(tcp, c)], 0, c->input_most);
    memset(&c->addr, 0, sizeof c->addr);
    evloop_remove(&front->loop, &c->source, true);
    c->generation++;
    c->next = tcp->free;
    tcp->free = tcp_table_index(tcp, c);
    stats_set(front->stats, STAT_TCP_CLIENTS, --tcp->open);
}
