/* prove_ring.c - the ring against whatever the other side writes, and between two honest sides
 * SPDX-License-Identifier: ISC
 *
 * One step from any state that keeps the invariant, and the invariant again: so it holds after any
 * steps, in any order, of whatever the shared memory says (hostile.h).
 */
#include "lane/ring.h"
#include "prove.h"

#include <string.h>

#define ALIGN 8 /* indices are multiples of it */

static size_t
any_ring_bytes(void)
{
    unsigned shift = (unsigned)any_up_to(26);
    ASSUME(shift >= 12);
    return (size_t)1 << shift;
}

static bool
is_producer(const struct ring_producer *p)
{
    return p->tail % ALIGN == 0 && p->published % ALIGN == 0 && p->head_seen % ALIGN == 0 &&
           p->tail - p->head_seen <= p->size &&
           p->published - p->head_seen <= p->tail - p->head_seen;
}

static struct ring_producer
any_producer(void)
{
    struct ring_producer p;
    size_t size = any_ring_bytes();
    ring_producer_init(&p, any_octets(RING_MEMORY_BYTES(size)), size);
    CLAIM(is_producer(&p) && !p.broken, "a new producer keeps the invariant");
    p.tail = nondet_u64();
    p.published = nondet_u64();
    p.head_seen = nondet_u64();
    p.broken = nondet_bool();
    ASSUME(is_producer(&p));
    return p;
}

static void
claim_producer(const struct ring_producer *before, const struct ring_producer *p)
{
    CLAIM(is_producer(p), "its indices stay within the ring");
    CLAIM(p->shared == before->shared && p->size == before->size, "the ring stays the same");
    CLAIM(!before->broken || p->broken, "a lie is not forgotten");
}

void
prove_ring_put(void)
{
    struct ring_producer p = any_producer(), before = p;
    size_t head_size = any_up_to(RING_RECORD_MAX), body_size = any_up_to(2 * RING_RECORD_MAX);
    enum status status =
        ring_put(&p, any_octets(head_size), head_size, any_octets(body_size), body_size);
    claim_producer(&before, &p);
    CLAIM(status == STATUS_OK || p.tail == before.tail, "nothing is added but where it says so");
    CLAIM(status != STATUS_OK || !p.broken, "nothing is added for a peer that lies");
    CLAIM(p.published == before.published, "nothing is visible yet");
    size_t size = head_size + body_size;
    ASSUME(status == STATUS_OK);
    CLAIM(size > 0 && size <= RING_RECORD_MAX, "no record has another size");
    CLAIM(p.tail - before.tail >= size + 4 && p.tail - before.tail < size + 4 + ALIGN,
          "a record takes its octets, its length and what rounds it up");
    REACHED();
}

void
prove_ring_producer(void)
{
    struct ring_producer p = any_producer(), before = p;
    size_t size = any_up_to(RING_RECORD_MAX);
    uint8_t what = nondet_u8();
    if (what == 0)
        (void)ring_fits(&p, size);
    else if (what == 1)
        (void)ring_publish(&p);
    else
        (void)ring_await_room(&p, size);
    claim_producer(&before, &p);
    CLAIM(p.tail == before.tail, "nothing is added");
    CLAIM(what != 1 || p.published == p.tail, "what was added is visible");
    REACHED();
}

static bool
is_consumer(const struct ring_consumer *c)
{
    return c->head % ALIGN == 0 && c->tail_seen % ALIGN == 0 && c->tail_seen - c->head <= c->size;
}

static struct ring_consumer
any_consumer(void)
{
    struct ring_consumer c;
    size_t size = any_ring_bytes();
    ring_consumer_init(&c, any_octets(RING_MEMORY_BYTES(size)), size);
    CLAIM(is_consumer(&c) && !c.broken, "a new consumer keeps the invariant");
    c.head = nondet_u64();
    c.released = nondet_u64();
    c.tail_seen = nondet_u64();
    c.broken = nondet_bool();
    ASSUME(is_consumer(&c));
    return c;
}

static void
claim_consumer(const struct ring_consumer *before, const struct ring_consumer *c)
{
    CLAIM(is_consumer(c), "its indices stay within the ring");
    CLAIM(c->shared == before->shared && c->size == before->size, "the ring stays the same");
    CLAIM(!before->broken || c->broken, "a lie is not forgotten");
}

void
prove_ring_take(void)
{
    struct ring_consumer c = any_consumer(), before = c;
    size_t room = any_up_to(RING_RECORD_MAX), size = nondet_size();
    enum status status = ring_take(&c, any_octets(room), room, &size);
    claim_consumer(&before, &c);
    CLAIM(size <= room, "no record is larger than its room");
    CLAIM((status == STATUS_OK) == (size > 0), "a record or none");
    CLAIM((status == STATUS_INVALID) == c.broken, "who lies is known");
    CLAIM(status == STATUS_OK || c.head == before.head, "nothing is taken but where it says so");
    ASSUME(status == STATUS_OK);
    CLAIM(c.head - before.head >= size + 4 && c.head - before.head < size + 4 + ALIGN,
          "a record takes its octets, its length and what rounds it up");
    REACHED();
}

/* The same where each look at a record's length gives another one (tools/prove). */
void
prove_ring_take_lengths(void)
{
    prove_ring_take();
    REACHED();
}

void
prove_ring_consumer(void)
{
    struct ring_consumer c = any_consumer(), before = c;
    uint8_t what = nondet_u8();
    bool is_asleep = false;
    if (what == 0)
        (void)ring_release(&c);
    else if (what == 1)
        is_asleep = ring_sleep(&c);
    else if (what == 2)
        CLAIM(ring_depth(&c) <= c.size, "no more is in the ring than fits");
    else
        ring_wake(&c);
    claim_consumer(&before, &c);
    CLAIM(c.head == before.head, "nothing is taken");
    CLAIM(what != 0 || c.released == c.head, "what was taken is given back");
    CLAIM(!is_asleep || (!c.broken && c.head == c.tail_seen),
          "who sleeps has seen nothing to take");
    REACHED();
}

/* Two honest sides of a small ring, from any place in it and any count of octets before. */
#define SMALL_RING   32
#define SMALL_RECORD 10

static struct ring_producer producer;
static struct ring_consumer consumer;

static void
put_small(const uint8_t *record, size_t size, bool *is_in)
{
    size_t head = any_up_to(size);
    enum status status = ring_put(&producer, record, head, record + head, size - head);
    CLAIM(status == STATUS_OK || status == STATUS_FULL, "an honest peer is not called a liar");
    *is_in = status == STATUS_OK;
}

static void
take_small(const uint8_t *record, size_t size)
{
    uint8_t copy[SMALL_RECORD];
    size_t taken, at = any_up_to(SMALL_RECORD - 1);
    CLAIM(ring_take(&consumer, copy, sizeof copy, &taken) == STATUS_OK, "it arrives");
    CLAIM(taken == size, "it has its size");
    ASSUME(at < size);
    CLAIM(copy[at] == record[at], "it has its octets");
}

void
prove_ring_order(void)
{
    static _Alignas(64) uint8_t memory[RING_MEMORY_BYTES(SMALL_RING)];
    struct ring_shared *shared = (void *)memory;
    uint8_t first[SMALL_RECORD], second[SMALL_RECORD];
    size_t first_size = any_up_to(SMALL_RECORD), second_size = any_up_to(SMALL_RECORD), taken;
    bool is_in;
    uint64_t begin = nondet_u64() * ALIGN;
    ASSUME(first_size > 0 && second_size > 0);
    ring_producer_init(&producer, memory, SMALL_RING);
    ring_consumer_init(&consumer, memory, SMALL_RING);
    producer.tail = producer.published = producer.head_seen = begin;
    consumer.head = consumer.released = consumer.tail_seen = begin;
    atomic_store(&shared->head, begin);
    atomic_store(&shared->tail, begin);
    put_small(first, first_size, &is_in);
    CLAIM(is_in, "an empty ring has room");
    CLAIM(ring_take(&consumer, second, 0, &taken) == STATUS_AGAIN, "nothing is seen too early");
    put_small(second, second_size, &is_in);
    (void)ring_publish(&producer);
    CLAIM(!ring_sleep(&consumer), "who has something to take does not sleep");
    take_small(first, first_size);
    if (is_in)
        take_small(second, second_size);
    CLAIM(ring_sleep(&consumer), "then there is nothing more");
    (void)ring_release(&consumer);
    CLAIM(ring_fits(&producer, SMALL_RING - 4), "and the ring is free again");
    REACHED();
}
