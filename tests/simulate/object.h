/* object.h - what a descriptor stands for: references, readiness, who watches
 * SPDX-License-Identifier: ISC
 *
 * What: every kind of object begins with a struct object and has a class of its own. `refs` are
 *       descriptors and messages that carry one; when the last goes, the object is closed, as a
 *       file is. `pins` keep its memory: the world's end of a stream, a segment under way.
 * Who:  the files of the virtual kernel.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct object;
struct process;
struct watch;

struct object_class {
    const char *name;
    /** EPOLLIN and the like, as they are now; NULL: it cannot be watched (EPERM). */
    uint32_t (*ready)(const struct object *object);
    /** The last reference has gone; NULL: nothing to do. */
    void (*closed)(struct object *object);
    /** Free what it owns, not itself; NULL: nothing. */
    void (*destroyed)(struct object *object);
};

struct object {
    const struct object_class *class;
    unsigned refs, pins;
    uint64_t number;        /* in the order of making: the same in each run */
    uint64_t edges;         /* how often something happened to it: for EPOLLET */
    struct watch *watches;  /* on it, by any epoll */
    struct process *poller; /* sleeps in poll(2) on it; NULL: none */
    struct object *before, *behind;
};

void object_begin(void);

/** Free all there are. */
void object_end(void);

/** A new one of `size` octets, zeroed, without a reference. */
void *object_make(const struct object_class *class, size_t size);

void object_ref(struct object *object);
void object_unref(struct object *object);
void object_pin(struct object *object);
void object_unpin(struct object *object);

/** Something happened: who waits for it and finds it ready wakes. */
void object_poke(struct object *object);
