/* stream_net.c - the network and the world's side of stream.h
 * SPDX-License-Identifier: ISC
 */
#include "stream_parts.h"

#include "draw.h"
#include "kernel.h"
#include "trace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define USER_TIMEOUT_US (5 * KERNEL_S) /* TCP_USER_TIMEOUT as sock.c sets it */

/* --- segments -------------------------------------------------------------------------------- */

static void arrive(void *owner, uint64_t number);

static void
hold(struct stream *stream, struct stream_segment *segment)
{
    segment->behind = NULL;
    if (stream->held_first != NULL)
        stream->held_last->behind = segment;
    else
        stream->held_first = segment;
    stream->held_last = segment;
}

static void
launch(struct stream_segment *segment)
{
    struct stream *stream = segment->stream;
    uint64_t jitter_us = draw(stream->net.who, stream->draws++, stream->net.jitter_us + 1);
    uint64_t at_us = kernel_now() + stream->net.delay_us + jitter_us;
    uint64_t *last_us = &stream->last_us[segment->way];
    *last_us = at_us > *last_us ? at_us : *last_us + 1;
    kernel_at(*last_us, arrive, segment, 0);
}

static void
carry_one(struct stream *stream, enum stream_way way, enum stream_kind kind, const void *octets,
          size_t size)
{
    struct stream_segment *segment = malloc(sizeof *segment + size);
    if (segment == NULL)
        abort();
    *segment = (struct stream_segment){.stream = stream, .way = way, .kind = kind, .size = size};
    if (size > 0)
        memcpy(segment->octets, octets, size);
    object_pin(&stream->object);
    launch(segment);
}

void
stream_carry(struct stream *stream, enum stream_way way, enum stream_kind kind, const void *octets,
             size_t size)
{
    const uint8_t *at = octets;
    trace_note(way == STREAM_UP ? "up" : "down", stream->object.number, kind, octets, size);
    while (stream->net.piece_octets > 0 && size > 1) {
        size_t piece = 1 + draw(stream->net.who, stream->draws++, stream->net.piece_octets);
        if (piece >= size)
            break;
        carry_one(stream, way, kind, at, piece);
        at += piece;
        size -= piece;
    }
    carry_one(stream, way, kind, at, size);
}

/* --- arrival --------------------------------------------------------------------------------- */

static void
break_process(struct stream *stream, int error)
{
    if (stream->is_closed || stream->state == STREAM_FAILED)
        return;
    stream->state = STREAM_FAILED;
    stream->error = error;
    object_poke(&stream->object);
}

/* The world's end is gone; it was told if it did not do it itself. */
static void
leave_far(struct stream *stream, bool is_told)
{
    struct stream_far far = stream->far;
    if (!stream->has_far)
        return;
    stream->has_far = false;
    if (is_told && far.broken != NULL)
        far.broken(far.owner);
    object_unpin(&stream->object);
}

static void
put_in(struct stream *stream, const uint8_t *octets, size_t size)
{
    if (stream->in_at + stream->in_size + size > stream->in_room) {
        if (stream->in_size > 0)
            memmove(stream->in, stream->in + stream->in_at, stream->in_size);
        stream->in_at = 0;
        if (stream->in_size + size > stream->in_room) {
            stream->in_room = 2 * (stream->in_size + size);
            stream->in = realloc(stream->in, stream->in_room);
            if (stream->in == NULL)
                abort();
        }
    }
    memcpy(stream->in + stream->in_at + stream->in_size, octets, size);
    stream->in_size += size;
}

static void
arrive_down(struct stream *stream, const struct stream_segment *segment)
{
    if (stream->is_closed) { /* the kernel answers for a socket that is gone */
        if (segment->kind == STREAM_OCTETS)
            stream_carry(stream, STREAM_UP, STREAM_RESET, NULL, 0);
        return;
    }
    switch (segment->kind) {
    case STREAM_OPENED:
        if (stream->state != STREAM_CONNECTING)
            return;
        stream->state = STREAM_OPEN;
        stream_carry(stream, STREAM_UP, STREAM_OPENED, NULL, 0);
        break;
    case STREAM_OCTETS:
        if (stream->state != STREAM_OPEN || stream->in_ended)
            return;
        put_in(stream, segment->octets, segment->size);
        if (stream->has_far && stream->far.arrived != NULL)
            stream->far.arrived(stream->far.owner, segment->size);
        break;
    case STREAM_END:
        stream->in_ended = true;
        break;
    case STREAM_RESET:
        if (stream->state == STREAM_CONNECTING)
            break_process(stream, ECONNREFUSED);
        else
            break_process(stream, stream->in_ended ? EPIPE : ECONNRESET);
        return;
    }
    object_poke(&stream->object);
}

static void
keep(struct stream *stream, const uint8_t *octets, size_t size)
{
    stream->kept = realloc(stream->kept, stream->kept_size + size);
    if (stream->kept == NULL)
        abort();
    memcpy(stream->kept + stream->kept_size, octets, size);
    stream->kept_size += size;
}

static void
arrive_up(struct stream *stream, const struct stream_segment *segment)
{
    if (!stream->has_far || stream->far_closed) {
        if (segment->kind == STREAM_OCTETS)
            stream_carry(stream, STREAM_DOWN, STREAM_RESET, NULL, 0);
        else if (segment->kind != STREAM_OPENED)
            leave_far(stream, false);
        return;
    }
    switch (segment->kind) {
    case STREAM_OPENED:
        if (stream->far.opened != NULL)
            stream->far.opened(stream->far.owner);
        break;
    case STREAM_OCTETS:
        if (stream->far_paused) {
            keep(stream, segment->octets, segment->size);
            break;
        }
        stream_make_room(stream, segment->size);
        if (stream->far.octets != NULL)
            stream->far.octets(stream->far.owner, segment->octets, segment->size);
        break;
    case STREAM_END:
        if (stream->far_paused)
            stream->kept_end = true;
        else if (stream->far.ended != NULL)
            stream->far.ended(stream->far.owner);
        break;
    case STREAM_RESET:
        leave_far(stream, true);
        break;
    }
}

/* What was sent is not acknowledged for too long. */
static void
give_up(void *owner, uint64_t sent)
{
    struct stream *stream = owner;
    (void)sent;
    if (stream->is_silent && stream->held_first != NULL && stream->state == STREAM_OPEN)
        break_process(stream, ETIMEDOUT);
    object_unpin(&stream->object);
}

static void
arrive(void *owner, uint64_t number)
{
    struct stream_segment *segment = owner;
    struct stream *stream = segment->stream;
    (void)number;
    if (stream->is_silent) {
        if (stream->held_first == NULL && segment->way == STREAM_UP) {
            object_pin(&stream->object);
            kernel_at(kernel_now() + USER_TIMEOUT_US, give_up, stream, 0);
        }
        hold(stream, segment);
        return;
    }
    if (segment->way == STREAM_UP)
        arrive_up(stream, segment);
    else
        arrive_down(stream, segment);
    free(segment);
    object_unpin(&stream->object);
}

/* --- the world's end ------------------------------------------------------------------------- */

static void
set_far(struct stream *stream, const struct stream_far *far, const struct stream_net *net)
{
    stream->far = *far;
    stream->net = *net;
    stream->has_far = true;
    object_pin(&stream->object);
}

void
stream_accept(struct stream *stream, const struct stream_far *far, const struct stream_net *net)
{
    set_far(stream, far, net);
    stream->last_us[STREAM_DOWN] = kernel_now() + net->delay_us; /* there, and back */
    stream_carry(stream, STREAM_DOWN, STREAM_OPENED, NULL, 0);
}

void
stream_refuse(struct stream *stream, const struct stream_net *net)
{
    stream->net = *net;
    stream->last_us[STREAM_DOWN] = kernel_now() + net->delay_us;
    stream_carry(stream, STREAM_DOWN, STREAM_RESET, NULL, 0);
}

struct stream *
stream_connect(const struct addr *from, const struct addr *to, const struct stream_far *far,
               const struct stream_net *net)
{
    struct bound *bound = bound_choose(SOCK_STREAM, from, to, NULL, 0);
    struct stream *listener = bound != NULL ? (struct stream *)bound->object : NULL;
    if (listener == NULL || listener->waiting_count == listener->backlog)
        return NULL;
    struct stream *stream = stream_new(to->family == ADDR_IPV4 ? AF_INET : AF_INET6);
    stream->bound.addr = *to;
    stream->peer = *from;
    stream->state = STREAM_OPEN;
    set_far(stream, far, net);
    object_ref(&stream->object);
    listener->waiting[listener->waiting_count++] = stream;
    trace_note("connect", stream->object.number, from->port, from->bytes, sizeof from->bytes);
    object_poke(&listener->object);
    stream_carry(stream, STREAM_UP, STREAM_OPENED, NULL, 0);
    return stream;
}

void
stream_write(struct stream *stream, const void *octets, size_t size)
{
    if (stream->has_far && !stream->far_closed && size > 0)
        stream_carry(stream, STREAM_DOWN, STREAM_OCTETS, octets, size);
}

void
stream_end(struct stream *stream)
{
    if (stream->has_far)
        stream_carry(stream, STREAM_DOWN, STREAM_END, NULL, 0);
}

void
stream_close(struct stream *stream)
{
    if (!stream->has_far || stream->far_closed)
        return;
    stream->far_closed = true;
    stream_carry(stream, STREAM_DOWN, STREAM_END, NULL, 0);
}

void
stream_reset(struct stream *stream)
{
    if (!stream->has_far)
        return;
    stream_carry(stream, STREAM_DOWN, STREAM_RESET, NULL, 0);
    leave_far(stream, false);
}

void
stream_forget(struct stream *stream)
{
    leave_far(stream, false);
}

static void
give_kept(struct stream *stream)
{
    uint8_t *octets = stream->kept;
    size_t size = stream->kept_size;
    stream->kept = NULL;
    stream->kept_size = 0;
    stream_make_room(stream, size);
    if (stream->far.octets != NULL)
        stream->far.octets(stream->far.owner, octets, size);
    free(octets);
}

void
stream_pause(struct stream *stream, bool is_paused)
{
    stream->far_paused = is_paused;
    if (is_paused || !stream->has_far)
        return;
    object_pin(&stream->object);
    if (stream->kept_size > 0)
        give_kept(stream);
    if (stream->kept_end && stream->has_far && !stream->far_closed && stream->far.ended != NULL)
        stream->far.ended(stream->far.owner);
    stream->kept_end = false;
    object_unpin(&stream->object);
}

void
stream_silence(struct stream *stream, bool is_silent)
{
    stream->is_silent = is_silent;
    while (!is_silent && stream->held_first != NULL) {
        struct stream_segment *segment = stream->held_first;
        stream->held_first = segment->behind;
        launch(segment);
    }
}

size_t
stream_unread(const struct stream *stream)
{
    return stream->in_size;
}
