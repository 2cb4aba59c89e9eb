/* relay.c - see relay.h
 * SPDX-License-Identifier: ISC
 */
#include "front/relay.h"

#include "os/bell.h"
#include "os/log.h"
#include "os/memory.h"
#include "os/sys.h"

void
relay_reserve(struct relay *relay, const struct relay_parts *parts)
{
    *relay = (struct relay){.parts = *parts, .record = memory_reserve(RING_RECORD_MAX)};
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
close_link(struct relay *relay, struct relay_link *link)
{
    evloop_remove(relay->parts.loop, &link->bell, true);
    if (link->worker_bell >= 0)
        sys_close(link->worker_bell);
    memory_unmap(link->memory, link->memory_size);
    *link = (struct relay_link){.bell.fd = -1, .worker_bell = -1};
}

enum status
relay_attach(struct relay *relay, const struct ipc_message *ring, const int fds[IPC_FDS_MAX])
{
    struct relay_link *link = free_link(relay);
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
    link->is_broken = link->is_told = link->has_more = false;
    relay->newest = link;
    /* on the edge: each ring is an event of its own, and nobody needs to clear the counter */
    return evloop_add(relay->parts.loop, &link->bell, fds[1], EPOLLIN | EPOLLET, bell_rung, relay);
}

/* A broken ring ends the worker, not us: the supervisor is told, and brings a new one. */
static void
give_up(struct relay *relay, struct relay_link *link, const char *what)
{
    link->is_broken = true;
    link->has_more = false;
    relay->has_broken = true;
    log_write(LOG_ERROR, LOG_RING, "lane %u: the worker %s", relay->parts.lane, what);
}

bool
relay_pop_broken(struct relay *relay, uint32_t *number)
{
    for (unsigned i = 0; i < RELAY_LINKS; i++) {
        struct relay_link *link = &relay->links[i];
        if (link->memory == NULL || !link->is_broken || link->is_told)
            continue;
        link->is_told = true;
        *number = link->number;
        return true;
    }
    relay->has_broken = false;
    return false;
}

/* --- answers -------------------------------------------------------------------------------- */

/* The question that a record is about. NULL: too late, or invented */
static struct inflight_question *
question_of(struct relay *relay, const struct relay_link *link, const struct handoff_answer *answer)
{
    struct inflight_question *question =
        inflight_find(&relay->parts.waiting->inflight, answer->slot, answer->generation);
    relay->taken++;
    if (question != NULL && question->ring == link->number)
        return question;
    stats_add(relay->parts.stats, STAT_RING_STALE, 1);
    return NULL;
}

/* Records are taken until one is about a question that waits; `count` is theirs, at most `most`.
 * NULL: there is none; link->has_more says whether that is because of `most`. */
static struct inflight_question *
take_from(struct relay *relay, struct relay_link *link, uint32_t *count, uint32_t most,
          struct handoff_answer *answer)
{
    enum status status = STATUS_OK;
    for (; *count < most; ++*count) {
        size_t size;
        status = ring_take(&link->from_worker, relay->record, RING_RECORD_MAX, &size);
        if (status != STATUS_OK)
            break;
        if (handoff_answer_read(relay->record, size, answer) != STATUS_OK) {
            give_up(relay, link, "sent a record that breaks the contract");
            return NULL;
        }
        struct inflight_question *question = question_of(relay, link, answer);
        if (question != NULL) {
            ++*count;
            return question;
        }
    }
    if (status == STATUS_INVALID) {
        give_up(relay, link, "broke the ring toward the front");
        return NULL;
    }
    link->has_more = status == STATUS_OK;
    if (ring_release(&link->from_worker))
        bell_ring(link->worker_bell);
    return NULL;
}

struct inflight_question *
relay_next(struct relay *relay, struct handoff_answer *answer)
{
    for (; relay->taking < RELAY_LINKS; relay->taking++, relay->count = 0) {
        struct relay_link *link = &relay->links[relay->taking];
        if (!is_usable(link))
            continue;
        if (relay->count == 0)
            relay->depth += ring_depth(&link->from_worker);
        struct inflight_question *question =
            take_from(relay, link, &relay->count, RELAY_ANSWERS, answer);
        if (question != NULL)
            return question;
    }
    stats_set(relay->parts.stats, STAT_RING_DEPTH, relay->depth);
    relay->depth = 0;
    relay->taking = 0;
    return NULL;
}

static struct relay_link *
find_link(struct relay *relay, uint32_t number)
{
    for (unsigned i = 0; i < RELAY_LINKS; i++)
        if (relay->links[i].memory != NULL && relay->links[i].number == number)
            return &relay->links[i];
    return NULL;
}

struct inflight_question *
relay_next_of(struct relay *relay, uint32_t number, struct handoff_answer *answer)
{
    struct relay_link *link = find_link(relay, number);
    uint32_t count = 0; /* nobody writes any more: it has an end */
    return is_usable(link) ? take_from(relay, link, &count, UINT32_MAX, answer) : NULL;
}

void
relay_detach(struct relay *relay, uint32_t number, bool is_death)
{
    struct relay_link *link = find_link(relay, number);
    if (link == NULL)
        return;
    if (relay->newest == link)
        relay->newest = NULL;
    close_link(relay, link);
    waiting_refill(relay->parts.waiting, number, is_death);
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
put_question(struct relay *relay, struct relay_link *link, const struct inflight_question *question)
{
    const struct waiting *waiting = relay->parts.waiting;
    struct handoff_query *query = &relay->query;
    uint8_t record[HANDOFF_QUERY_MAX];
    query->slot = inflight_slot(&waiting->inflight, question);
    query->generation = question->generation;
    query->deadline_ms = question->deadline_ms;
    query->flags = question->flags;
    query->dnssec_ok = question->dnssec_ok;
    query->rank = waiting_rank(waiting, question);
    query->question.type = question->question.type;
    query->question.class = question->question.class;
    query->question.name.size = question->question.name.size;
    memcpy(query->question.name.wire, question->question.name.wire, question->question.name.size);
    return put(link, record, handoff_query_write(query, record));
}

void
relay_submit(struct relay *relay)
{
    struct waiting *waiting = relay->parts.waiting;
    struct relay_link *link = relay->newest;
    if (!is_usable(link))
        return;
    enum status status = STATUS_OK;
    struct inflight_question *question;
    while (status == STATUS_OK && (question = waiting_next(waiting)) != NULL) {
        status = put_question(relay, link, question);
        if (status == STATUS_OK)
            inflight_asked(&waiting->inflight, question, link->number);
        else
            waiting_put_back(waiting, question);
    }
    if (status == STATUS_FULL)
        stats_add(relay->parts.stats, STAT_RING_FULL, 1);
    if (status == STATUS_INVALID) {
        give_up(relay, link, "broke the ring toward itself");
        return;
    }
    if (ring_publish(&link->to_worker))
        bell_ring(link->worker_bell);
}

bool
relay_sleep(struct relay *relay)
{
    for (unsigned i = 0; i < RELAY_LINKS; i++) {
        struct relay_link *link = &relay->links[i];
        if (is_usable(link) && (link->has_more || !ring_sleep(&link->from_worker)))
            return false;
    }
    return true;
}

void
relay_wake(struct relay *relay)
{
    for (unsigned i = 0; i < RELAY_LINKS; i++)
        if (is_usable(&relay->links[i]))
            ring_wake(&relay->links[i].from_worker);
}
