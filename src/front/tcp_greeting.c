/* tcp_greeting.c - see tcp_greeting.h
 * SPDX-License-Identifier: ISC
 */
#include "front/tcp_greeting.h"

#include "os/log.h"
#include "os/memory.h"
#include "os/sys.h"

#include <errno.h>

void
tcp_greeting_reserve(struct tcp *tcp)
{
    struct tcp_greetings *greetings = &tcp->greetings;
    void *memory = memory_reserve(crowd_memory_bytes(TCP_GREETINGS, &tcp->networks));
    greetings->slots = memory_reserve((TCP_GREETINGS + 1) * sizeof *greetings->slots);
    if (memory == NULL || greetings->slots == NULL)
        log_fatal("cannot reserve memory for connections of balancers");
    crowd_init(&greetings->held, &tcp->networks, memory);
}

/* Out of the table. @param closes  else its descriptor is the caller's */
static void
leave(struct tcp *tcp, uint32_t index, bool closes)
{
    struct tcp_greetings *greetings = &tcp->greetings;
    struct tcp_greeting *g = &greetings->slots[index];
    list_remove(&greetings->order, LIST_TABLE(greetings->slots, links), index);
    list_remove(&greetings->ready, LIST_TABLE(greetings->slots, read), index);
    crowd_network_release(&tcp->networks, crowd_give(&greetings->held, index));
    evloop_remove(tcp->parts.loop, &g->source, closes);
    memset(g->octets, 0, g->size);
    list_push_first(&greetings->free, LIST_TABLE(greetings->slots, links), index);
    greetings->count--;
}

static void
refuse(struct tcp *tcp, uint32_t index)
{
    stats_add(tcp->parts.stats, STAT_TCP_REFUSED, 1);
    leave(tcp, index, true);
}

/* LIST_NONE: there is none for this one */
static uint32_t
place_for(struct tcp *tcp, uint32_t leaf)
{
    struct tcp_greetings *greetings = &tcp->greetings;
    struct list_table links = LIST_TABLE(greetings->slots, links);
    if (list_first(&greetings->free) == LIST_NONE && greetings->touched < TCP_GREETINGS)
        return ++greetings->touched;
    if (list_first(&greetings->free) == LIST_NONE) {
        uint32_t most = crowd_most(&greetings->held, NETWORKS_ROOT, leaf);
        uint32_t oldest = crowd_first(&greetings->held, most, CROWD_A);
        if (oldest != CROWD_NONE)
            refuse(tcp, oldest);
    }
    return list_pop(&greetings->free, links);
}

static void
mark(struct tcp_greeting *g)
{
    struct tcp_greetings *greetings = &g->tcp->greetings;
    struct list_table read = LIST_TABLE(greetings->slots, read);
    uint32_t index = (uint32_t)(g - greetings->slots);
    if (!list_has(read, index))
        list_push(&greetings->ready, read, index);
    g->tcp->has_arrivals = true;
}

static void
greeting_ready(struct ev_source *source, uint32_t events)
{
    (void)events; /* an error is told by the read */
    mark(source->owner);
}

void
tcp_greeting_begin(struct tcp *tcp, const struct tcp_parked *accepted, uint32_t leaf)
{
    struct tcp_greetings *greetings = &tcp->greetings;
    uint32_t index = place_for(tcp, leaf);
    struct tcp_greeting *g = &greetings->slots[index];
    if (index == LIST_NONE) {
        stats_add(tcp->parts.stats, STAT_TCP_REFUSED, 1);
        sys_close(accepted->fd);
        return;
    }
    g->tcp = tcp;
    g->since_us = accepted->since_us;
    g->balancer = accepted->addr;
    g->listener = accepted->listener;
    g->size = 0;
    if (evloop_add(tcp->parts.loop, &g->source, accepted->fd, EPOLLIN, greeting_ready, g) !=
        STATUS_OK) {
        list_push_first(&greetings->free, LIST_TABLE(greetings->slots, links), index);
        stats_add(tcp->parts.stats, STAT_TCP_REFUSED, 1);
        sys_close(accepted->fd);
        return;
    }
    list_push(&greetings->order, LIST_TABLE(greetings->slots, links), index);
    crowd_network_hold(&tcp->networks, leaf);
    crowd_take(&greetings->held, leaf, index, CROWD_A);
    greetings->count++;
    mark(g); /* the header is there already, as a rule */
}

/* Read what the header still lacks, and no more: what is behind it is the client's.
 * @return as proxy_header_read() has it: MORE, some of it is still to come, unless `has_ended` */
static enum proxy_header_verdict
hear(struct tcp_greeting *g, struct proxy_header *header, bool *has_ended)
{
    enum proxy_header_verdict verdict;
    *has_ended = false;
    while ((verdict = proxy_header_read(g->octets, g->size, header)) == PROXY_HEADER_MORE) {
        ssize_t got =
            sys_recv(g->source.fd, g->octets + g->size, header->size - g->size, MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            break;
        if (got <= 0) {
            *has_ended = true;
            break;
        }
        g->size = (uint16_t)(g->size + got);
    }
    return verdict;
}

/* @return true: it is a client's now */
static bool
listen_to(struct tcp *tcp, uint32_t index, const struct clock_time *now,
          struct tcp_parked *newcomer)
{
    struct balancers *balancers = tcp->parts.balancers;
    struct tcp_greeting *g = &tcp->greetings.slots[index];
    struct proxy_header header;
    bool has_ended;
    enum proxy_header_verdict verdict = hear(g, &header, &has_ended);
    if (verdict == PROXY_HEADER_MORE && !has_ended)
        return false;
    if (verdict == PROXY_HEADER_CLIENT || verdict == PROXY_HEADER_LOCAL) {
        bool is_local = verdict == PROXY_HEADER_LOCAL;
        *newcomer = (struct tcp_parked){
            .addr = is_local ? g->balancer : header.source,
            .balancer = is_local ? (struct addr){0} : g->balancer,
            .since_us = g->since_us,
            .fd = g->source.fd,
            .listener = g->listener,
            .is_datagram = !is_local && !header.is_stream,
        };
        balancers_count(balancers, verdict);
        leave(tcp, index, false);
        return true;
    }
    if (g->size > 0) /* else it only looked whether somebody is there */
        balancers_refuse(balancers, &g->balancer, verdict, "connection", now);
    refuse(tcp, index);
    return false;
}

bool
tcp_greeting_next(struct tcp *tcp, const struct clock_time *now, struct tcp_parked *newcomer)
{
    struct tcp_greetings *greetings = &tcp->greetings;
    struct list_table read = LIST_TABLE(greetings->slots, read);
    uint32_t index;
    while ((index = list_pop(&greetings->ready, read)) != LIST_NONE)
        if (listen_to(tcp, index, now, newcomer))
            return true;
    return false;
}

static uint64_t
due_us(const struct tcp *tcp, uint32_t index)
{
    return tcp->greetings.slots[index].since_us + (uint64_t)tcp->config->tcp_message_ms * 1000;
}

void
tcp_greeting_expire(struct tcp *tcp, const struct clock_time *now)
{
    uint32_t first;
    while ((first = list_first(&tcp->greetings.order)) != LIST_NONE &&
           due_us(tcp, first) <= now->now_us) {
        stats_add(tcp->parts.stats, STAT_TCP_SLOW, 1);
        leave(tcp, first, true);
    }
}

void
tcp_greeting_stop(struct tcp *tcp)
{
    uint32_t first;
    while ((first = list_first(&tcp->greetings.order)) != LIST_NONE)
        refuse(tcp, first);
}

uint64_t
tcp_greeting_deadline_us(const struct tcp *tcp)
{
    uint32_t first = list_first(&tcp->greetings.order);
    return first != LIST_NONE ? due_us(tcp, first) : UINT64_MAX;
}
