/* relay.c - see relay.h
 * SPDX-License-Identifier: ISC
 */
#include "front/relay.h"

#include "front/control.h"
#include "front/deliver.h"
#include "front/front.h"
#include "os/bell.h"
#include "os/log.h"
#include "os/memory.h"
#include "os/sys.h"

void
relay_reserve(struct front *front)
{
    struct relay *relay = &front->relay;
    *relay = (struct relay){.record = memory_reserve(RING_RECORD_MAX)};
    for (unsigned i = 0; i < RELAY_LINKS; i++)
        relay->links[i] = (struct relay_link){.bell.fd = -1, .worker_bell = -1};
    if (relay->record == NULL)
        log_fatal("no memory for the ring's records");
}

static bool
is_usable(const struct relay_link *link)
{
    return link != NULL && link->memory != NULL && !link->is_broken;
}

/* --- rings come and go ---------------------------------------------------------------------- */

static void
bell_rung(struct ev_source *source, uint32_t events)
{
    (void)source; /* it has woken us; the rings themselves are looked at in every turn */
    (void)events;
}

static bool
is_ring_size(uint32_t bytes)
{
    return bytes >= 4096 && bytes <= 1U << 26 && (bytes & (bytes - 1)) == 0;
}

static struct relay_link *
free_link(struct relay *relay)
{
    for (unsigned i = 0; i < RELAY_LINKS; i++)
        if (relay->links[i].memory == NULL)
            return &relay->links[i];
    return NULL;
}

static void
close_link(struct front *front, struct relay_link *link)
{
    evloop_remove(&front->loop, &link->bell, true);
    if (link->worker_bell >= 0)
        sys_close(link->worker_bell);
    memory_unmap(link->memory, link->memory_size);
    *link = (struct relay_link){.bell.fd = -1, .worker_bell = -1};
}

enum status
relay_attach(struct front *front, const struct ipc_message *ring, const int fds[IPC_FDS_MAX])
{
    struct relay_link *link = free_link(&front->relay);
    enum status status = STATUS_INVALID;
    if (link == NULL) {
        status = STATUS_FULL;
    } else if (is_ring_size(ring->ring_query_bytes) && is_ring_size(ring->ring_answer_bytes)) {
        size_t size =
            RING_MEMORY_BYTES(ring->ring_query_bytes) + RING_MEMORY_BYTES(ring->ring_answer_bytes);
        status = memory_map(fds[0], size, false, &link->memory, &link->memory_size);
    }
    sys_close(fds[0]);
    if (status != STATUS_OK) {
        sys_close(fds[1]);
        sys_close(fds[2]);
        return status;
    }
    uint8_t *memory = link->memory;
    ring_producer_init(&link->to_worker, memory, ring->ring_query_bytes);
    ring_consumer_init(&link->from_worker, memory + RING_MEMORY_BYTES(ring->ring_query_bytes),
                       ring->ring_answer_bytes);
    link->number = ring->epoch;
    link->worker_bell = fds[2];
    link->is_broken = link->has_more = false;
    front->relay.newest = link;
    /* on the edge: each ring is an event of its own, and nobody needs to clear the counter */
    return evloop_add(&front->loop, &link->bell, fds[1], EPOLLIN | EPOLLET, bell_rung, front);
}

/* A broken ring ends the worker, not us: the supervisor is told, and brings a new one. */
static void
report_broken(struct front *front, struct relay_link *link, const char *what)
{
    link->is_broken = true;
    link->has_more = false;
    log_write(LOG_ERROR, LOG_RING, "lane %u: the worker %s", front->lane, what);
    control_ring_broken(link->number);
}

/* --- answers -------------------------------------------------------------------------------- */

/* @return false: the record breaks the rules */
static bool
take_record(struct front *front, const struct relay_link *link, size_t size)
{
    struct handoff_answer answer;
    if (handoff_answer_read(front->relay.record, size, &answer) != STATUS_OK)
        return false;
    front->relay.taken++;
    struct inflight_question *question =
        inflight_find(&front->inflight, answer.slot, answer.generation);
    if (question == NULL || question->ring != link->number) /* too late, or invented */
        stats_add(front->stats, STAT_RING_STALE, 1);
    else
        deliver_answer(front, question, &answer);
    return true;
}

static void
take_from(struct front *front, struct relay_link *link)
{
    struct relay *relay = &front->relay;
    enum status status = STATUS_OK;
    for (int i = 0; i < RELAY_ANSWERS && status == STATUS_OK; i++) {
        size_t size;
        status = ring_take(&link->from_worker, relay->record, RING_RECORD_MAX, &size);
        if (status == STATUS_OK && !take_record(front, link, size)) {
            report_broken(front, link, "sent a record that breaks the contract");
            return;
        }
    }
    if (status == STATUS_INVALID) {
        report_broken(front, link, "broke the ring toward the front");
        return;
    }
    link->has_more = status == STATUS_OK;
    if (ring_release(&link->from_worker))
        bell_ring(link->worker_bell);
}

void
relay_take(struct front *front)
{
    uint64_t depth = 0;
    for (unsigned i = 0; i < RELAY_LINKS; i++) {
        struct relay_link *link = &front->relay.links[i];
        if (!is_usable(link))
            continue;
        depth += ring_depth(&link->from_worker);
        take_from(front, link);
    }
    stats_set(front->stats, STAT_RING_DEPTH, depth);
}

void
relay_detach(struct front *front, uint32_t number, bool is_death)
{
    for (unsigned i = 0; i < RELAY_LINKS; i++) {
        struct relay_link *link = &front->relay.links[i];
        if (link->memory == NULL || link->number != number)
            continue;
        do { /* nobody writes any more: it has an end */
            link->has_more = false;
            if (is_usable(link))
                take_from(front, link);
        } while (link->has_more);
        if (front->relay.newest == link)
            front->relay.newest = NULL;
        close_link(front, link);
        queue_refill(front, number, is_death);
    }
}

/* --- questions ------------------------------------------------------------------------------ */

/* @return STATUS_OK; STATUS_FULL: the worker rings when there is room; STATUS_INVALID */
static enum status
put(struct relay_link *link, const uint8_t *record, size_t size)
{
    enum status status = ring_put(&link->to_worker, record, size, NULL, 0);
    if (status == STATUS_FULL && !ring_await_room(&link->to_worker, size))
        status = ring_put(&link->to_worker, record, size, NULL, 0); /* made room just now */
    return status;
}

static enum status
put_question(struct front *front, struct relay_link *link, const struct inflight_question *question)
{
    struct handoff_query *query = &front->relay.query;
    uint8_t record[HANDOFF_QUERY_MAX];
    query->slot = inflight_slot(&front->inflight, question);
    query->generation = question->generation;
    query->deadline_ms = question->deadline_ms;
    query->flags = question->flags;
    query->dnssec_ok = question->dnssec_ok;
    query->rank = queue_rank(front, question);
    query->question.type = question->question.type;
    query->question.class = question->question.class;
    query->question.name.size = question->question.name.size;
    memcpy(query->question.name.wire, question->question.name.wire, question->question.name.size);
    return put(link, record, handoff_query_write(query, record));
}

void
relay_submit(struct front *front)
{
    struct relay_link *link = front->relay.newest;
    if (!is_usable(link))
        return;
    enum status status = STATUS_OK;
    struct inflight_question *question;
    while (status == STATUS_OK && (question = queue_next(front)) != NULL) {
        status = put_question(front, link, question);
        if (status == STATUS_OK)
            inflight_asked(&front->inflight, question, link->number);
        else
            queue_put_back(front, question);
    }
    if (status == STATUS_FULL)
        stats_add(front->stats, STAT_RING_FULL, 1);
    if (status == STATUS_INVALID) {
        report_broken(front, link, "broke the ring toward itself");
        return;
    }
    if (ring_publish(&link->to_worker))
        bell_ring(link->worker_bell);
}

bool
relay_sleep(struct front *front)
{
    for (unsigned i = 0; i < RELAY_LINKS; i++) {
        struct relay_link *link = &front->relay.links[i];
        if (is_usable(link) && (link->has_more || !ring_sleep(&link->from_worker)))
            return false;
    }
    return true;
}

void
relay_wake(struct front *front)
{
    for (unsigned i = 0; i < RELAY_LINKS; i++)
        if (is_usable(&front->relay.links[i]))
            ring_wake(&front->relay.links[i].from_worker);
}
