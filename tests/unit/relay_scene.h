/* relay_scene.h - the whole worker but for its start, between a front and servers of the test
 * SPDX-License-Identifier: ISC
 *
 * What: rings over shared memory, the test at the front's ends of them; below, upstream_scene.h.
 * Who:  test_relay*.c.
 */
#pragma once

#include "os/evloop.h"
#include "os/memory.h"
#include "upstream_scene.h"
#include "worker/relay.h"

#define ASK_BYTES    8192U
#define ANSWER_BYTES 8192U
#define ANSWERS      512

struct relay_scene_answer { /* as the front got it */
    uint32_t slot;
    uint8_t outcome, upstream;
    uint16_t ede;
    uint8_t rcode; /* of the message, if there is one */
    size_t size;   /* of the message */
};

static struct relay relay;
static struct ring_producer to_worker;
static struct ring_consumer from_worker;
static struct relay_scene_answer answers[ANSWERS];
static unsigned answers_count;
static bool front_is_deaf; /* takes no answer */

static inline void
relay_scene_attach(void)
{
    size_t size = RING_MEMORY_BYTES(ASK_BYTES) + RING_MEMORY_BYTES(ANSWER_BYTES);
    struct ipc_message ring = {.type = IPC_RING,
                               .epoch = 7,
                               .ring_query_bytes = ASK_BYTES,
                               .ring_answer_bytes = ANSWER_BYTES};
    int fds[IPC_FDS_MAX] = {-1, -1, -1};
    void *memory;
    size_t mapped;
    cr_assert_eq(memory_share("ring", NULL, size, false, &fds[0]), STATUS_OK);
    cr_assert_eq(memory_map(fds[0], size, false, &memory, &mapped), STATUS_OK);
    cr_assert_eq(evloop_open_bell(&fds[1]), STATUS_OK);
    cr_assert_eq(evloop_open_bell(&fds[2]), STATUS_OK);
    ring_producer_init(&to_worker, memory, ASK_BYTES);
    ring_consumer_init(&from_worker, (uint8_t *)memory + RING_MEMORY_BYTES(ASK_BYTES),
                       ANSWER_BYTES);
    cr_assert_eq(relay_attach(&relay, &ring, fds), STATUS_OK);
}

/* Take what the worker says. */
static inline void
relay_scene_hear(void)
{
    static uint8_t record[RING_RECORD_MAX];
    struct handoff_answer answer;
    size_t size;
    while (!front_is_deaf && ring_take(&from_worker, record, sizeof record, &size) == STATUS_OK) {
        cr_assert_eq(handoff_answer_read(record, size, &answer), STATUS_OK);
        cr_assert_lt(answers_count, ANSWERS);
        answers[answers_count++] = (struct relay_scene_answer){
            .slot = answer.slot,
            .outcome = answer.outcome,
            .upstream = answer.upstream,
            .ede = answer.ede,
            .rcode = answer.message != NULL ? answer.message[3] & 15 : 0,
            .size = answer.message_size};
    }
    ring_release(&from_worker);
}

static inline void
relay_scene_turn(void)
{
    struct pool *pool = &scene.pool;
    scene_events();
    relay_wake(&relay);
    relay_listen(&relay);
    pool_tick(pool);
    relay_settle(&relay);
    relay_place_waiting(&relay);
    relay_take(&relay);
    relay_expire(&relay);
    pool_flush(pool);
    relay_listen(&relay);
    relay_publish(&relay);
    (void)relay_sleep(&relay);
    relay_scene_hear();
}

static inline void
relay_scene_turn_for(uint64_t us)
{
    for (uint64_t end = scene.now_us + us; scene.now_us < end;)
        relay_scene_turn();
}

static inline void
relay_scene_start(void)
{
    scene_reserve_pool();
    relay_init(&relay, scene.config.queries, &scene.pool, &scene.stats, &scene.loop);
    relay_scene_attach();
    answers_count = 0;
    front_is_deaf = false;
    pool_start(&scene.pool);
}

/* With a connection to each upstream; queries go to the first that is well. */
static inline void
relay_scene_begin(unsigned upstreams, unsigned connections)
{
    scene_begin(upstreams, connections);
    scene.config.strategy = CONFIG_ORDERED;
    relay_scene_start();
    relay_scene_turn_for(10 * TURN_US);
}

static inline void
relay_scene_ask_as(uint32_t slot, uint8_t rank, uint64_t life_ms)
{
    uint8_t record[HANDOFF_QUERY_MAX];
    struct handoff_query query = scene_query(slot);
    query.rank = rank;
    query.deadline_ms = scene.now_us / 1000 + life_ms;
    size_t size = handoff_query_write(&query, record);
    cr_assert_eq(ring_put(&to_worker, record, size, NULL, 0), STATUS_OK);
    (void)ring_publish(&to_worker);
}

static inline void
relay_scene_ask(uint32_t slot)
{
    relay_scene_ask_as(slot, HANDOFF_LIGHT, 4000);
}

/* Queries that upstream's servers have before them, on all of its connections. */
static inline unsigned
relay_scene_asked(unsigned upstream)
{
    unsigned count = 0;
    for (unsigned i = 0; i < scene.peers_count; i++)
        if (scene.peers[i]->upstream == upstream && scene.peers[i]->fd >= 0)
            count += scene.peers[i]->asked_count;
    return count;
}
