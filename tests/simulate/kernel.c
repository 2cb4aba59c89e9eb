/* kernel.c - see kernel.h
 * SPDX-License-Identifier: ISC
 */
#include "kernel.h"

#include "object.h"
#include "process.h"

#include <stdlib.h>
#include <string.h>

struct event {
    uint64_t at_us, order;
    kernel_event *happen;
    void *owner;
    uint64_t number;
};

static struct {
    uint64_t now_us, began_us;
    int64_t wall_offset_us;
    uint64_t order;
    struct event *heap;
    size_t size, room;
    bool is_stopped;
    struct kernel_counts counts;
} kernel;

void
kernel_begin(uint64_t begin_us)
{
    struct event *heap = kernel.heap;
    size_t room = kernel.room;
    memset(&kernel, 0, sizeof kernel);
    kernel.heap = heap;
    kernel.room = room;
    kernel.now_us = kernel.began_us = begin_us;
    kernel.wall_offset_us = KERNEL_WALL_S * 1000000;
    object_begin();
    process_begin();
}

void
kernel_end(void)
{
    process_end_all();
    object_end();
    kernel.size = 0;
}

uint64_t
kernel_began(void)
{
    return kernel.began_us;
}

uint64_t
kernel_now(void)
{
    return kernel.now_us;
}

int64_t
kernel_wall(void)
{
    return (int64_t)kernel.now_us + kernel.wall_offset_us;
}

void
kernel_set_wall_offset(int64_t offset_us)
{
    kernel.wall_offset_us = offset_us;
}

struct kernel_counts *
kernel_counts(void)
{
    return &kernel.counts;
}

/* --- the queue ------------------------------------------------------------------------------- */

static bool
is_before(const struct event *a, const struct event *b)
{
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

void
kernel_at(uint64_t at_us, kernel_event *event, void *owner, uint64_t number)
{
    if (kernel.size == kernel.room) {
        kernel.room = kernel.room > 0 ? 2 * kernel.room : 1024;
        kernel.heap = realloc(kernel.heap, kernel.room * sizeof *kernel.heap);
        if (kernel.heap == NULL)
            abort();
    }
    struct event new = {.at_us = at_us > kernel.now_us ? at_us : kernel.now_us,
                        .order = kernel.order++,
                        .happen = event,
                        .owner = owner,
                        .number = number};
    size_t at = kernel.size++;
    for (; at > 0 && is_before(&new, &kernel.heap[(at - 1) / 2]); at = (at - 1) / 2)
        kernel.heap[at] = kernel.heap[(at - 1) / 2];
    kernel.heap[at] = new;
}

static struct event
pop(void)
{
    struct event *heap = kernel.heap;
    struct event first = heap[0], last = heap[--kernel.size];
    size_t at = 0, child;
    while ((child = 2 * at + 1) < kernel.size) {
        if (child + 1 < kernel.size && is_before(&heap[child + 1], &heap[child]))
            child++;
        if (!is_before(&heap[child], &last))
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = last;
    return first;
}

/* --- time ------------------------------------------------------------------------------------ */

void
kernel_run(uint64_t until_us)
{
    kernel.is_stopped = false;
    while (!kernel.is_stopped) {
        uint64_t process_us;
        struct process *process = process_next(&process_us);
        uint64_t event_us = kernel.size > 0 ? kernel.heap[0].at_us : UINT64_MAX;
        bool is_event = event_us <= process_us;
        uint64_t at_us = is_event ? event_us : process_us;
        if (at_us > until_us)
            break;
        if (at_us > kernel.now_us)
            kernel.now_us = at_us;
        if (is_event) {
            struct event event = pop();
            kernel.counts.events++;
            event.happen(event.owner, event.number);
        } else {
            kernel.counts.turns++;
            process_go_on(process);
        }
    }
    if (!kernel.is_stopped && until_us > kernel.now_us)
        kernel.now_us = until_us;
}

void
kernel_stop(void)
{
    kernel.is_stopped = true;
}
