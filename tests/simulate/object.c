/* object.c - see object.h
 * SPDX-License-Identifier: ISC
 */
#include "object.h"

#include "epoll.h"
#include "process.h"

#include <stdlib.h>

static struct {
    struct object *first;
    uint64_t made;
} objects;

void
object_begin(void)
{
    objects.made = 0;
}

static void
destroy(struct object *object)
{
    if (object->before != NULL)
        object->before->behind = object->behind;
    else
        objects.first = object->behind;
    if (object->behind != NULL)
        object->behind->before = object->before;
    if (object->class->destroyed != NULL)
        object->class->destroyed(object);
    free(object);
}

void
object_end(void)
{
    while (objects.first != NULL)
        destroy(objects.first);
}

void *
object_make(const struct object_class *class, size_t size)
{
    struct object *object = calloc(1, size);
    if (object == NULL)
        abort();
    object->class = class;
    object->number = ++objects.made;
    object->behind = objects.first;
    if (objects.first != NULL)
        objects.first->before = object;
    objects.first = object;
    return object;
}

void
object_ref(struct object *object)
{
    object->refs++;
}

void
object_unref(struct object *object)
{
    if (--object->refs > 0)
        return;
    object->pins++; /* closing it may take its last pin */
    epoll_forget(object);
    if (object->class->closed != NULL)
        object->class->closed(object);
    object_unpin(object);
}

void
object_pin(struct object *object)
{
    object->pins++;
}

void
object_unpin(struct object *object)
{
    if (--object->pins == 0 && object->refs == 0)
        destroy(object);
}

void
object_poke(struct object *object)
{
    object->edges++;
    epoll_poke(object);
    if (object->poller != NULL && object->class->ready(object) != 0)
        process_wake(object->poller);
}
