/* test_ring.c - the ring between two honest ends, and against a hostile one
 * SPDX-License-Identifier: ISC
 */
#include "lane/ring.h"
#include "prng.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <semaphore.h>
#include <string.h>

#define DATA_BYTES 4096

static struct ring_producer producer;
static struct ring_consumer consumer;
static struct ring_shared *shared;
static uint8_t taken[RING_RECORD_MAX];
static size_t size;

static void
open_ring(size_t data_bytes)
{
    shared = aligned_alloc(64, RING_MEMORY_BYTES(data_bytes));
    memset(shared, 0, RING_MEMORY_BYTES(data_bytes));
    ring_producer_init(&producer, shared, data_bytes);
    ring_consumer_init(&consumer, shared, data_bytes);
}

static void
begin(void)
{
    open_ring(DATA_BYTES);
}

static void
end(void)
{
    free(shared);
}

TestSuite(ring, .init = begin, .fini = end, .timeout = 60);

static enum status
put(const char *text)
{
    return ring_put(&producer, text, 1, text + 1, strlen(text) - 1);
}

static enum status
take(void)
{
    return ring_take(&consumer, taken, sizeof taken, &size);
}

Test(ring, gives_records_in_order_and_head_and_body_as_one)
{
    cr_assert_eq(put("first"), STATUS_OK);
    cr_assert_eq(put("2"), STATUS_OK);
    ring_publish(&producer);
    cr_assert_eq(take(), STATUS_OK);
    cr_assert_eq(size, 5);
    cr_assert_arr_eq(taken, "first", 5);
    cr_assert_eq(take(), STATUS_OK);
    cr_assert_eq(size, 1);
    cr_assert_eq(take(), STATUS_AGAIN);
    cr_assert_eq(size, 0);
}

Test(ring, shows_nothing_before_it_is_published)
{
    cr_assert_eq(put("hidden"), STATUS_OK);
    cr_assert_eq(take(), STATUS_AGAIN);
    cr_assert_eq(ring_depth(&consumer), 0);
    ring_publish(&producer);
    cr_assert_eq(ring_depth(&consumer), 16);
    cr_assert_eq(take(), STATUS_OK);
}

Test(ring, is_full_until_room_is_released)
{
    uint8_t record[1020] = {0}; /* with its length exactly a quarter */
    for (unsigned i = 0; i < 4; i++)
        cr_assert_eq(ring_put(&producer, record, sizeof record, NULL, 0), STATUS_OK);
    cr_assert_eq(ring_put(&producer, record, 1, NULL, 0), STATUS_FULL);
    cr_assert_not(ring_fits(&producer, 1));
    ring_publish(&producer);
    cr_assert_eq(take(), STATUS_OK);
    cr_assert_eq(ring_put(&producer, record, 1, NULL, 0), STATUS_FULL, "taken, not released");
    ring_release(&consumer);
    cr_assert(ring_fits(&producer, sizeof record));
    cr_assert_not(ring_fits(&producer, sizeof record + 1));
    cr_assert_eq(ring_put(&producer, record, sizeof record, NULL, 0), STATUS_OK);
}

Test(ring, refuses_sizes_that_can_never_pass)
{
    static uint8_t large[RING_RECORD_MAX + 1];
    cr_assert_eq(ring_put(&producer, large, 0, NULL, 0), STATUS_INVALID);
    cr_assert_eq(ring_put(&producer, large, DATA_BYTES - 3, NULL, 0), STATUS_INVALID,
                 "larger than the ring: it would wait for ever");
    cr_assert_eq(ring_put(&producer, large, DATA_BYTES - 4, NULL, 0), STATUS_OK);
    free(shared);
    open_ring(1 << 17);
    cr_assert_eq(ring_put(&producer, large, sizeof large, NULL, 0), STATUS_INVALID);
    cr_assert_eq(ring_put(&producer, large, RING_RECORD_MAX, NULL, 0), STATUS_OK);
    ring_publish(&producer);
    cr_assert_eq(take(), STATUS_OK);
    cr_assert_eq(size, RING_RECORD_MAX);
}

Test(ring, rings_the_bell_of_a_sleeper_once)
{
    cr_assert(ring_sleep(&consumer));
    cr_assert_not(ring_publish(&producer), "nothing was put");
    cr_assert_eq(put("a"), STATUS_OK);
    cr_assert(ring_publish(&producer));
    cr_assert_eq(put("b"), STATUS_OK);
    cr_assert_not(ring_publish(&producer), "the bell rang already");
    cr_assert_not(ring_sleep(&consumer), "records are there");
    cr_assert_eq(put("c"), STATUS_OK);
    cr_assert_not(ring_publish(&producer), "who was refused sleep is awake");
}

Test(ring, rings_the_bell_of_who_waits_for_room_once)
{
    uint8_t record[2044] = {0};
    cr_assert_not(ring_await_room(&producer, sizeof record), "there is room");
    cr_assert_eq(ring_put(&producer, record, sizeof record, NULL, 0), STATUS_OK);
    cr_assert_eq(ring_put(&producer, record, sizeof record, NULL, 0), STATUS_OK);
    ring_publish(&producer);
    cr_assert(ring_await_room(&producer, sizeof record));
    cr_assert_not(ring_release(&consumer), "nothing was taken");
    cr_assert_eq(take(), STATUS_OK);
    cr_assert(ring_release(&consumer));
    cr_assert_eq(take(), STATUS_OK);
    cr_assert_not(ring_release(&consumer), "the bell rang already");
}

Test(ring, an_honest_pair_passes_random_records_unchanged)
{
    struct prng prng = prng_begin("ring");
    struct prng expected = prng;
    unsigned put_count = 0, taken_count = 0;
    for (unsigned step = 0; step < 200000; step++) {
        struct prng before = prng;
        uint8_t record[700];
        size_t length = 1 + prng_below(&prng, sizeof record);
        prng_fill(&prng, record, length);
        size_t head = prng_below(&prng, (unsigned)length + 1);
        enum status status = ring_put(&producer, record, head, record + head, length - head);
        if (status == STATUS_OK) {
            put_count++;
        } else {
            cr_assert_eq(status, STATUS_FULL);
            prng = before;
        }
        if (step % 3 == 0)
            ring_publish(&producer);
        while (step % 7 == 0 && take() == STATUS_OK) {
            uint8_t wanted[700];
            size_t wanted_length = 1 + prng_below(&expected, sizeof wanted);
            prng_fill(&expected, wanted, wanted_length);
            (void)prng_below(&expected, (unsigned)wanted_length + 1);
            cr_assert(size == wanted_length && memcmp(taken, wanted, size) == 0, "seed %llu",
                      (unsigned long long)prng.seed);
            taken_count++;
        }
        if (step % 5 == 0)
            ring_release(&consumer);
        cr_assert(!producer.broken && !consumer.broken);
    }
    cr_assert_gt(taken_count, 10000);
    cr_assert_leq(put_count - taken_count, DATA_BYTES / 8);
}

Test(ring, a_tail_that_lies_breaks_it_for_good)
{
    static const uint64_t lies[] = {DATA_BYTES + 8, 4, UINT64_MAX, (uint64_t)1 << 63,
                                    UINT64_MAX - 7};
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        free(shared);
        begin();
        atomic_store(&shared->tail, lies[i]);
        cr_assert_eq(take(), STATUS_INVALID);
        atomic_store(&shared->tail, 0);
        cr_assert_eq(take(), STATUS_INVALID, "sticky");
        cr_assert_not(ring_sleep(&consumer), "it must look again and be told");
        cr_assert_leq(ring_depth(&consumer), DATA_BYTES);
    }
}

Test(ring, more_than_the_ring_can_hold_breaks_it_though_each_record_is_sound)
{
    uint32_t four = 4;
    for (size_t at = 0; at < DATA_BYTES; at += 8)
        memcpy(shared->data + at, &four, sizeof four);
    atomic_store(&shared->tail, DATA_BYTES);
    cr_assert_eq(take(), STATUS_OK, "as much as it can hold is fine");
    free(shared);
    begin();
    for (size_t at = 0; at < DATA_BYTES; at += 8)
        memcpy(shared->data + at, &four, sizeof four);
    atomic_store(&shared->tail, DATA_BYTES + 8);
    cr_assert_eq(take(), STATUS_INVALID);
}

Test(ring, a_tail_that_goes_back_breaks_it)
{
    cr_assert_eq(put("a"), STATUS_OK);
    cr_assert_eq(put("b"), STATUS_OK);
    ring_publish(&producer);
    cr_assert_eq(take(), STATUS_OK);
    cr_assert_eq(take(), STATUS_OK);
    atomic_store(&shared->tail, 8);
    cr_assert_eq(take(), STATUS_INVALID);
}

Test(ring, a_head_that_lies_breaks_it_for_good)
{
    static const uint64_t lies[] = {8, 4, UINT64_MAX, 4096, (uint64_t)1 << 63};
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        free(shared);
        begin();
        uint8_t record[DATA_BYTES - 4] = {0};
        cr_assert_eq(ring_put(&producer, record, sizeof record, NULL, 0), STATUS_OK);
        atomic_store(&shared->head, lies[i]); /* of what was never published */
        cr_assert_eq(put("x"), STATUS_INVALID);
        cr_assert_not(ring_await_room(&producer, 1));
        atomic_store(&shared->head, 0);
        cr_assert_eq(put("x"), STATUS_INVALID, "sticky");
        cr_assert_not(ring_fits(&producer, 1));
    }
}

Test(ring, a_length_that_lies_breaks_it)
{
    static const uint32_t lies[] = {0, 5, RING_RECORD_MAX + 1, UINT32_MAX, UINT32_MAX - 3};
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        free(shared);
        begin();
        cr_assert_eq(put("four"), STATUS_OK); /* 8 bytes with its length; 5 would take 16 */
        ring_publish(&producer);
        memcpy(shared->data, &lies[i], sizeof lies[i]);
        cr_assert_eq(take(), STATUS_INVALID);
        cr_assert_eq(size, 0);
        cr_assert_eq(take(), STATUS_INVALID);
    }
}

Test(ring, a_record_larger_than_the_room_breaks_it)
{
    cr_assert_eq(put("12345"), STATUS_OK);
    ring_publish(&producer);
    cr_assert_eq(ring_take(&consumer, taken, 4, &size), STATUS_INVALID);
    cr_assert_eq(take(), STATUS_INVALID);
}

#define STRESS_RECORDS 300000U

static sem_t consumer_bell, producer_bell;

static void *
produce(void *unused)
{
    (void)unused;
    for (uint32_t i = 0; i < STRESS_RECORDS; i++) {
        uint8_t filler[64] = {0};
        while (ring_put(&producer, &i, sizeof i, filler, i % sizeof filler) != STATUS_OK) {
            if (ring_publish(&producer))
                sem_post(&consumer_bell);
            if (ring_await_room(&producer, sizeof i + sizeof filler))
                sem_wait(&producer_bell);
        }
        if (i % 5 == 0 && ring_publish(&producer))
            sem_post(&consumer_bell);
    }
    if (ring_publish(&producer))
        sem_post(&consumer_bell);
    return NULL;
}

/* A lost bell would leave both asleep: then the suite's timeout ends the test. */
Test(ring, two_threads_lose_no_record_and_no_bell)
{
    pthread_t thread;
    sem_init(&consumer_bell, 0, 0);
    sem_init(&producer_bell, 0, 0);
    cr_assert_eq(pthread_create(&thread, NULL, produce, NULL), 0);
    for (uint32_t wanted = 0; wanted < STRESS_RECORDS;) {
        enum status status = take();
        if (status == STATUS_OK) {
            uint32_t number;
            memcpy(&number, taken, sizeof number);
            cr_assert_eq(number, wanted++);
            cr_assert_eq(size, sizeof number + number % 64);
            if (wanted % 3 != 0)
                continue;
        }
        cr_assert_neq(status, STATUS_INVALID);
        if (ring_release(&consumer))
            sem_post(&producer_bell);
        if (status == STATUS_AGAIN && ring_sleep(&consumer)) {
            sem_wait(&consumer_bell);
            ring_wake(&consumer);
        }
    }
    pthread_join(thread, NULL);
}
