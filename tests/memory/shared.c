/* shared.c - what two processes share, under the thread sanitizer: both sides as threads of one
 * SPDX-License-Identifier: ISC
 *
 * usage: shared [RECORDS]
 *
 * A front's thread asks over a small ring, a worker's echoes over another; both sleep and are woken
 * by the real bells, and count in statistics pages, which a supervisor's thread reads all the while.
 * The sanitizer tells of every access that is not ordered; the threads, of a record that is not the
 * one that was sent, of a counter that goes back, and of a sleep that no bell ends.
 */
#include "lane/ring.h"
#include "lane/stats.h"
#include "os/evloop.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RING_BYTES  4096 /* few records: both sides often meet it empty and full */
#define RECORD_MAX  1200
#define BATCH_MAX   7
#define SLEEP_S     60 /* nobody sleeps so long beside work, however slow the machine */
#define RECORDS     60000
#define HEAD_OCTETS sizeof(uint32_t)

static struct shared {
    _Alignas(64) uint8_t there[RING_MEMORY_BYTES(RING_BYTES)];
    _Alignas(64) uint8_t back[RING_MEMORY_BYTES(RING_BYTES)];
    struct stats_page pages[2]; /* front's, worker's */
    _Atomic int is_over;
} shared;

struct side {
    struct ring_producer to_peer;
    struct ring_consumer from_peer;
    int bell, peer_bell;
    struct stats_page *page;
    uint32_t records;
    uint32_t sent, taken; /* so far */
    uint8_t record[RING_RECORD_MAX];
    size_t held; /* octets of a record that found no room; a worker's */
};

_Noreturn static void
fail(const char *what, uint32_t number)
{
    printf("%s (record %u)\n", what, number);
    fflush(stdout);
    abort();
}

static size_t
size_of(uint32_t number)
{
    return HEAD_OCTETS + number * 2654435761U % (RECORD_MAX - HEAD_OCTETS);
}

static void
fill(uint8_t *record, uint32_t number)
{
    memset(record, (int)(number & 0xff), size_of(number));
    memcpy(record, &number, HEAD_OCTETS);
}

static void
check(const uint8_t *record, size_t size, uint32_t number)
{
    uint8_t wanted[RECORD_MAX];
    fill(wanted, number);
    if (size != size_of(number) || memcmp(record, wanted, size) != 0)
        fail("another record than was sent", number);
}

static void
publish(struct side *side)
{
    if (ring_publish(&side->to_peer))
        evloop_ring_bell(side->peer_bell);
}

static void
release(struct side *side)
{
    if (ring_release(&side->from_peer))
        evloop_ring_bell(side->peer_bell);
}

/* @return false: there is no room, and a bell will tell of some */
static bool
send(struct side *side, const uint8_t *record, size_t size)
{
    do {
        enum status status =
            ring_put(&side->to_peer, record, HEAD_OCTETS, record + HEAD_OCTETS, size - HEAD_OCTETS);
        if (status == STATUS_OK) {
            side->sent++;
            stats_add(side->page, STAT_TURNS, 1);
            return true;
        }
        if (status != STATUS_FULL)
            fail("the peer broke the ring", side->sent);
    } while (!ring_await_room(&side->to_peer, size));
    return false;
}

/* @return false: there is none */
static bool
take(struct side *side, size_t *size)
{
    enum status status = ring_take(&side->from_peer, side->record, sizeof side->record, size);
    if (status == STATUS_INVALID)
        fail("the peer broke the ring", side->taken);
    if (status != STATUS_OK)
        return false;
    check(side->record, *size, side->taken++);
    stats_why(side->page, (enum why)(side->taken % WHY_COUNT));
    stats_latency(side->page, STATS_STAGE_ANSWER, side->taken);
    return true;
}

static void
sleep_for_bell(struct side *side)
{
    struct pollfd wait = {.fd = side->bell, .events = POLLIN};
    uint64_t rung;
    if (ring_sleep(&side->from_peer)) {
        if (poll(&wait, 1, SLEEP_S * 1000) != 1)
            fail("asleep, and no bell", side->taken);
        if (read(side->bell, &rung, sizeof rung) != sizeof rung)
            fail("a bell that did not ring", side->taken);
    }
    ring_wake(&side->from_peer);
}

static void *
front(void *argument)
{
    struct side *side = argument;
    uint8_t question[RECORD_MAX];
    size_t size;
    while (side->taken < side->records) {
        for (unsigned i = 0; i < 1 + side->sent % BATCH_MAX && side->sent < side->records; i++) {
            fill(question, side->sent);
            if (!send(side, question, size_of(side->sent)))
                break;
        }
        publish(side);
        while (take(side, &size))
            continue;
        release(side);
        if (side->taken < side->sent) /* else nobody owes it anything: it asks on */
            sleep_for_bell(side);
    }
    return NULL;
}

static void *
worker(void *argument)
{
    struct side *side = argument;
    while (side->sent < side->records) {
        for (unsigned i = 0; i < BATCH_MAX; i++) {
            if (side->held == 0 && !take(side, &side->held))
                break;
            if (!send(side, side->record, side->held))
                break;
            side->held = 0;
        }
        release(side);
        publish(side);
        if (side->sent < side->records)
            sleep_for_bell(side);
    }
    return NULL;
}

static void *
supervisor(void *argument)
{
    uint64_t turns[2] = {0, 0}, answers[2] = {0, 0};
    while (atomic_load(&shared.is_over) == 0)
        for (unsigned i = 0; i < 2; i++) {
            const struct stats_page *page = &shared.pages[i];
            uint64_t now = stats_load(&page->counts[STAT_TURNS]);
            uint64_t count = stats_latency_count(&page->stages[STATS_STAGE_ANSWER]);
            if (now < turns[i] || count < answers[i])
                fail("a counter went back", (uint32_t)now);
            turns[i] = now;
            answers[i] = count;
            (void)stats_latency_percentile(&page->stages[STATS_STAGE_ANSWER], 500);
        }
    return argument;
}

static void
must(bool holds)
{
    if (!holds)
        abort();
}

int
main(int argc, char **argv)
{
    static struct side front_side, worker_side;
    pthread_t threads[3];
    uint32_t records = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : RECORDS;
    ring_producer_init(&front_side.to_peer, shared.there, RING_BYTES);
    ring_consumer_init(&worker_side.from_peer, shared.there, RING_BYTES);
    ring_producer_init(&worker_side.to_peer, shared.back, RING_BYTES);
    ring_consumer_init(&front_side.from_peer, shared.back, RING_BYTES);
    must(evloop_open_bell(&front_side.bell) == STATUS_OK);
    must(evloop_open_bell(&worker_side.bell) == STATUS_OK);
    front_side.peer_bell = worker_side.bell;
    worker_side.peer_bell = front_side.bell;
    front_side.page = &shared.pages[0];
    worker_side.page = &shared.pages[1];
    front_side.records = worker_side.records = records;
    must(pthread_create(&threads[0], NULL, front, &front_side) == 0);
    must(pthread_create(&threads[1], NULL, worker, &worker_side) == 0);
    must(pthread_create(&threads[2], NULL, supervisor, NULL) == 0);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    atomic_store(&shared.is_over, 1);
    pthread_join(threads[2], NULL);
    printf("%u records there and back\n", records);
    return 0;
}
