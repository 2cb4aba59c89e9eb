/* ring.c - see ring.h
 * SPDX-License-Identifier: ISC
 *
 * A record is a 32-bit length and its bytes, padded to 8, so the length never wraps around the
 * edge. Indices count bytes for ever (2^64 outlives us); the position is index modulo size.
 */
#include "lane/ring.h"

#include <string.h>

#define RECORD_ALIGN 8
#define LENGTH_BYTES sizeof(uint32_t)

_Static_assert(sizeof(struct ring_shared) == RING_HEADER_BYTES &&
                   offsetof(struct ring_shared, data) == RING_HEADER_BYTES,
               "header is four cache lines");

static size_t
record_bytes(size_t size)
{
    return (LENGTH_BYTES + size + RECORD_ALIGN - 1) / RECORD_ALIGN * RECORD_ALIGN;
}

void
ring_producer_init(struct ring_producer *p, void *memory, size_t data_bytes)
{
    *p = (struct ring_producer){.shared = memory, .size = data_bytes};
}

void
ring_consumer_init(struct ring_consumer *c, void *memory, size_t data_bytes)
{
    *c = (struct ring_consumer){.shared = memory, .size = data_bytes};
}

/* Copy into the ring at `index`, around its edge if need be. */
static void
copy_in(struct ring_shared *shared, size_t ring_size, uint64_t index, const void *from, size_t size)
{
    size_t at = (size_t)(index & (ring_size - 1));
    size_t first = size < ring_size - at ? size : ring_size - at;
    if (first > 0)
        memcpy(shared->data + at, from, first);
    if (size > first)
        memcpy(shared->data, (const uint8_t *)from + first, size - first);
}

static void
copy_out(const struct ring_shared *shared, size_t ring_size, uint64_t index, void *to, size_t size)
{
    size_t at = (size_t)(index & (ring_size - 1));
    size_t first = size < ring_size - at ? size : ring_size - at;
    memcpy(to, shared->data + at, first);
    if (size > first)
        memcpy((uint8_t *)to + first, shared->data, size - first);
}

/* Read a record's length exactly once: what was checked must be what is used afterwards. */
static uint32_t
read_length(const struct ring_shared *shared, size_t ring_size, uint64_t index)
{
    const void *at = shared->data + (size_t)(index & (ring_size - 1));
    return *(const volatile uint32_t *)at; /* aligned: indices are multiples of RECORD_ALIGN */
}

/* Read the consumer's index once; it may only lie between what we saw and what we published. */
static void
see_head(struct ring_producer *p)
{
    uint64_t head = atomic_load_explicit(&p->shared->head, memory_order_acquire);
    if (head - p->head_seen > p->published - p->head_seen || head % RECORD_ALIGN != 0)
        p->broken = true;
    else
        p->head_seen = head;
}

bool
ring_fits(struct ring_producer *p, size_t size)
{
    size_t need = record_bytes(size);
    if (p->size - (size_t)(p->tail - p->head_seen) >= need)
        return !p->broken;
    see_head(p);
    return !p->broken && p->size - (size_t)(p->tail - p->head_seen) >= need;
}

enum status
ring_put(struct ring_producer *p, const void *head, size_t head_size, const void *body,
         size_t body_size)
{
    size_t size = head_size + body_size;
    if (size == 0 || size > RING_RECORD_MAX || record_bytes(size) > p->size || p->broken)
        return STATUS_INVALID;
    if (!ring_fits(p, size))
        return p->broken ? STATUS_INVALID : STATUS_FULL;
    uint32_t length = (uint32_t)size;
    copy_in(p->shared, p->size, p->tail, &length, LENGTH_BYTES);
    copy_in(p->shared, p->size, p->tail + LENGTH_BYTES, head, head_size);
    copy_in(p->shared, p->size, p->tail + LENGTH_BYTES + head_size, body, body_size);
    p->tail += record_bytes(size);
    return STATUS_OK;
}

bool
ring_publish(struct ring_producer *p)
{
    if (p->published == p->tail)
        return false;
    p->published = p->tail;
    atomic_store_explicit(&p->shared->tail, p->tail, memory_order_release);
    /* the store above and the load below must not pass each other: see ring_sleep() */
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load_explicit(&p->shared->consumer_sleeping, memory_order_relaxed) == 0)
        return false;
    atomic_store_explicit(&p->shared->consumer_sleeping, 0, memory_order_relaxed);
    return true;
}

bool
ring_await_room(struct ring_producer *p, size_t size)
{
    atomic_store_explicit(&p->shared->producer_waiting, 1, memory_order_relaxed);
    atomic_thread_fence(memory_order_seq_cst);
    if (!ring_fits(p, size))
        return !p->broken;
    atomic_store_explicit(&p->shared->producer_waiting, 0, memory_order_relaxed);
    return false;
}

/* Read the producer's index once; it may only be ahead of us by at most the ring's size. */
static void
see_tail(struct ring_consumer *c)
{
    uint64_t tail = atomic_load_explicit(&c->shared->tail, memory_order_acquire);
    if (tail - c->head > c->size || tail - c->head < c->tail_seen - c->head ||
        tail % RECORD_ALIGN != 0)
        c->broken = true;
    else
        c->tail_seen = tail;
}

enum status
ring_take(struct ring_consumer *c, void *to, size_t room, size_t *size)
{
    *size = 0;
    if (!c->broken && c->head == c->tail_seen)
        see_tail(c);
    if (c->broken)
        return STATUS_INVALID;
    if (c->head == c->tail_seen)
        return STATUS_AGAIN;
    uint32_t length = read_length(c->shared, c->size, c->head);
    size_t have = (size_t)(c->tail_seen - c->head);
    if (length == 0 || length > RING_RECORD_MAX || length > room || record_bytes(length) > have) {
        c->broken = true;
        return STATUS_INVALID;
    }
    copy_out(c->shared, c->size, c->head + LENGTH_BYTES, to, length);
    c->head += record_bytes(length);
    *size = length;
    return STATUS_OK;
}

bool
ring_release(struct ring_consumer *c)
{
    if (c->released == c->head)
        return false;
    c->released = c->head;
    atomic_store_explicit(&c->shared->head, c->head, memory_order_release);
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load_explicit(&c->shared->producer_waiting, memory_order_relaxed) == 0)
        return false;
    atomic_store_explicit(&c->shared->producer_waiting, 0, memory_order_relaxed);
    return true;
}

bool
ring_sleep(struct ring_consumer *c)
{
    atomic_store_explicit(&c->shared->consumer_sleeping, 1, memory_order_relaxed);
    /* pairs with the fence in ring_publish(): either we see its records or it sees us asleep */
    atomic_thread_fence(memory_order_seq_cst);
    if (c->head == c->tail_seen)
        see_tail(c);
    if (!c->broken && c->head == c->tail_seen)
        return true;
    ring_wake(c);
    return false;
}

void
ring_wake(struct ring_consumer *c)
{
    atomic_store_explicit(&c->shared->consumer_sleeping, 0, memory_order_relaxed);
}

size_t
ring_depth(const struct ring_consumer *c)
{
    uint64_t tail = atomic_load_explicit(&c->shared->tail, memory_order_relaxed);
    uint64_t depth = tail - c->head;
    return depth <= c->size ? (size_t)depth : 0;
}
