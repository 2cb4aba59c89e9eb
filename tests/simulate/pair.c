/* pair.c - see pair.h
 * SPDX-License-Identifier: ISC
 */
#include "pair.h"

#include "process.h"
#include "trace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#define CARRIED_MAX 16 /* descriptors in one message */

struct message {
    struct message *behind;
    struct object *carried[CARRIED_MAX];
    size_t carried_count, size;
    uint8_t octets[];
};

struct end {
    struct object object;
    struct end *peer; /* NULL: gone */
    struct message *first, *last;
    unsigned count;
};

struct counter {
    struct object object;
    uint64_t count;
};

/* --- pairs ----------------------------------------------------------------------------------- */

static uint32_t
end_ready(const struct object *object)
{
    const struct end *end = (const struct end *)object;
    uint32_t ready = end->first != NULL ? EPOLLIN : 0;
    if (end->peer == NULL)
        return ready | EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLHUP;
    return ready | (end->peer->count < PAIR_MESSAGES_MAX ? EPOLLOUT : 0);
}

static void
drop(struct message *message)
{
    for (size_t i = 0; i < message->carried_count; i++)
        object_unref(message->carried[i]);
    free(message);
}

static struct message *
take(struct end *end)
{
    struct message *message = end->first;
    if (message != NULL) {
        end->first = message->behind;
        end->count--;
    }
    return message;
}

static void
end_closed(struct object *object)
{
    struct end *end = (struct end *)object, *peer = end->peer;
    struct message *message;
    while ((message = take(end)) != NULL)
        drop(message);
    if (peer == NULL)
        return;
    end->peer = peer->peer = NULL;
    object_poke(&peer->object);
}

static void
end_destroyed(struct object *object)
{
    struct message *message;
    while ((message = take((struct end *)object)) != NULL)
        free(message); /* with everything else, at the end of a world */
}

static const struct object_class end_class = {
    .name = "pair", .ready = end_ready, .closed = end_closed, .destroyed = end_destroyed};

bool
pair_is_end(const struct object *object)
{
    return object->class == &end_class;
}

int
pair_make(int pair[2])
{
    struct end *a = object_make(&end_class, sizeof *a), *b = object_make(&end_class, sizeof *b);
    a->peer = b;
    b->peer = a;
    pair[0] = process_open(&a->object);
    pair[1] = process_open(&b->object);
    return 0;
}

static bool
carry(struct message *message, const struct msghdr *header)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c != NULL;
         c = CMSG_NXTHDR((struct msghdr *)(uintptr_t)header, c)) {
        size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count && message->carried_count < CARRIED_MAX; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
            struct object *object = process_object(fd);
            if (object == NULL)
                return false;
            object_ref(object);
            message->carried[message->carried_count++] = object;
        }
    }
    return true;
}

ssize_t
pair_send(struct object *object, const struct msghdr *header)
{
    struct end *end = (struct end *)object, *peer = end->peer;
    const struct iovec *part = header->msg_iov;
    if (peer == NULL || peer->count >= PAIR_MESSAGES_MAX) {
        errno = peer == NULL ? EPIPE : EAGAIN;
        return -1;
    }
    struct message *message = calloc(1, sizeof *message + part->iov_len);
    if (message == NULL)
        abort();
    message->size = part->iov_len;
    memcpy(message->octets, part->iov_base, part->iov_len);
    if (header->msg_controllen > 0 && !carry(message, header)) {
        drop(message);
        errno = EBADF;
        return -1;
    }
    if (peer->first != NULL)
        peer->last->behind = message;
    else
        peer->first = message;
    peer->last = message;
    peer->count++;
    trace_note("message", peer->object.number, message->carried_count, message->octets,
               message->size);
    object_poke(&peer->object);
    return (ssize_t)message->size;
}

/* Descriptors for which there is no room are closed, as the kernel does. */
static void
hand_over(struct message *message, struct msghdr *header)
{
    size_t room = header->msg_controllen > CMSG_LEN(0)
                      ? (header->msg_controllen - CMSG_LEN(0)) / sizeof(int)
                      : 0;
    size_t count = message->carried_count < room ? message->carried_count : room;
    int fds[CARRIED_MAX];
    for (size_t i = 0; i < count; i++)
        fds[i] = process_open(message->carried[i]);
    if (count < message->carried_count)
        header->msg_flags |= MSG_CTRUNC;
    if (count > 0) {
        struct cmsghdr *c = header->msg_control;
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(count * sizeof(int));
        memcpy(CMSG_DATA(c), fds, count * sizeof(int));
    }
    size_t used = count > 0 ? CMSG_SPACE(count * sizeof(int)) : 0;
    header->msg_controllen = used < header->msg_controllen ? used : header->msg_controllen;
}

ssize_t
pair_receive(struct object *object, struct msghdr *header)
{
    struct end *end = (struct end *)object;
    bool was_full = end->count == PAIR_MESSAGES_MAX;
    struct message *message = take(end);
    struct iovec *part = header->msg_iov;
    header->msg_flags = 0;
    if (message == NULL && end->peer == NULL) {
        header->msg_controllen = 0;
        return 0;
    }
    if (message == NULL) {
        errno = EAGAIN;
        return -1;
    }
    size_t size = message->size < part->iov_len ? message->size : part->iov_len;
    memcpy(part->iov_base, message->octets, size);
    if (size < message->size)
        header->msg_flags |= MSG_TRUNC;
    hand_over(message, header);
    drop(message);
    if (was_full && end->peer != NULL)
        object_poke(&end->peer->object);
    return (ssize_t)size;
}

/* --- counters -------------------------------------------------------------------------------- */

static uint32_t
counter_ready(const struct object *object)
{
    uint64_t count = ((const struct counter *)object)->count;
    return (count > 0 ? EPOLLIN : 0) | (count < UINT64_MAX - 1 ? EPOLLOUT : 0);
}

static const struct object_class counter_class = {.name = "counter", .ready = counter_ready};

int
pair_counter(unsigned count)
{
    struct counter *counter = object_make(&counter_class, sizeof *counter);
    counter->count = count;
    return process_open(&counter->object);
}

bool
pair_is_counter(const struct object *object)
{
    return object->class == &counter_class;
}

ssize_t
pair_counter_write(struct object *object, const void *from, size_t size)
{
    struct counter *counter = (struct counter *)object;
    uint64_t more;
    if (size < sizeof more) {
        errno = EINVAL;
        return -1;
    }
    memcpy(&more, from, sizeof more);
    if (more == UINT64_MAX || counter->count > UINT64_MAX - 1 - more) {
        errno = more == UINT64_MAX ? EINVAL : EAGAIN;
        return -1;
    }
    counter->count += more;
    trace_note("bell", object->number, counter->count, NULL, 0);
    object_poke(object);
    return sizeof more;
}

ssize_t
pair_counter_read(struct object *object, void *to, size_t size)
{
    struct counter *counter = (struct counter *)object;
    if (size < sizeof counter->count || counter->count == 0) {
        errno = counter->count == 0 ? EAGAIN : EINVAL;
        return -1;
    }
    memcpy(to, &counter->count, sizeof counter->count);
    counter->count = 0;
    object_poke(object);
    return sizeof counter->count;
}
