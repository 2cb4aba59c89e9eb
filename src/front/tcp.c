/* tcp.c - see tcp.h
 * SPDX-License-Identifier: ISC
 *
 * Handlers and deliveries only touch a connection; tcp_settle(), once per turn, sends, reads on,
 * closes and arms the timer. So nothing here is entered twice, however answers and messages mix.
 */
#include "front/tcp.h"

#include "dns/dns_frame.h"
#include "front/admit.h"
#include "front/front.h"
#include "front/tcp_accept.h"
#include "front/tcp_output.h"
#include "front/tcp_table.h"
#include "os/log.h"
#include "os/memory.h"
#include "os/sys.h"

#include <errno.h>

/* Reading. */

static bool
may_take(const struct front *front, const struct tcp_connection *c)
{
    return !c->is_paused && !c->is_over && !c->is_doomed && front->stop_us == 0;
}

/* Who does not take his answers is not asked for more questions. */
static bool
may_read(const struct front *front, const struct tcp_connection *c)
{
    return may_take(front, c) && !c->has_ended && c->output == 0;
}

static void
take_message(struct front *front, struct tcp_connection *c, const uint8_t *message, size_t size)
{
    struct query *draft = query_draft(&front->queries);
    draft->client = (struct query_client){
        .addr = c->addr,
        .connection = tcp_table_index(&front->tcp, c),
        .connection_generation = c->generation,
        .transport = QUERY_TCP,
        .listener = c->listener,
    };
    draft->arrived_us = front->loop.now_us;
    stats_add(front->stats, STAT_TCP_QUERIES, 1);
    c->took_a_message = true;
    c->reads = 0;
    c->is_paused = ++c->waiting >= TCP_WAITING_MAX;
    c->is_over = ++c->taken == front->config->tcp_queries; /* 0: never */
    admit_message(front, draft, message, size);
}

/* Take the whole messages out of the input; a part of one stays, at the beginning. */
static void
take_messages(struct front *front, struct tcp_connection *c)
{
    uint8_t *input = front->tcp.inputs[tcp_table_index(&front->tcp, c)];
    size_t at = 0;
    while (may_take(front, c)) {
        const uint8_t *message;
        size_t size;
        enum dns_frame_result result = dns_frame_peek(
            input + at, c->input_size - at, DNS_HEADER_SIZE, TCP_MESSAGE_MAX, &message, &size);
        if (result == DNS_FRAME_MORE)
            break;
        if (result == DNS_FRAME_BAD) {
            stats_add(front->stats, STAT_TCP_BAD, 1);
            c->is_over = true;
            break;
        }
        take_message(front, c, message, size);
        at += DNS_FRAME_HEADER + size;
    }
    c->input_size = (uint16_t)(c->input_size - at);
    if (at > 0 && c->input_size > 0)
        memmove(input, input + at, c->input_size);
}

static void
connection_ready(struct ev_source *source, uint32_t events)
{
    struct tcp_connection *c = source->owner;
    struct front *front = c->front;
    tcp_table_touch(&front->tcp, c);
    if ((events & (EPOLLERR | EPOLLHUP)) != 0) { /* both directions are over */
        tcp_table_doom(front, c);
        return;
    }
    if ((events & EPOLLIN) == 0 || !may_read(front, c))
        return;
    uint8_t *input = front->tcp.inputs[tcp_table_index(&front->tcp, c)];
    ssize_t got = sys_recv(source->fd, input + c->input_size,
                           (size_t)(TCP_INPUT_BYTES - c->input_size), MSG_DONTWAIT);
    if (got < 0 && errno != EAGAIN && errno != EINTR)
        tcp_table_doom(front, c);
    if (got == 0)
        c->has_ended = true;                     /* he may still read: RFC 7766 6.2.4 */
    if (got > 0 && ++c->reads > TCP_READS_MAX) { /* octet by octet, to keep us busy */
        stats_add(front->stats, STAT_TCP_SLOW, 1);
        tcp_table_doom(front, c);
        return;
    }
    if (got > 0) {
        c->input_size = (uint16_t)(c->input_size + got);
        c->input_most = c->input_size > c->input_most ? c->input_size : c->input_most;
        take_messages(front, c);
    }
}

void
tcp_reserve(struct front *front)
{
    struct tcp *tcp = &front->tcp;
    size_t slots = (size_t)front->config->tcp_clients + 1;
    tcp->count = front->config->tcp_clients;
    tcp->connections = memory_reserve(slots * sizeof *tcp->connections);
    tcp->inputs = memory_reserve(slots * sizeof *tcp->inputs);
    if (tcp->connections == NULL || tcp->inputs == NULL)
        log_fatal("no memory for %u TCP connections", front->config->tcp_clients);
    tcp->ready = connection_ready;
    tcp_accept_reserve(front);
    tcp_output_reserve(front);
}

/* Settling: once per turn and touched connection. */

static enum tcp_timer
timer_for(const struct front *front, const struct tcp_connection *c)
{
    if (c->output != 0)
        return TCP_TIMER_STALL;
    if (c->input_size > 0 && may_read(front, c))
        return TCP_TIMER_MESSAGE;
    return c->waiting == 0 ? TCP_TIMER_IDLE : TCP_TIMER_NONE;
}

static void
wait_on(struct front *front, struct tcp_connection *c)
{
    enum tcp_timer timer = timer_for(front, c);
    /* a message's time runs from its first octet, a stall's from its beginning */
    bool runs = timer == c->timer &&
                (timer == TCP_TIMER_STALL || (timer == TCP_TIMER_MESSAGE && !c->took_a_message));
    if (!runs)
        tcp_table_arm(front, c, timer);
    c->took_a_message = false;
    uint32_t events = may_read(front, c) ? EPOLLIN : 0;
    evloop_want(&front->loop, &c->source, c->output != 0 ? EPOLLOUT : events);
}

/* A close with unread octets would be a reset, and could take answers with it that are on their
 * way. */
static void
drain(struct front *front, struct tcp_connection *c)
{
    uint8_t *input = front->tcp.inputs[tcp_table_index(&front->tcp, c)];
    for (int i = 0; i < TCP_DRAINS; i++)
        if (sys_recv(c->source.fd, input, TCP_INPUT_BYTES, MSG_DONTWAIT) > 0)
            c->input_most = TCP_INPUT_BYTES;
        else
            break;
}

static void
settle(struct front *front, struct tcp_connection *c)
{
    if (c->is_paused && c->waiting <= TCP_WAITING_MAX / 2) {
        c->is_paused = false;
        take_messages(front, c);
    }
    if (!tcp_output_flush(front, c))
        tcp_table_doom(front, c);
    bool ends = (c->has_ended && !c->is_paused) || c->is_over || front->stop_us != 0;
    if (!c->is_doomed && (!ends || c->waiting > 0 || c->output != 0)) {
        wait_on(front, c);
        return;
    }
    if (c->is_over)
        drain(front, c);
    tcp_table_close(front, c);
}

void
tcp_settle(struct front *front)
{
    struct tcp_connection *c;
    while ((c = tcp_table_pop_touched(&front->tcp)) != NULL)
        if (c->generation % 2 == 1)
            settle(front, c);
}

void
tcp_stop(struct front *front)
{
    struct tcp *tcp = &front->tcp;
    tcp_accept_stop(front);
    for (uint32_t i = 1; i <= tcp->touched; i++)
        if (tcp->connections[i].generation % 2 == 1)
            tcp_table_touch(tcp, &tcp->connections[i]);
}

/* For those who answer. */

uint8_t *
tcp_room(struct front *front, const struct query_client *client, size_t size)
{
    struct tcp_connection *c = tcp_table_find(&front->tcp, client);
    if (c == NULL || c->is_doomed)
        return NULL;
    tcp_table_touch(&front->tcp, c);
    uint8_t *room = tcp_output_room(front, c, DNS_FRAME_HEADER + size);
    if (room != NULL)
        return room + DNS_FRAME_HEADER;
    stats_add(front->stats, STAT_TCP_SLOW, 1);
    tcp_table_doom(front, c);
    return NULL;
}

void
tcp_send(struct front *front, const struct query_client *client, size_t size)
{
    tcp_output_put(front, tcp_table_find(&front->tcp, client), size);
    stats_add(front->stats, STAT_TCP_ANSWERS, 1);
}

void
tcp_done(struct front *front, const struct query_client *client)
{
    struct tcp_connection *c = tcp_table_find(&front->tcp, client);
    if (c == NULL)
        return;
    c->waiting--;
    tcp_table_touch(&front->tcp, c);
}

void
tcp_distrust(struct front *front, const struct query_client *client)
{
    struct tcp_connection *c =
        client->transport == QUERY_TCP ? tcp_table_find(&front->tcp, client) : NULL;
    if (c != NULL)
        c->is_over = true;
}

void
tcp_refused(struct front *front, const struct query_client *client)
{
    struct tcp_connection *c =
        client->transport == QUERY_TCP ? tcp_table_find(&front->tcp, client) : NULL;
    if (c != NULL && ++c->refused >= TCP_REFUSED_MAX)
        c->is_over = true;
}
