/* relay.c - see relay.h
 * SPDX-License-Identifier: ISC
 */
#include "worker/relay.h"

#include "conf/config.h"
#include "dns/dns_edns.h"
#include "os/bell.h"
#include "os/log.h"
#include "os/memory.h"
#include "os/sys.h"
#include "worker/control.h"
#include "worker/relay_table.h"
#include "worker/worker.h"

#include <string.h>

#define LIFE_MAX_US (30000U * 1000U) /* the longest query_ms: a front cannot ask for more */

/* --- rings ---------------------------------------------------------------------------------- */

static void
bell_rung(struct ev_source *source, uint32_t events)
{
    (void)source; /* edge-triggered: not cleared, the rings are looked at in every turn */
    (void)events;
}

static void
forget_all(struct worker *worker)
{
    struct relay *relay = &worker->relay;
    for (uint32_t i = 0; i < relay->fresh && relay->alive > 0; i++) {
        struct relay_question *q = &relay->questions[i];
        if (q->state == RELAY_FREE)
            continue;
        relay_recall(q);
        relay_question_give(relay, q);
    }
}

static void
detach(struct worker *worker)
{
    struct relay *relay = &worker->relay;
    forget_all(worker);
    evloop_remove(&worker->loop, &relay->bell, true);
    if (relay->front_bell >= 0)
        sys_close(relay->front_bell);
    relay->front_bell = -1;
    if (relay->memory != NULL)
        memory_unmap(relay->memory, relay->memory_size);
    relay->memory = NULL;
}

static bool
is_ring_size(uint32_t bytes)
{
    return bytes >= 4096 && bytes <= 1U << 26 && (bytes & (bytes - 1)) == 0;
}

enum status
relay_attach(struct worker *worker, const struct ipc_message *ring, const int fds[IPC_FDS_MAX])
{
    struct relay *relay = &worker->relay;
    detach(worker);
    relay->front_bell = fds[1];
    relay->ring = ring->epoch;
    enum status status = STATUS_INVALID;
    if (is_ring_size(ring->ring_query_bytes) && is_ring_size(ring->ring_answer_bytes)) {
        size_t size =
            RING_MEMORY_BYTES(ring->ring_query_bytes) + RING_MEMORY_BYTES(ring->ring_answer_bytes);
        status = memory_map(fds[0], size, false, &relay->memory, &relay->memory_size);
    }
    sys_close(fds[0]);
    if (status != STATUS_OK) {
        sys_close(fds[2]);
        return status;
    }
    uint8_t *memory = relay->memory;
    ring_consumer_init(&relay->from_front, memory, ring->ring_query_bytes);
    ring_producer_init(&relay->to_front, memory + RING_MEMORY_BYTES(ring->ring_query_bytes),
                       ring->ring_answer_bytes);
    relay->is_broken = false;
    relay->has_more = true; /* the front may have filled it before we came */
    if (relay->is_held) {
        relay->is_held = false;
        upstream_pool_release(worker);
    }
    return evloop_add(&worker->loop, &relay->bell, fds[2], EPOLLIN | EPOLLET, bell_rung, worker);
}

/* A broken ring ends the front, not us: the supervisor is told, and brings a new one. */
static void
report_broken(struct worker *worker, const char *what)
{
    worker->relay.is_broken = true;
    worker->relay.has_more = false;
    log_write(LOG_ERROR, LOG_RING, "lane %u: the front %s", worker->lane, what);
    control_ring_broken(worker->relay.ring);
    forget_all(worker);
}

bool
relay_has_room(struct worker *worker, size_t size)
{
    struct relay *relay = &worker->relay;
    if (ring_fits(&relay->to_front, size))
        return true;
    if (!relay->to_front.broken && !ring_await_room(&relay->to_front, size) &&
        ring_fits(&relay->to_front, size))
        return true; /* made room just now */
    if (!relay->is_held)
        stats_add(worker->stats, STAT_RING_FULL, 1);
    relay->is_held = true;
    relay->held_size = size;
    return false;
}

void
relay_put(struct worker *worker, const struct handoff_answer *answer)
{
    uint8_t head[HANDOFF_ANSWER_HEAD];
    handoff_answer_write(answer, head);
    if (ring_put(&worker->relay.to_front, head, sizeof head, answer->message,
                 answer->message_size) != STATUS_OK)
        worker->relay.to_front.broken = true; /* relay_has_room() said yes: the front lied */
}

/* --- ends ----------------------------------------------------------------------------------- */

/* @return false: no room; it is kept, and put again later */
static bool
deliver_failure(struct worker *worker, struct relay_question *q)
{
    /* an upstream's own error says more than we could */
    uint8_t error[DNS_HEADER_SIZE] = {0, 0, DNS_QR >> 8, q->rcode};
    bool has_error = q->rcode != DNS_NOERROR;
    size_t size = has_error ? sizeof error : 0;
    enum handoff_outcome outcome = has_error                       ? HANDOFF_ANSWERED
                                   : upstream_pool_is_down(worker) ? HANDOFF_DOWN
                                                                   : HANDOFF_FAILED;
    if (!relay_has_room(worker, HANDOFF_ANSWER_HEAD + size))
        return false;
    relay_put(worker, &(struct handoff_answer){
                          .slot = q->query.slot,
                          .generation = q->query.generation,
                          .outcome = (uint8_t)outcome,
                          .upstream = q->upstream,
                          .ede = has_error ? DNS_EDE_NONE : q->ede,
                          .message = has_error ? error : NULL,
                          .message_size = size,
                      });
    relay_question_give(&worker->relay, q);
    return true;
}

/* --- beginnings ----------------------------------------------------------------------------- */

/* Does anybody wait who goes before one of this rank that comes now? */
static bool
is_behind(const struct relay *relay, unsigned rank)
{
    for (unsigned i = 0; i <= rank; i++)
        if (relay->waiting[i].first != RELAY_NONE)
            return true;
    return false;
}

/* @return false: the record breaks the rules */
static bool
take_record(struct worker *worker, size_t size)
{
    struct relay *relay = &worker->relay;
    struct relay_question *q = relay_question_take(relay);
    uint64_t now = worker->loop.now_us;
    bool is_sound = handoff_query_read(relay->record, size, &q->query) == STATUS_OK;
    uint64_t deadline_ms = q->query.deadline_ms;
    q->deadline_us = q->since_us = now;
    if (is_sound && deadline_ms * 1000 > now + RELAY_MARGIN_US)
        q->deadline_us = deadline_ms < (now + LIFE_MAX_US) / 1000
                             ? deadline_ms * 1000 - RELAY_MARGIN_US
                             : now + LIFE_MAX_US;
    deadlines_set(&relay->deadlines, relay_index_of(relay, q), q->deadline_us);
    if (!is_sound) {
        relay_question_give(relay, q);
        return false;
    }
    leak_earn(&relay->retries, worker->pool.policy.retry_percent * 10);
    leak_earn(&relay->hedges, worker->pool.policy.hedge_percent * 10);
    upstream_pool_asked(worker);
    /* first come, first served among those of its rank */
    if (is_behind(relay, q->query.rank) || !relay_place(worker, q))
        relay_set_state(relay, q, RELAY_WAITING);
    return true;
}

void
relay_take(struct worker *worker)
{
    struct relay *relay = &worker->relay;
    relay->has_more = false;
    if (relay->memory == NULL || relay->is_broken)
        return;
    stats_set(worker->stats, STAT_RING_DEPTH, ring_depth(&relay->from_front));
    enum status status = STATUS_OK;
    int taken = 0;
    for (; taken < RELAY_BATCH && !relay_is_full(relay) && status == STATUS_OK; taken++) {
        size_t size;
        status = ring_take(&relay->from_front, relay->record, sizeof relay->record, &size);
        if (status == STATUS_OK && !take_record(worker, size)) {
            report_broken(worker, "sent a record that breaks the contract");
            return;
        }
    }
    if (status == STATUS_INVALID) {
        report_broken(worker, "broke the ring toward the worker");
        return;
    }
    relay->has_more = relay->has_more || (status == STATUS_OK && !relay_is_full(relay));
    if (ring_release(&relay->from_front))
        bell_ring(relay->front_bell);
}

void
relay_place_waiting(struct worker *worker)
{
    struct relay *relay = &worker->relay;
    uint32_t last = relay->picky.last, at = RELAY_NONE;
    for (int i = 0; i < RELAY_BATCH && last != RELAY_NONE && at != last; i++) {
        at = relay->picky.first; /* one that stays is put behind the others */
        if (!relay_place(worker, &relay->questions[at]))
            relay_set_state(relay, &relay->questions[at], RELAY_WAITING);
    }
    for (unsigned rank = 0; rank < HANDOFF_RANKS; rank++)
        while (relay->waiting[rank].first != RELAY_NONE)
            if (!relay_place(worker, &relay->questions[relay->waiting[rank].first]))
                break;
}

/* --- time ----------------------------------------------------------------------------------- */

/* Fail those that wait; of each rank up to the first that has time beyond `until_us`. */
static void
give_up_until(struct worker *worker, uint64_t until_us)
{
    struct relay *relay = &worker->relay;
    for (unsigned rank = 0; rank < HANDOFF_RANKS; rank++) {
        while (relay->waiting[rank].first != RELAY_NONE) {
            struct relay_question *q = &relay->questions[relay->waiting[rank].first];
            if (q->deadline_us > until_us)
                break;
            relay_fail(worker, q,
                       q->moves > 0 ? DNS_EDE_NETWORK_ERROR : DNS_EDE_NO_REACHABLE_AUTHORITY);
        }
    }
}

void
relay_expire(struct worker *worker)
{
    struct relay *relay = &worker->relay;
    uint64_t now = worker->loop.now_us;
    while (deadlines_first_at(&relay->deadlines) <= now)
        relay_fail(worker, &relay->questions[deadlines_first(&relay->deadlines)],
                   DNS_EDE_NO_REACHABLE_AUTHORITY);
    if (!relay_is_waiting(relay))
        return;
    /* nobody is let wait for a connection that cannot come in time */
    give_up_until(worker, upstream_pool_earliest_us(worker));
}

void
relay_give_up(struct worker *worker)
{
    give_up_until(worker, UINT64_MAX);
}

uint64_t
relay_deadline_us(const struct worker *worker)
{
    const struct relay *relay = &worker->relay;
    uint64_t at = deadlines_first_at(&relay->deadlines);
    if (relay_is_waiting(relay)) {
        uint64_t earliest = upstream_pool_earliest_us(worker);
        if (earliest > worker->loop.now_us && earliest < at)
            at = earliest;
    }
    return at;
}

void
relay_publish(struct worker *worker)
{
    struct relay *relay = &worker->relay;
    if (relay->memory == NULL)
        return;
    while (relay->failed.first != RELAY_NONE)
        if (!deliver_failure(worker, &relay->questions[relay->failed.first]))
            break;
    if (relay->to_front.broken && !relay->is_broken)
        report_broken(worker, "broke the ring toward the front");
    if (ring_publish(&relay->to_front))
        bell_ring(relay->front_bell);
}

bool
relay_sleep(struct worker *worker)
{
    struct relay *relay = &worker->relay;
    if (relay->has_more)
        return false;
    if (relay->memory == NULL || relay->is_broken || relay_is_full(relay))
        return true;
    return ring_sleep(&relay->from_front);
}

void
relay_wake(struct worker *worker)
{
    struct relay *relay = &worker->relay;
    if (relay->memory == NULL)
        return;
    ring_wake(&relay->from_front);
    if (!relay->is_held || relay->to_front.broken)
        return;
    if (!ring_fits(&relay->to_front, relay->held_size) &&
        ring_await_room(&relay->to_front, relay->held_size))
        return; /* not yet; the bell is asked for again */
    relay->is_held = false;
    upstream_pool_release(worker);
}
