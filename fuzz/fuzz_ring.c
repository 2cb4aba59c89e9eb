/* fuzz_ring.c - the ring between honest ends, and with a peer that scribbles
 * SPDX-License-Identifier: ISC
 *
 * Input: the first octet says whether the peer is honest, then two octets per step. Honest: what
 * comes out is what went in, in order, and nothing breaks. Hostile: indices and data change under
 * our hands; nothing is touched outside the ring, no record is larger than allowed, broken stays
 * so.
 */
#include "lane/ring.h"

#include "fuzz.h"

#include <string.h>

#define DATA_BYTES 4096
#define STEPS_MAX  4096

struct world {
    struct ring_shared *shared;
    struct ring_producer producer;
    struct ring_consumer consumer;
    size_t put_sizes[STEPS_MAX]; /* of records accepted, in order */
    unsigned put_count, taken_count, published_count;
    bool honest;
};

/* @return what the record is made of: octets that count up, from one that is its own */
static const uint8_t *
octets_of(unsigned record)
{
    static uint8_t octets[256 + DATA_BYTES];
    static bool is_made;
    for (size_t i = 0; !is_made && i < sizeof octets; i++)
        octets[i] = (uint8_t)i;
    is_made = true;
    return octets + record * 31 % 256;
}

static void
step_put(struct world *world, uint8_t value)
{
    const uint8_t *record = octets_of(world->put_count);
    size_t size = (size_t)value * 17, head = size / 3;
    bool was_broken = world->producer.broken;
    enum status status = STATUS_INVALID;
    if (size <= DATA_BYTES)
        status = ring_put(&world->producer, record, head, record + head, size - head);
    must(!was_broken || status == STATUS_INVALID);
    if (status == STATUS_OK)
        world->put_sizes[world->put_count++] = size;
    must(status != STATUS_OK || size > 0);
    must(!world->honest || status != STATUS_INVALID || size == 0 || size + 4 > DATA_BYTES);
}

static void
step_take(struct world *world)
{
    static uint8_t record[RING_RECORD_MAX];
    size_t size = SIZE_MAX;
    bool was_broken = world->consumer.broken;
    enum status status = ring_take(&world->consumer, record, sizeof record, &size);
    must(size <= RING_RECORD_MAX && (status == STATUS_OK) == (size > 0));
    must(!was_broken || status == STATUS_INVALID);
    must((status == STATUS_INVALID) == world->consumer.broken);
    if (!world->honest)
        return;
    must(status != STATUS_INVALID);
    must((status == STATUS_AGAIN) == (world->taken_count == world->published_count));
    if (status == STATUS_AGAIN)
        return;
    must(size == world->put_sizes[world->taken_count]);
    must(memcmp(record, octets_of(world->taken_count), size) == 0);
    world->taken_count++;
}

static void
step_sleep(struct world *world)
{
    bool slept = ring_sleep(&world->consumer);
    must(!slept || !world->consumer.broken);
    must(!world->honest || slept == (world->taken_count == world->published_count));
    must(ring_depth(&world->consumer) <= DATA_BYTES);
    ring_wake(&world->consumer);
}

static void
scribble(struct world *world, uint8_t what, uint8_t value)
{
    struct ring_shared *shared = world->shared;
    uint64_t index = what & 0x40 ? (uint64_t)value << 56 : (uint64_t)(int8_t)value * 8;
    if (what & 0x20)
        index += what & 0x10 ? world->consumer.head : world->producer.tail;
    if (what & 0x80)
        atomic_store(&shared->tail, index);
    else if (what & 0x08)
        atomic_store(&shared->head, index);
    else
        shared->data[(size_t)value * 8 % DATA_BYTES + (what >> 4 & 3)] = (uint8_t)(what * value);
}

static void
step(struct world *world, uint8_t what, uint8_t value)
{
    switch (what & 7) {
    case 0:
    case 1:
        step_put(world, value);
        break;
    case 2:
        ring_publish(&world->producer);
        world->published_count = world->put_count;
        break;
    case 3:
    case 4:
        step_take(world);
        break;
    case 5:
        ring_release(&world->consumer);
        break;
    case 6:
        step_sleep(world);
        (void)ring_await_room(&world->producer, (size_t)value * 16);
        break;
    case 7:
        if (!world->honest)
            scribble(world, what, value);
        break;
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world world;
    world = (struct world){.honest = size > 0 && data[0] % 2 == 0};
    world.shared = aligned_alloc(64, RING_MEMORY_BYTES(DATA_BYTES));
    must(world.shared != NULL);
    memset(world.shared, 0, RING_MEMORY_BYTES(DATA_BYTES));
    ring_producer_init(&world.producer, world.shared, DATA_BYTES);
    ring_consumer_init(&world.consumer, world.shared, DATA_BYTES);
    for (size_t i = 1; i + 1 < size && i < 2 * STEPS_MAX; i += 2) {
        step(&world, data[i], data[i + 1]);
        must(!world.honest || (!world.producer.broken && !world.consumer.broken));
    }
    free(world.shared);
    return 0;
}
