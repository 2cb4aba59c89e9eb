/* tcp_output.c - see tcp_output.h
 * SPDX-License-Identifier: ISC
 */
#include "front/tcp_output.h"

#include "base/bytes.h"
#include "os/log.h"
#include "os/memory.h"
#include "os/sys.h"

#include <errno.h>

void
tcp_output_reserve(struct tcp *tcp)
{
    tcp->output_bytes = memory_reserve((size_t)(TCP_OUTPUTS + 1) * TCP_OUTPUT_BYTES);
    if (tcp->output_bytes == NULL)
        log_fatal("cannot reserve memory for TCP output");
}

bool
tcp_output_flush(struct tcp *tcp, struct tcp_connection *c)
{
    if (c->output == 0)
        return true;
    struct tcp_output *output = &tcp->outputs[c->output];
    const uint8_t *bytes = tcp->output_bytes[c->output];
    while (output->start < output->end) {
        ssize_t sent = sys_send(c->source.fd, bytes + output->start, output->end - output->start,
                                MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return errno == EAGAIN;
        output->start += (uint32_t)sent;
    }
    tcp_output_give(tcp, c);
    return true;
}

void
tcp_output_give(struct tcp *tcp, struct tcp_connection *c)
{
    if (c->output == 0)
        return;
    tcp->outputs[c->output].next = tcp->outputs_free;
    tcp->outputs_free = c->output;
    c->output = 0;
}

bool
tcp_output_is_out(const struct tcp *tcp)
{
    return tcp->outputs_free == 0 && tcp->outputs_touched == TCP_OUTPUTS;
}

/* @return a buffer that is not in use; 0: there is none */
static uint32_t
take(struct tcp *tcp)
{
    if (tcp->outputs_free == 0 && tcp->outputs_touched < TCP_OUTPUTS)
        tcp->outputs_free = ++tcp->outputs_touched;
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
tcp_output_room(struct tcp *tcp, struct tcp_connection *c, size_t size)
{
    if (c->output != 0 && TCP_OUTPUT_BYTES - tcp->outputs[c->output].end < size) {
        if (!tcp_output_flush(tcp, c))
            return NULL;
        if (c->output != 0)
            compact(&tcp->outputs[c->output], tcp->output_bytes[c->output]);
    }
    if (c->output == 0)
        c->output = take(tcp);
    if (c->output == 0 || TCP_OUTPUT_BYTES - tcp->outputs[c->output].end < size)
        return NULL;
    return tcp->output_bytes[c->output] + tcp->outputs[c->output].end;
}

void
tcp_output_put(struct tcp *tcp, struct tcp_connection *c, size_t size)
{
    struct tcp_output *output = &tcp->outputs[c->output];
    struct bytes_writer w =
        bytes_writer(tcp->output_bytes[c->output] + output->end, BYTES_FRAME_HEADER);
    bytes_put_u16(&w, (uint16_t)size);
    output->end += (uint32_t)(BYTES_FRAME_HEADER + size);
}
