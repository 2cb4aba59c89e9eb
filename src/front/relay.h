/* relay.h - the front's ends of the rings to its workers
 * SPDX-License-Identifier: ISC
 *
 * What: puts queued questions into the newest ring, takes answers out of every ring, rings a
 *       worker's bell at most twice a turn. A reload brings a new worker with a new ring; the one
 *       before goes on to answer what it was asked until the supervisor says that it is gone. Every
 *       record is judged; a worker that breaks a ring is reported once and not read again.
 * Who:  front.
 * Ref:  lane/ring.h, lane/handoff.h; docs/QUERY.md.
 */
#pragma once

#include "front/waiting.h"
#include "ipc/ipc.h"
#include "lane/handoff.h"
#include "lane/ring.h"
#include "os/evloop.h"

#define RELAY_ANSWERS 256 /* taken per ring and turn */
#define RELAY_LINKS   3   /* the newest, and those whose workers a reload has replaced */

struct relay_link { /* two rings to one worker */
    struct ring_producer to_worker;
    struct ring_consumer from_worker;
    void *memory; /* both rings; NULL: the link is free */
    size_t memory_size;
    uint32_t number;       /* the supervisor's name for them */
    struct ev_source bell; /* rung by the worker */
    int worker_bell;       /* rung by us */
    bool is_broken;        /* not touched until it ends */
    bool is_told;          /* relay_pop_broken() gave it */
    bool has_more;         /* answers were left in the ring */
};

struct relay_parts { /* borrowed for life */
    struct evloop *loop;
    struct stats_page *stats;
    struct waiting *waiting;
    uint32_t lane; /* for the log */
};

struct relay {
    struct relay_parts parts;
    struct relay_link links[RELAY_LINKS];
    bool has_broken;            /* relay_pop_broken() has something to give */
    uint32_t taking, count;     /* the link that relay_next() is at, and records taken of it */
    uint64_t depth;             /* of the rings before it and of its own, in this turn */
    struct relay_link *newest;  /* takes questions; NULL: none does now */
    uint64_t taken;             /* records that workers sent, since the process began */
    struct handoff_query query; /* scratch */
    uint8_t *record;            /* RING_RECORD_MAX bytes of scratch */
};

/** Reserve the scratch; fatal if there is no memory. */
void relay_reserve(struct relay *relay, const struct relay_parts *parts);

/**
 * Take up new rings: what is asked from now on goes there.
 *
 * @param ring  an IPC_RING message
 * @param fds   its three descriptors, given away
 * @return STATUS_OK; STATUS_FULL: more rings than RELAY_LINKS; STATUS_INVALID; STATUS_SYSTEM (the
 *         supervisor broke its contract).
 */
MUST_CHECK enum status relay_attach(struct relay *relay, const struct ipc_message *ring,
                                    const int fds[IPC_FDS_MAX]);

/**
 * Take the next thing that a worker said of a question, at most RELAY_ANSWERS of each in a turn.
 *
 * @param answer  written; what it borrows is valid until the next call
 * @return the question, for admit_answer(); NULL: there are none now
 */
struct inflight_question *relay_next(struct relay *relay, struct handoff_answer *answer);

/** The same of one ring only, whose worker is gone, without a bound. @param number  the ring's */
struct inflight_question *relay_next_of(struct relay *relay, uint32_t number,
                                        struct handoff_answer *answer);

/**
 * The worker at the other end of a ring is gone, and relay_next_of() has no more: what was not
 * answered is asked again. A number that we do not know is one that we never had: no effect.
 *
 * @param is_death  it was not told to end; each question may be asked a few times only then
 */
void relay_detach(struct relay *relay, uint32_t number, bool is_death);

/** A ring that its worker broke, each once. @param number  written: its. @return false: none */
bool relay_pop_broken(struct relay *relay, uint32_t *number);

/** Put queued questions into the newest ring, as many as fit, and wake its worker if it sleeps. */
void relay_submit(struct relay *relay);

/** Before waiting. @return false: there is work already. */
bool relay_sleep(struct relay *relay);

/** After waiting. */
void relay_wake(struct relay *relay);
