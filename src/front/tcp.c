/* tcp.c - see tcp.h
 * SPDX-License-Identifier: ISC
 *
 * Handlers and deliveries only mark a connection. The turn reads those that can be read, message
 * by message, and at its end sends, closes and arms the timers of all that were touched.
 */
#include "front/tcp.h"

#include "base/bytes.h"
#include "front/tcp_accept.h"
#include "front/tcp_output.h"
#include "front/tcp_table.h"
#include "os/log.h"
#include "os/memory.h"
#include "os/sys.h"

#include <errno.h>

/* --- reading --------------------------------------------------------------------------------- */

static bool
may_take(const struct tcp_connection *c)
{
    return !c->is_paused && !c->is_over && !c->is_doomed && !c->tcp->is_stopped;
}

/* A client that does not take its answers is not asked for more queries. */
static bool
may_read(const struct tcp_connection *c)
{
    return may_take(c) && !c->has_ended && c->output == 0;
}

static void
mark_to_read(struct tcp *tcp, struct tcp_connection *c)
{
    struct list_table read = LIST_TABLE(tcp->connections, read);
    uint32_t index = tcp_table_index(tcp, c);
    if (!list_has(read, index))
        list_push(&tcp->to_read, read, index);
}

static void
connection_ready(struct ev_source *source, uint32_t events)
{
    struct tcp_connection *c = source->owner;
    tcp_table_touch(c->tcp, c);
    if ((events & (EPOLLERR | EPOLLHUP)) != 0) { /* both directions are over */
        tcp_table_doom(c->tcp, c);
    } else if ((events & EPOLLIN) != 0) {
        c->is_readable = true;
        mark_to_read(c->tcp, c);
    }
}

/* Read once. */
static void
receive(struct tcp *tcp, struct tcp_connection *c)
{
    uint8_t *input = tcp->inputs[tcp_table_index(tcp, c)];
    c->is_readable = false;
    if (!may_read(c))
        return;
    ssize_t got = sys_recv(c->source.fd, input + c->input_size,
                           (size_t)(TCP_INPUT_BYTES - c->input_size), MSG_DONTWAIT);
    if (got < 0 && errno != EAGAIN && errno != EINTR)
        tcp_table_doom(tcp, c);
    if (got == 0)
        c->has_ended = true; /* it may still read: RFC 7766 6.2.4 */
    if (got <= 0)
        return;
    if (++c->reads > TCP_READS_MAX) { /* octet by octet, to keep us busy */
        stats_add(tcp->parts.stats, STAT_TCP_SLOW, 1);
        tcp_table_doom(tcp, c);
        return;
    }
    c->input_size = (uint16_t)(c->input_size + got);
    c->input_most = c->input_size > c->input_most ? c->input_size : c->input_most;
}

/* A reload took the balancer from the list: nobody vouches for the client any more. */
static bool
is_still_believed(const struct tcp *tcp, const struct tcp_connection *c)
{
    return c->balancer.family == ADDR_NONE || balancers_has(tcp->parts.balancers, &c->balancer);
}

/* The next whole message of the input. @return false: there is none, or it may not be taken */
static bool
cut_message(struct tcp *tcp, struct tcp_connection *c, const uint8_t **message, size_t *size)
{
    const uint8_t *input = tcp->inputs[tcp_table_index(tcp, c)];
    struct verdict dropped;
    if (!may_take(c))
        return false;
    if (!is_still_believed(tcp, c)) {
        c->is_over = true;
        return false;
    }
    switch (bytes_frame_peek(input + c->input_at, (size_t)(c->input_size - c->input_at),
                             DNS_HEADER_SIZE, TCP_MESSAGE_MAX, message, size)) {
    case BYTES_FRAME_MORE:
        c->is_over =
            c->taken == 0 && balancers_strays(tcp->parts.balancers, input, c->input_size, &dropped);
        return false;
    case BYTES_FRAME_BAD:
        stats_add(tcp->parts.stats, STAT_TCP_BAD, 1);
        c->is_over = true;
        return false;
    case BYTES_FRAME_OK:
        break;
    }
    c->input_at = (uint16_t)(c->input_at + BYTES_FRAME_HEADER + *size);
    return true;
}

/* What was not taken stays, at the beginning. */
static void
compact(struct tcp *tcp, struct tcp_connection *c)
{
    uint8_t *input = tcp->inputs[tcp_table_index(tcp, c)];
    if (c->input_at == 0)
        return;
    c->input_size = (uint16_t)(c->input_size - c->input_at);
    memmove(input, input + c->input_at, c->input_size);
    c->input_at = 0;
}

/* A message of it is under way now. */
static void
count_message(struct tcp *tcp, struct tcp_connection *c)
{
    stats_add(tcp->parts.stats, STAT_TCP_QUERIES, 1);
    c->took_a_message = true;
    c->reads = 0;
    c->is_paused = ++c->waiting >= TCP_WAITING_MAX;
    c->is_over = ++c->taken == tcp->config->tcp_queries; /* 0: never */
}

bool
tcp_next(struct tcp *tcp, struct query_client *client, const uint8_t **message, size_t *size)
{
    struct list_table read = LIST_TABLE(tcp->connections, read);
    uint32_t index;
    while ((index = list_first(&tcp->to_read)) != LIST_NONE) {
        struct tcp_connection *c = &tcp->connections[index];
        if (c->is_readable)
            receive(tcp, c);
        if (cut_message(tcp, c, message, size)) {
            count_message(tcp, c);
            *client = tcp_table_client(tcp, c);
            return true;
        }
        compact(tcp, c);
        list_remove(&tcp->to_read, read, index);
    }
    return false;
}

void
tcp_reserve(struct tcp *tcp, const struct config *config, const struct tcp_parts *parts)
{
    size_t slots = (size_t)config->tcp_clients + 1;
    tcp->parts = *parts;
    tcp->config = config;
    tcp->count = config->tcp_clients;
    tcp->connections = memory_reserve(slots * sizeof *tcp->connections);
    tcp->inputs = memory_reserve(slots * sizeof *tcp->inputs);
    if (tcp->connections == NULL || tcp->inputs == NULL)
        log_fatal("cannot reserve memory for %u TCP connections", config->tcp_clients);
    tcp->ready = connection_ready;
    tcp_accept_reserve(tcp);
    tcp_output_reserve(tcp);
}

void
tcp_change(struct tcp *tcp, const struct config *config)
{
    tcp->config = config;
    tcp_accept_change(tcp);
}

/* --- settling: once per turn and touched connection ------------------------------------------ */

static enum tcp_timer
timer_for(const struct tcp_connection *c)
{
    if (c->output != 0)
        return TCP_TIMER_STALL;
    if (c->input_size > 0 && may_read(c))
        return TCP_TIMER_MESSAGE;
    return c->waiting == 0 ? TCP_TIMER_IDLE : TCP_TIMER_NONE;
}

static void
wait_on(struct tcp *tcp, struct tcp_connection *c, const struct clock_time *now)
{
    enum tcp_timer timer = timer_for(c);
    /* a message's time runs from its first octet, a stall's from its beginning */
    bool runs = timer == c->timer &&
                (timer == TCP_TIMER_STALL || (timer == TCP_TIMER_MESSAGE && !c->took_a_message));
    if (!runs)
        tcp_table_arm(tcp, c, timer, now);
    c->took_a_message = false;
    uint32_t events = may_read(c) ? EPOLLIN : 0;
    evloop_want(tcp->parts.loop, &c->source, c->output != 0 ? EPOLLOUT : events);
}

/* A close with unread octets would be a reset, and could take answers with it that are on their
 * way. */
static void
drain(struct tcp *tcp, struct tcp_connection *c)
{
    uint8_t *input = tcp->inputs[tcp_table_index(tcp, c)];
    for (int i = 0; i < TCP_DRAINS; i++)
        if (sys_recv(c->source.fd, input, TCP_INPUT_BYTES, MSG_DONTWAIT) > 0)
            c->input_most = TCP_INPUT_BYTES;
        else
            break;
}

static void
settle(struct tcp *tcp, struct tcp_connection *c, const struct clock_time *now)
{
    if (!tcp_output_flush(tcp, c))
        tcp_table_doom(tcp, c);
    bool ends = (c->has_ended && !c->is_paused) || c->is_over || tcp->is_stopped;
    if (!c->is_doomed && (!ends || c->waiting > 0 || c->output != 0)) {
        wait_on(tcp, c, now);
        return;
    }
    if (c->is_over)
        drain(tcp, c);
    tcp_table_close(tcp, c);
}

void
tcp_settle(struct tcp *tcp, const struct clock_time *now)
{
    struct tcp_connection *c;
    while ((c = tcp_table_pop_touched(tcp)) != NULL)
        settle(tcp, c, now);
}

void
tcp_stop(struct tcp *tcp)
{
    tcp->is_stopped = true;
    tcp_accept_stop(tcp);
    for (uint32_t i = 1; i <= tcp->touched; i++)
        if (tcp->connections[i].generation % 2 == 1)
            tcp_table_touch(tcp, &tcp->connections[i]);
}

uint64_t
tcp_deadline_us(const struct tcp *tcp)
{
    uint64_t accept_us = tcp_accept_deadline_us(tcp), table_us = tcp_table_deadline_us(tcp);
    return accept_us < table_us ? accept_us : table_us;
}

/* --- answering ------------------------------------------------------------------------------- */

/* All that had answers in this turn send them now, which frees the buffers of the clients that
 * read; if there is none after that, the client that has been stalling longest loses its own. */
static void
free_outputs(struct tcp *tcp)
{
    struct list_table touched = LIST_TABLE(tcp->connections, touch);
    const struct list *list = &tcp->to_settle;
    for (uint32_t i = list_first(list); i != LIST_NONE; i = list_next(list, touched, i))
        if (!tcp_output_flush(tcp, &tcp->connections[i]))
            tcp_table_doom(tcp, &tcp->connections[i]);
    uint32_t stalled = list_first(&tcp->timers[TCP_TIMER_STALL]);
    if (!tcp_output_is_out(tcp) || stalled == LIST_NONE)
        return;
    stats_add(tcp->parts.stats, STAT_TCP_SLOW, 1);
    tcp_table_doom(tcp, &tcp->connections[stalled]);
}

uint8_t *
tcp_room(struct tcp *tcp, const struct query_client *client, size_t size)
{
    struct tcp_connection *c = tcp_table_find(tcp, client);
    if (c == NULL || c->is_doomed)
        return NULL;
    tcp_table_touch(tcp, c);
    if (c->output == 0 && tcp_output_is_out(tcp))
        free_outputs(tcp);
    uint8_t *room = tcp_output_room(tcp, c, BYTES_FRAME_HEADER + size);
    if (room != NULL)
        return room + BYTES_FRAME_HEADER;
    stats_add(tcp->parts.stats, STAT_TCP_SLOW, 1);
    tcp_table_doom(tcp, c);
    return NULL;
}

void
tcp_send(struct tcp *tcp, const struct query_client *client, size_t size)
{
    tcp_output_put(tcp, tcp_table_find(tcp, client), size);
    stats_add(tcp->parts.stats, STAT_TCP_ANSWERS, 1);
}

void
tcp_done(struct tcp *tcp, const struct query_client *client)
{
    struct tcp_connection *c = tcp_table_find(tcp, client);
    if (c == NULL)
        return;
    c->waiting--;
    tcp_table_touch(tcp, c);
    if (c->is_paused && c->waiting <= TCP_WAITING_MAX / 2) {
        c->is_paused = false;
        mark_to_read(tcp, c);
    }
}

void
tcp_distrust(struct tcp *tcp, const struct query_client *client)
{
    struct tcp_connection *c = tcp_table_find(tcp, client);
    if (c != NULL)
        c->is_over = true;
}

void
tcp_refused(struct tcp *tcp, const struct query_client *client)
{
    struct tcp_connection *c = tcp_table_find(tcp, client);
    if (c != NULL && ++c->refused >= TCP_REFUSED_MAX)
        c->is_over = true;
}
