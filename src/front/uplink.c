/* uplink.c - see uplink.h
 * SPDX-License-Identifier: ISC
 */
#include "front/uplink.h"

#include "os/chan.h"
#include "os/log.h"
#include "os/memory.h"

void
uplink_reserve(struct uplink *uplink, const struct uplink_parts *parts)
{
    *uplink = (struct uplink){.parts = *parts, .record = memory_reserve(RING_RECORD_MAX)};
    for (unsigned i = 0; i < UPLINK_LINKS; i++)
        child_link_init(&uplink->links[i]);
    if (uplink->record == NULL)
        log_fatal("cannot reserve memory for the ring's records");
}

/* --- rings come and go ---------------------------------------------------------------------- */

static struct child_link *
free_link(struct uplink *uplink)
{
    for (unsigned i = 0; i < UPLINK_LINKS; i++)
        if (uplink->links[i].memory == NULL)
            return &uplink->links[i];
    return NULL;
}

enum status
uplink_attach(struct uplink *uplink, const struct ipc_message *ring, const int fds[IPC_FDS_MAX])
{
    struct child_link *link = free_link(uplink);
    if (link == NULL) {
        chan_close(fds, IPC_FDS_MAX);
        return STATUS_FULL;
    }
    enum status status = child_link_open(link, uplink->parts.loop, CHILD_LINK_FRONT, ring, fds);
    if (status != STATUS_OK)
        return status;
    uplink->newest = link;
    uplink->is_of_before[link - uplink->links] = false;
    return STATUS_OK;
}

void
uplink_forget_places(struct uplink *uplink)
{
    for (unsigned i = 0; i < UPLINK_LINKS; i++)
        uplink->is_of_before[i] = true;
}

/* A broken ring ends the worker, not us: the supervisor gets a report, and sends a new ring. */
static void
give_up(struct uplink *uplink, struct child_link *link, const char *what)
{
    child_link_break(link, uplink->parts.lane, what);
    uplink->has_broken = true;
}

bool
uplink_pop_broken(struct uplink *uplink, uint32_t *number)
{
    for (unsigned i = 0; i < UPLINK_LINKS; i++)
        if (child_link_pop_broken(&uplink->links[i], number))
            return true;
    uplink->has_broken = false;
    return false;
}

/* --- answers -------------------------------------------------------------------------------- */

/* The question that a record is about. NULL: too late, or invented */
static struct inflight_question *
question_of(struct uplink *uplink, const struct child_link *link,
            const struct handoff_answer *answer)
{
    struct inflight_question *question =
        inflight_find(&uplink->parts.waiting->inflight, answer->slot, answer->generation);
    uplink->taken++;
    if (question != NULL && question->ring == link->number)
        return question;
    stats_add(uplink->parts.stats, STAT_RING_STALE, 1);
    return NULL;
}

/* Records are taken until one is about a question that waits; `count` is theirs, at most `most`.
 * NULL: there is none; link->has_more says whether that is because of `most`. */
static struct inflight_question *
take_from(struct uplink *uplink, struct child_link *link, uint32_t *count, uint32_t most,
          struct handoff_answer *answer)
{
    enum status status = STATUS_OK;
    for (; *count < most; ++*count) {
        size_t size;
        status = ring_take(&link->from_peer, uplink->record, RING_RECORD_MAX, &size);
        if (status != STATUS_OK)
            break;
        if (handoff_answer_read(uplink->record, size, answer) != STATUS_OK) {
            give_up(uplink, link, "broke the ring of answers: a record that is none");
            return NULL;
        }
        struct inflight_question *question = question_of(uplink, link, answer);
        if (question != NULL) {
            ++*count;
            if (uplink->is_of_before[link - uplink->links])
                answer->upstream = CONFIG_UPSTREAMS_MAX;
            return question;
        }
    }
    if (status == STATUS_INVALID) {
        give_up(uplink, link, "broke the ring of answers: an index out of bounds");
        return NULL;
    }
    link->has_more = status == STATUS_OK;
    child_link_release(link);
    return NULL;
}

struct inflight_question *
uplink_next(struct uplink *uplink, struct handoff_answer *answer)
{
    for (; uplink->taking < UPLINK_LINKS; uplink->taking++, uplink->count = 0) {
        struct child_link *link = &uplink->links[uplink->taking];
        if (!child_link_is_usable(link))
            continue;
        if (uplink->count == 0)
            uplink->depth += ring_depth(&link->from_peer);
        struct inflight_question *question =
            take_from(uplink, link, &uplink->count, UPLINK_ANSWERS, answer);
        if (question != NULL)
            return question;
    }
    stats_set(uplink->parts.stats, STAT_RING_DEPTH, uplink->depth);
    uplink->depth = 0;
    uplink->taking = 0;
    return NULL;
}

static struct child_link *
find_link(struct uplink *uplink, uint32_t number)
{
    for (unsigned i = 0; i < UPLINK_LINKS; i++)
        if (uplink->links[i].memory != NULL && uplink->links[i].number == number)
            return &uplink->links[i];
    return NULL;
}

struct inflight_question *
uplink_next_of(struct uplink *uplink, uint32_t number, struct handoff_answer *answer)
{
    struct child_link *link = find_link(uplink, number);
    uint32_t count = 0; /* the worker is gone: it has an end */
    return link != NULL && child_link_is_usable(link)
               ? take_from(uplink, link, &count, UINT32_MAX, answer)
               : NULL;
}

void
uplink_detach(struct uplink *uplink, uint32_t number, bool is_death)
{
    struct child_link *link = find_link(uplink, number);
    if (link == NULL)
        return;
    if (uplink->newest == link)
        uplink->newest = NULL;
    child_link_close(link, uplink->parts.loop);
    waiting_refill(uplink->parts.waiting, number, is_death);
}

/* --- questions ------------------------------------------------------------------------------ */

/* @return STATUS_OK; STATUS_FULL: the worker rings when there is room; STATUS_INVALID */
static enum status
put(struct child_link *link, const uint8_t *record, size_t size)
{
    enum status status = ring_put(&link->to_peer, record, size, NULL, 0);
    if (status == STATUS_FULL && !ring_await_room(&link->to_peer, size))
        status = ring_put(&link->to_peer, record, size, NULL, 0); /* made room just now */
    return status;
}

static enum status
put_question(struct uplink *uplink, struct child_link *link,
             const struct inflight_question *question)
{
    const struct waiting *waiting = uplink->parts.waiting;
    struct handoff_query *query = &uplink->query;
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
uplink_submit(struct uplink *uplink)
{
    struct waiting *waiting = uplink->parts.waiting;
    struct child_link *link = uplink->newest;
    if (link == NULL || !child_link_is_usable(link))
        return;
    enum status status = STATUS_OK;
    struct inflight_question *question;
    while (status == STATUS_OK && (question = waiting_next(waiting)) != NULL) {
        status = put_question(uplink, link, question);
        if (status != STATUS_OK) {
            waiting_put_back(waiting, question);
            break;
        }
        if (question->asked == 0)
            stats_latency(uplink->parts.stats, STATS_STAGE_QUEUE,
                          uplink->parts.loop->now_us - question->since_us);
        inflight_asked(&waiting->inflight, question, link->number);
    }
    if (status == STATUS_FULL)
        stats_add(uplink->parts.stats, STAT_RING_FULL, 1);
    if (status == STATUS_INVALID) {
        give_up(uplink, link, "broke the ring of queries: an index out of bounds");
        return;
    }
    child_link_publish(link);
}

bool
uplink_sleep(struct uplink *uplink)
{
    for (unsigned i = 0; i < UPLINK_LINKS; i++) {
        struct child_link *link = &uplink->links[i];
        if (child_link_is_usable(link) && !child_link_sleep(link))
            return false;
    }
    return true;
}

void
uplink_wake(struct uplink *uplink)
{
    for (unsigned i = 0; i < UPLINK_LINKS; i++)
        if (child_link_is_usable(&uplink->links[i]))
            child_link_wake(&uplink->links[i]);
}
