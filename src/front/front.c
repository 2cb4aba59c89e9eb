/* front.c - see front.h
 * SPDX-License-Identifier: ISC
 */
#include "front/front.h"

#include "lane/heartbeat.h"

#include "front/deliver.h"
#include "os/clock.h"
#include "os/log.h"
#include "os/memory.h"
#include "os/random.h"

void
front_reserve(struct front *front)
{
    uint32_t count = front->config->queries;
    uint8_t key[16];
    void *queries = memory_reserve(query_table_bytes(count));
    uint32_t questions = count * QUEUE_QUESTIONS;
    void *inflight = memory_reserve(inflight_bytes(questions));
    if (queries == NULL || inflight == NULL)
        log_fatal("no memory for %u queries", count);
    random_fill(key, sizeof key);
    query_table_init(&front->queries, queries, count);
    inflight_init(&front->inflight, inflight, questions, hash_key_from(key));
    explicit_bzero(key, sizeof key);
    limit_reserve(front);
    queue_reserve(front);
    pace_reserve(front);
    store_reserve(front);
    local_change(front);
    udp_reserve(front);
    tcp_reserve(front);
    relay_reserve(front);
}

/* Who waited in vain is told so while he still listens. */
static void
expire_questions(struct front *front)
{
    uint64_t now_ms = front_now_ms(front);
    for (int i = 0; i < FRONT_EXPIRE_BATCH; i++) {
        struct inflight_question *question = inflight_first_due(&front->inflight);
        if (question == NULL || question->deadline_ms > now_ms)
            return;
        deliver_failure(front, question, WHY_TIMEOUT, DNS_EDE_NO_REACHABLE_AUTHORITY);
    }
}

static uint64_t
deadline_us(const struct front *front)
{
    uint64_t earliest = tcp_deadline_us(front);
    const struct inflight_question *question = inflight_first_due(&front->inflight);
    if (question != NULL && question->deadline_ms * 1000 < earliest)
        earliest = question->deadline_ms * 1000;
    if (store_deadline_us(front) < earliest)
        earliest = store_deadline_us(front);
    if (pace_deadline_us(front) < earliest)
        earliest = pace_deadline_us(front);
    if (front->stop_us != 0 && front->stop_us < earliest)
        earliest = front->stop_us;
    uint64_t beat_us = front->loop.now_us + HEARTBEAT_MS * 1000;
    return beat_us < earliest ? beat_us : earliest;
}

bool
front_is_over(const struct front *front)
{
    bool is_empty = front->queries.alive == 0 && front->pace.count == 0 && front->tcp.open == 0;
    return front->stop_us != 0 && (is_empty || front->loop.now_us >= front->stop_us);
}

static void
show_levels(struct front *front)
{
    stats_add(front->stats, STAT_TURNS, 1);
    stats_set(front->stats, STAT_QUERIES_ALIVE, front->queries.alive);
    stats_set(front->stats, STAT_QUESTIONS_QUEUED, front->inflight.queued);
    if (front->store.cache != NULL) {
        const struct cache_counts *cache = cache_counts(front->store.cache);
        stats_set(front->stats, STAT_CACHE_ENTRIES, cache->entries);
        stats_set(front->stats, STAT_CACHE_BYTES, (uint64_t)cache->chunks_used * CACHE_CHUNK_BYTES);
        stats_set(front->stats, STAT_CACHE_MISSES, cache->misses);
        stats_set(front->stats, STAT_CACHE_EVICTED, cache->evicted);
    }
    stats_set(front->stats, STAT_ANSWERS_HELD, front->pace.count);
    stats_set(front->stats, STAT_RATES_FORGIVEN_MS,
              limiter_forgiven_ms(&front->limit.tables[LIMIT_UNPROVEN]) +
                  limiter_forgiven_ms(&front->limit.tables[LIMIT_PROVEN]));
}

static uint64_t
counted(const struct front *front, enum stats_counter counter)
{
    return atomic_load_explicit(&front->stats->counts[counter], memory_order_relaxed);
}

/* What has passed since the process began; its processor time only if asked for. */
static struct rest_count
count_passed(const struct front *front, bool with_cpu)
{
    uint64_t queries = counted(front, STAT_UDP_QUERIES) + counted(front, STAT_TCP_QUERIES);
    uint64_t answers = counted(front, STAT_UDP_ANSWERS) + counted(front, STAT_TCP_ANSWERS);
    return (struct rest_count){.cpu_us = with_cpu ? evloop_cpu_us() : 0,
                               .queries = queries,
                               .questions = front->relay.taken,
                               .messages = queries + answers};
}

/* Let messages gather, if this is a time for it. */
static void
rest(struct front *front)
{
    uint64_t now_us = front->loop.now_us;
    bool is_due = rest_is_due(&front->rest, now_us);
    struct rest_count count = count_passed(front, is_due);
    if (is_due)
        rest_judge(&front->rest, now_us, &count);
    uint32_t us = rest_after_turn(&front->rest, count.messages);
    if (us > 0)
        evloop_rest(us);
}

void
front_begin(struct front *front)
{
    struct rest_count nothing = count_passed(front, true);
    rest_init(&front->rest, front->loop.now_us, &nothing);
}

uint64_t
front_turn(struct front *front, struct clock_time time)
{
    evloop_dispatch(&front->loop, time);
    relay_wake(front);
    log_tick(front_now_ms(front));
    relay_take(front);
    store_expire(front);
    expire_questions(front);
    pace_release(front);
    tcp_resume(front);
    tcp_expire(front);
    tcp_settle(front);   /* may take messages that had to wait */
    relay_submit(front); /* before the answers: the worker begins while we send */
    udp_flush(front);
    show_levels(front);
    rest(front);
    return relay_sleep(front) ? deadline_us(front) : 0;
}
