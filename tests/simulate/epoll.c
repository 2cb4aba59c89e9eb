/* epoll.c - see epoll.h
 * SPDX-License-Identifier: ISC
 */
#include "epoll.h"

#include "draw.h"
#include "kernel.h"
#include "process.h"

#include <errno.h>
#include <stdlib.h>

#define LATE_US 60 /* a timeout may come so much later */
#define TURN_US 5  /* what every turn costs beside its calls */

struct epoll {
    struct object object;
    struct watch *first, *last; /* in the order of adding */
    int count;
    struct process *sleeper; /* in epoll_wait; NULL: none */
};

struct watch {
    struct epoll *epoll;
    struct object *object;
    int fd;
    uint32_t events;
    uint64_t seen; /* edges when it was reported last */
    epoll_data_t data;
    struct watch *behind;    /* of the epoll */
    struct watch *of_object; /* the next one of the object */
};

static void remove_all(struct object *object);

static const struct object_class epoll_class = {.name = "epoll", .closed = remove_all};

static struct epoll *
epoll_of(int fd)
{
    struct object *object = process_object(fd);
    return object != NULL && object->class == &epoll_class ? (struct epoll *)object : NULL;
}

int
epoll_make(void)
{
    return process_open(object_make(&epoll_class, sizeof(struct epoll)));
}

/* --- watches --------------------------------------------------------------------------------- */

static uint32_t
found(const struct watch *watch)
{
    if ((watch->events & EPOLLET) != 0 && watch->seen == watch->object->edges)
        return 0;
    return watch->object->class->ready(watch->object) & (watch->events | EPOLLERR | EPOLLHUP);
}

static void
wake_if_found(const struct watch *watch)
{
    if (watch->epoll->sleeper != NULL && found(watch) != 0)
        process_wake(watch->epoll->sleeper);
}

void
epoll_poke(struct object *object)
{
    for (const struct watch *watch = object->watches; watch != NULL; watch = watch->of_object)
        wake_if_found(watch);
}

static struct watch *
find(const struct epoll *epoll, const struct object *object, int fd)
{
    struct watch *watch = object->watches;
    while (watch != NULL && (watch->epoll != epoll || watch->fd != fd))
        watch = watch->of_object;
    return watch;
}

static void
remove_watch(struct watch *watch)
{
    struct epoll *epoll = watch->epoll;
    struct watch **link = &watch->object->watches, *before = NULL;
    while (*link != watch)
        link = &(*link)->of_object;
    *link = watch->of_object;
    for (struct watch *at = epoll->first; at != watch; at = at->behind)
        before = at;
    if (before != NULL)
        before->behind = watch->behind;
    else
        epoll->first = watch->behind;
    if (epoll->last == watch)
        epoll->last = before;
    epoll->count--;
    free(watch);
}

static void
remove_all(struct object *object)
{
    struct epoll *epoll = (struct epoll *)object;
    while (epoll->first != NULL)
        remove_watch(epoll->first);
}

void
epoll_forget(struct object *object)
{
    while (object->watches != NULL)
        remove_watch(object->watches);
}

static struct watch *
add_watch(struct epoll *epoll, struct object *object, int fd)
{
    struct watch *watch = calloc(1, sizeof *watch);
    if (watch == NULL)
        abort();
    *watch =
        (struct watch){.epoll = epoll, .object = object, .fd = fd, .of_object = object->watches};
    object->watches = watch;
    if (epoll->last != NULL)
        epoll->last->behind = watch;
    else
        epoll->first = watch;
    epoll->last = watch;
    epoll->count++;
    return watch;
}

static int
fail(int error)
{
    errno = error;
    return -1;
}

int
epoll_change(int epoll_fd, int operation, int fd, const struct epoll_event *event)
{
    struct epoll *epoll = epoll_of(epoll_fd);
    struct object *object = process_object(fd);
    if (epoll == NULL || object == NULL)
        return fail(EBADF);
    if (object->class->ready == NULL)
        return fail(EPERM);
    struct watch *watch = find(epoll, object, fd);
    if (operation == EPOLL_CTL_ADD ? watch != NULL : watch == NULL)
        return fail(operation == EPOLL_CTL_ADD ? EEXIST : ENOENT);
    if (operation == EPOLL_CTL_DEL) {
        remove_watch(watch);
        return 0;
    }
    if (operation == EPOLL_CTL_ADD)
        watch = add_watch(epoll, object, fd);
    watch->events = event->events;
    watch->data = event->data;
    watch->seen = object->edges - 1; /* what is ready already counts as an edge */
    wake_if_found(watch);
    return 0;
}

/* --- sleeping -------------------------------------------------------------------------------- */

static bool
is_any_found(const struct epoll *epoll)
{
    for (const struct watch *watch = epoll->first; watch != NULL; watch = watch->behind)
        if (found(watch) != 0)
            return true;
    return false;
}

static int
collect(struct epoll *epoll, struct epoll_event *events, int room)
{
    int count = 0;
    int from = (int)process_draw(DRAW_PROCESS, (uint64_t)epoll->count);
    struct watch *watch = epoll->first;
    for (int i = 0; i < from; i++)
        watch = watch->behind;
    for (int i = 0; i < epoll->count && count < room; i++) {
        uint32_t ready = found(watch);
        if (ready != 0) {
            watch->seen = watch->object->edges;
            events[count++] = (struct epoll_event){.events = ready, .data = watch->data};
        }
        watch = watch->behind != NULL ? watch->behind : epoll->first;
    }
    return count;
}

static uint64_t
end_of(int timeout_ms)
{
    if (timeout_ms < 0)
        return UINT64_MAX;
    uint64_t late_us = timeout_ms > 0 ? process_draw(DRAW_PROCESS, LATE_US) : 0;
    return kernel_now() + (uint64_t)timeout_ms * KERNEL_MS + late_us;
}

int
epoll_sleep(int epoll_fd, struct epoll_event *events, int room, int timeout_ms)
{
    struct epoll *epoll = epoll_of(epoll_fd);
    if (epoll == NULL)
        return fail(EBADF);
    process_turned(TURN_US);
    epoll->sleeper = process_current();
    process_sleep(is_any_found(epoll) ? kernel_now() : end_of(timeout_ms));
    epoll->sleeper = NULL;
    return collect(epoll, events, room);
}

int
epoll_poll(struct pollfd *one, int timeout_ms)
{
    struct object *object = process_object(one->fd);
    if (object == NULL || object->class->ready == NULL)
        return fail(EBADF);
    if ((object->class->ready(object) & (uint16_t)one->events) == 0) {
        object_pin(object);
        object->poller = process_current();
        process_sleep(end_of(timeout_ms));
        object->poller = NULL;
        object_unpin(object);
    }
    uint32_t wanted = (uint16_t)one->events | EPOLLERR | EPOLLHUP;
    one->revents = (short)(object->class->ready(object) & wanted);
    return one->revents != 0;
}
