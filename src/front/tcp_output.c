/* tcp_output.c - see tcp_output.h
 * SPDX-License-Identifier: ISC
 */
#include "front/tcp_output.h"

#include "dns/dns_frame.h"
#include "front/front.h"
#include "front/tcp_table.h"
#include "os/log.h"
#include "os/memory.h"
#include "os/sys.h"

#include <errno.h>

void
tcp_output_reserve(struct front *front)
{
    front->tcp.output_bytes = memory_reserve((size_t)(TCP_OUTPUTS + 1) * TCP_OUTPUT_BYTES);
    if (front->tcp.output_bytes == NULL)
        log_fatal("no memory for TCP output");
}

bool
tcp_output_flush(struct front *front, struct tcp_connection *c)
{
    if (c->output == 0)
        return true;
    struct tcp_output *output = &front->tcp.outputs[c->output];
    const uint8_t *bytes = front->tcp.output_bytes[c->output];
    while (output->start < output->end) {
        ssize_t sent = sys_send(c->source.fd, bytes + output->start, output->end - output->start,
                                MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return errno == EAGAIN;
        output->start += (uint32_t)sent;
    }
    tcp_output_give(front, c);
    return true;
}

void
tcp_output_give(struct front *front, struct tcp_connection *c)
{
    struct tcp *tcp = &front->tcp;
    if (c->output == 0)
        return;
    tcp->outputs[c->output].next = tcp->outputs_free;
    tcp->outputs_free = c->output;
    c->output = 0;
}

/* Everybody who had answers in this turn sends them now, which frees the buffers of all who read.
 */
static void
flush_touched(struct front *front)
{
    struct tcp *tcp = &front->tcp;
    for (uint32_t i = tcp->to_settle; i != 0; i = tcp->connections[i].touched_next)
        if (!tcp_output_flush(front, &tcp->connections[i]))
            tcp_table_doom(front, &tcp->connections[i]);
}

static uint32_t
take(struct front *front)
{
    struct tcp *tcp = &front->tcp;
    if (tcp->outputs_free == 0 && tcp->outputs_touched < TCP_OUTPUTS)
        tcp->outputs_free = ++tcp->outputs_touched;
    if (tcp->outputs_free == 0)
        flush_touched(front);
    uint32_t stalled = tcp->timers[TCP_TIMER_STALL].first;
    if (tcp->outputs_free == 0 && stalled != 0) {
        stats_add(front->stats, STAT_TCP_SLOW, 1);
        tcp_table_doom(front, &tcp->connections[stalled]);
    }
    uint32_t taken = tcp->outputs_free;
    tcp->outputs_free = tcp->outputs[taken].next; /* [0] links to itself */
    tcp->outputs[taken] = (struct tcp_output){0};
    return taken;
}

/* Move what waits to the buffer's beginning. */
static void
compact(struct tcp_output *output, uint8_t *bytes)
{
    memmove(bytes, bytes + output->start, output->end - output->start);
    output->end -= output->start;
    output->start = 0;
}

uint8_t *
tcp_output_room(struct front *front, struct tcp_connection *c, size_t size)
{
    struct tcp *tcp = &front->tcp;
    if (c->output != 0 && TCP_OUTPUT_BYTES - tcp->outputs[c->output].end < size) {
        if (!tcp_output_flush(front, c))
            return NULL;
        if (c->output != 0)
            compact(&tcp->outputs[c->output], tcp->output_bytes[c->output]);
    }
    if (c->output == 0)
        c->output = take(front);
    if (c->output == 0 || TCP_OUTPUT_BYTES - tcp->outputs[c->output].end < size)
        return NULL;
    return tcp->output_bytes[c->output] + tcp->outputs[c->output].end;
}

void
tcp_output_put(struct front *front, struct tcp_connection *c, size_t size)
{
    struct tcp_output *output = &front->tcp.outputs[c->output];
    struct bytes_writer w =
        bytes_writer(front->tcp.output_bytes[c->output] + output->end, DNS_FRAME_HEADER);
    bytes_put_u16(&w, (uint16_t)size);
    output->end += (uint32_t)(DNS_FRAME_HEADER + size);
}
