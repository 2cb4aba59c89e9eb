/* stream.c - the process's side of stream.h
 * SPDX-License-Identifier: ISC
 */
#include "stream_parts.h"

#include "process.h"
#include "trace.h"

#include "os/sock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#define WINDOW 65536U /* octets, unless the world wants another */

int (*stream_on_connect)(struct stream *stream, const struct addr *to);

void
stream_begin(void)
{
    stream_on_connect = NULL;
}

/* --- readiness ------------------------------------------------------------------------------- */

static uint32_t
room_of(const struct stream *stream)
{
    uint64_t under_way = stream->sent - stream->taken;
    uint32_t window = stream->net.window != 0 ? stream->net.window : WINDOW;
    return under_way < window ? window - (uint32_t)under_way : 0;
}

/* The kernel reports room only when a third of the buffer is free. */
static bool
is_writable(const struct stream *stream)
{
    uint32_t window = stream->net.window != 0 ? stream->net.window : WINDOW;
    return room_of(stream) >= (window + 2) / 3;
}

static uint32_t
ready(const struct object *object)
{
    const struct stream *stream = (const struct stream *)object;
    switch (stream->state) {
    case STREAM_FRESH:
        return EPOLLOUT | EPOLLHUP;
    case STREAM_LISTENING:
        return stream->waiting_count > 0 ? EPOLLIN : 0;
    case STREAM_CONNECTING:
        return 0;
    case STREAM_OPEN:
        return (is_writable(stream) ? EPOLLOUT : 0) |
               (stream->in_size > 0 || stream->in_ended ? EPOLLIN : 0) |
               (stream->in_ended ? EPOLLRDHUP : 0);
    case STREAM_FAILED:
        return EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLHUP | (stream->error != 0 ? EPOLLERR : 0);
    }
    return 0;
}

/* --- end of the socket ----------------------------------------------------------------------- */

static void
close_listener(struct stream *stream)
{
    for (unsigned i = 0; i < stream->waiting_count; i++)
        object_unref(&stream->waiting[i]->object);
    free(stream->waiting);
    stream->waiting = NULL;
    stream->waiting_count = 0;
}

static void
closed(struct object *object)
{
    struct stream *stream = (struct stream *)object;
    bound_leave(&stream->bound);
    trace_note("close", object->number, stream->in_size, NULL, 0);
    if (stream->state == STREAM_LISTENING)
        close_listener(stream);
    stream->is_closed = true;
    if (stream->state == STREAM_OPEN)
        stream_carry(stream, STREAM_UP, stream->in_size > 0 ? STREAM_RESET : STREAM_END, NULL, 0);
    else if (stream->state == STREAM_CONNECTING && stream->has_far)
        stream_carry(stream, STREAM_UP, STREAM_RESET, NULL, 0);
}

static void
destroyed(struct object *object)
{
    struct stream *stream = (struct stream *)object;
    free(stream->in);
    free(stream->waiting);
    free(stream->kept);
    while (stream->held_first != NULL) {
        struct stream_segment *segment = stream->held_first;
        stream->held_first = segment->behind;
        free(segment);
    }
}

static const struct object_class class = {
    .name = "stream", .ready = ready, .closed = closed, .destroyed = destroyed};

bool
stream_is(const struct object *object)
{
    return object->class == &class;
}

struct bound *
stream_bound(struct object *object)
{
    return &((struct stream *)object)->bound;
}

struct stream *
stream_new(int family)
{
    struct stream *stream = object_make(&class, sizeof *stream);
    bound_init(&stream->bound, &stream->object, family, SOCK_STREAM);
    return stream;
}

int
stream_make(int family)
{
    return process_open(&stream_new(family)->object);
}

/* --- calls ----------------------------------------------------------------------------------- */

static int
fail(int error)
{
    errno = error;
    return -1;
}

int
stream_listen(struct object *object, int backlog)
{
    struct stream *stream = (struct stream *)object;
    if (stream->state != STREAM_FRESH)
        return fail(EINVAL);
    stream->state = STREAM_LISTENING;
    stream->backlog = (unsigned)backlog;
    stream->waiting = calloc(stream->backlog, sizeof(struct stream *));
    if (stream->waiting == NULL)
        abort();
    bound_list(&stream->bound);
    return 0;
}

int
stream_dial(struct object *object, const struct addr *to)
{
    struct stream *stream = (struct stream *)object;
    if (stream->state != STREAM_FRESH)
        return fail(stream->state == STREAM_CONNECTING ? EALREADY : EISCONN);
    stream->peer = *to;
    stream->state = STREAM_CONNECTING;
    int error = stream_on_connect != NULL ? stream_on_connect(stream, to) : ECONNREFUSED;
    if (error != 0) {
        stream->state = STREAM_FRESH;
        return fail(error);
    }
    return fail(EINPROGRESS);
}

int
stream_take(struct object *object, struct sockaddr *from, socklen_t *size)
{
    struct stream *listener = (struct stream *)object;
    if (listener->state != STREAM_LISTENING)
        return fail(EINVAL);
    if (listener->waiting_count == 0)
        return fail(EAGAIN);
    struct stream *stream = listener->waiting[0];
    memmove(listener->waiting, listener->waiting + 1,
            --listener->waiting_count * sizeof(struct stream *));
    struct sockaddr_storage name;
    socklen_t name_size = addr_to_socket(&stream->peer, &name);
    memcpy(from, &name, name_size < *size ? name_size : *size);
    *size = name_size;
    int fd = process_open(&stream->object);
    object_unref(&stream->object);
    return fd;
}

ssize_t
stream_receive(struct object *object, void *to, size_t size, int flags)
{
    struct stream *stream = (struct stream *)object;
    if (stream->state == STREAM_CONNECTING)
        return fail(EAGAIN);
    if (stream->in_size > 0) { /* also after a reset */
        size = size < stream->in_size ? size : stream->in_size;
        memcpy(to, stream->in + stream->in_at, size);
        if ((flags & MSG_PEEK) != 0)
            return (ssize_t)size;
        stream->in_at += size;
        stream->in_size -= size;
        if (stream->has_far && stream->far.taken != NULL)
            stream->far.taken(stream->far.owner, size);
        return (ssize_t)size;
    }
    if (stream->error != 0)
        return fail(stream_error(object));
    if (stream->state == STREAM_FRESH || stream->state == STREAM_LISTENING)
        return fail(ENOTCONN);
    return stream->state == STREAM_FAILED || stream->in_ended ? 0 : fail(EAGAIN);
}

ssize_t
stream_send(struct object *object, const void *from, size_t size)
{
    struct stream *stream = (struct stream *)object;
    if (stream->state == STREAM_CONNECTING)
        return fail(EAGAIN);
    if (stream->state != STREAM_OPEN)
        return fail(stream->error != 0 ? stream_error(object) : EPIPE);
    uint32_t room = room_of(stream);
    if (room == 0)
        return fail(EAGAIN);
    size = size < room ? size : room;
    stream->sent += size;
    stream_carry(stream, STREAM_UP, STREAM_OCTETS, from, size);
    return (ssize_t)size;
}

int
stream_error(struct object *object)
{
    struct stream *stream = (struct stream *)object;
    int error = stream->error;
    stream->error = 0;
    return error;
}

bool
stream_is_listening(const struct object *object)
{
    return ((const struct stream *)object)->state == STREAM_LISTENING;
}

void
stream_set_window(struct object *object, uint32_t octets)
{
    struct stream *stream = (struct stream *)object;
    if (stream->net.window == 0 || octets < stream->net.window)
        stream->net.window = octets;
}

void
stream_make_room(struct stream *stream, size_t octets)
{
    bool was_writable = is_writable(stream);
    stream->taken += octets;
    if (!was_writable && is_writable(stream) && !stream->is_closed)
        object_poke(&stream->object);
}
