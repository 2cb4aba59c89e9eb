/* relay.c - see relay.h */
#include "front/relay.h"

#include "front/deliver.h"
#include "front/front.h"
#include "os/bell.h"
#include "os/log.h"
#include "os/memory.h"

#include <unistd.h>

void
relay_reserve(struct front *front)
{
    front->relay = (struct relay){.bell.fd = -1, .worker_bell = -1};
    front->relay.record = memory_reserve(RING_RECORD_MAX);
    if (front->relay.record == NULL)
        log_fatal("no memory for the ring's records");
}

static void
bell_rung(struct ev_source *source, uint32_t events)
{
    (void)source; /* it has woken us; the ring itself is looked at in every turn */
    (void)events;
}

static bool
is_ring_size(uint32_t bytes)
{
    return bytes >= 4096 && bytes <= 1U << 26 && (bytes & (bytes - 1)) == 0;
}

static void
detach(struct front *front)
{
    struct relay *relay = &front->relay;
    evloop_remove(&front->loop, &relay->bell, true);
    if (relay->worker_bell >= 0)
        close(relay->worker_bell);
    relay->worker_bell = -1;
    memory_unmap(relay->memory, relay->memory_size);
    relay->memory = NULL;
}

enum status
relay_attach(struct front *front, const struct ipc_message *ring, const int fds[IPC_FDS_MAX])
{
    struct relay *relay = &front->relay;
    detach(front);
    relay->worker_bell = fds[2];
    enum status status = STATUS_INVALID;
    if (is_ring_size(ring->ring_query_bytes) && is_ring_size(ring->ring_answer_bytes)) {
        size_t size =
            RING_MEMORY_BYTES(ring->ring_query_bytes) + RING_MEMORY_BYTES(ring->ring_answer_bytes);
        status = memory_map(fds[0], size, false, &relay->memory, &relay->memory_size);
    }
    close(fds[0]);
    if (status != STATUS_OK) {
        close(fds[1]);
        return status;
    }
    uint8_t *memory = relay->memory;
    ring_producer_init(&relay->to_worker, memory, ring->ring_query_bytes);
    ring_consumer_init(&relay->from_worker, memory + RING_MEMORY_BYTES(ring->ring_query_bytes),
                       ring->ring_answer_bytes);
    relay->is_broken = relay->has_more = false;
    queue_refill(front);
    /* on the edge: each ring is an event of its own, and nobody needs to clear the counter */
    return evloop_add(&front->loop, &relay->bell, fds[1], EPOLLIN | EPOLLET, bell_rung, front);
}

/* A broken ring ends the worker, not us: the supervisor reads this and brings a new one. */
static void
report_broken(struct front *front, const char *what)
{
    front->relay.is_broken = true;
    front->relay.has_more = false;
    log_write(LOG_ERROR, LOG_RING, "lane %u: the worker %s", front->lane, what);
}

/* @return false: the record breaks the rules */
static bool
take_record(struct front *front, size_t size)
{
    struct handoff_answer answer;
    if (handoff_answer_read(front->relay.record, size, &answer) != STATUS_OK)
        return false;
    struct inflight_question *question =
        inflight_find(&front->inflight, answer.slot, answer.generation);
    if (question == NULL) /* too late, or invented */
        stats_add(front->stats, STAT_RING_STALE, 1);
    else
        deliver_answer(front, question, &answer);
    return true;
}

void
relay_take(struct front *front)
{
    struct relay *relay = &front->relay;
    if (relay->memory == NULL || relay->is_broken)
        return;
    stats_set(front->stats, STAT_RING_DEPTH, ring_depth(&relay->from_worker));
    enum status status = STATUS_OK;
    for (int i = 0; i < RELAY_ANSWERS && status == STATUS_OK; i++) {
        size_t size;
        status = ring_take(&relay->from_worker, relay->record, RING_RECORD_MAX, &size);
        if (status == STATUS_OK && !take_record(front, size)) {
            report_broken(front, "sent a record that breaks the contract");
            return;
        }
    }
    if (status == STATUS_INVALID) {
        report_broken(front, "broke the ring toward the front");
        return;
    }
    relay->has_more = status == STATUS_OK;
    if (ring_release(&relay->from_worker))
        bell_ring(relay->worker_bell);
}

/* @return STATUS_OK; STATUS_FULL: the worker rings when there is room; STATUS_INVALID */
static enum status
put(struct relay *relay, const uint8_t *record, size_t size)
{
    enum status status = ring_put(&relay->to_worker, record, size, NULL, 0);
    if (status == STATUS_FULL && !ring_await_room(&relay->to_worker, size))
        status = ring_put(&relay->to_worker, record, size, NULL, 0); /* made room just now */
    return status;
}

static enum status
put_question(struct front *front, const struct inflight_question *question)
{
    struct handoff_query *query = &front->relay.query;
    uint8_t record[HANDOFF_QUERY_MAX];
    query->slot = inflight_slot(&front->inflight, question);
    query->generation = question->generation;
    query->deadline_ms = question->deadline_ms;
    query->flags = question->flags;
    query->dnssec_ok = question->dnssec_ok;
    query->question.type = question->question.type;
    query->question.class = question->question.class;
    query->question.name.size = question->question.name.size;
    memcpy(query->question.name.wire, question->question.name.wire, question->question.name.size);
    return put(&front->relay, record, handoff_query_write(query, record));
}

void
relay_submit(struct front *front)
{
    struct relay *relay = &front->relay;
    if (relay->memory == NULL || relay->is_broken)
        return;
    enum status status = STATUS_OK;
    struct inflight_question *question;
    while (status == STATUS_OK && (question = queue_next(front)) != NULL) {
        status = put_question(front, question);
        if (status == STATUS_OK)
            inflight_asked(&front->inflight, question);
        else
            queue_put_back(front, question);
    }
    if (status == STATUS_FULL)
        stats_add(front->stats, STAT_RING_FULL, 1);
    if (status == STATUS_INVALID)
        report_broken(front, "broke the ring toward itself");
    if (ring_publish(&relay->to_worker))
        bell_ring(relay->worker_bell);
}

bool
relay_sleep(struct front *front)
{
    struct relay *relay = &front->relay;
    if (relay->memory == NULL || relay->is_broken)
        return true;
    return !relay->has_more && ring_sleep(&relay->from_worker);
}

void
relay_wake(struct front *front)
{
    if (front->relay.memory != NULL && !front->relay.is_broken)
        ring_wake(&front->relay.from_worker);
}
