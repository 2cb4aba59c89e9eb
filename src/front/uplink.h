/* uplink.h - the front's ends of the rings to its workers
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

#include "child/child_link.h"
#include "front/waiting.h"
#include "ipc/ipc.h"
#include "lane/handoff.h"
#include "os/evloop.h"

#define UPLINK_ANSWERS 256 /* taken per ring and turn */
#define UPLINK_LINKS   3   /* the newest, and those whose workers a reload has replaced */

struct uplink_parts { /* borrowed for life */
    struct evloop *loop;
    struct stats_page *stats;
    struct waiting *waiting;
    uint32_t lane; /* for the log */
};

struct uplink {
    struct uplink_parts parts;
    struct child_link links[UPLINK_LINKS];
    bool is_of_before[UPLINK_LINKS]; /* its worker counts upstreams as another configuration does */
    bool has_broken;                 /* uplink_pop_broken() has something to give */
    uint32_t taking, count;     /* the link that uplink_next() is at, and records taken of it */
    uint64_t depth;             /* of the rings before it and of its own, in this turn */
    struct child_link *newest;  /* takes questions; NULL: none does now */
    uint64_t taken;             /* records that workers sent, since the process began */
    struct handoff_query query; /* scratch */
    uint8_t *record;            /* RING_RECORD_MAX bytes of scratch */
};

/** Reserve the scratch; fatal if there is no memory. */
void uplink_reserve(struct uplink *uplink, const struct uplink_parts *parts);

/**
 * Take up new rings: what is asked from now on goes there.
 *
 * @param ring  an IPC_RING message
 * @param fds   its three descriptors, given away
 * @return STATUS_OK; STATUS_FULL: more rings than UPLINK_LINKS; STATUS_INVALID; STATUS_SYSTEM (the
 *         supervisor broke its contract).
 */
MUST_CHECK enum status uplink_attach(struct uplink *uplink, const struct ipc_message *ring,
                                     const int fds[IPC_FDS_MAX]);

/** From now on the upstreams are others, or stand in another order: from which one a response of a
 *  worker that is there already comes, is not told any more. */
void uplink_forget_places(struct uplink *uplink);

/**
 * Take the next thing that a worker said of a question, at most UPLINK_ANSWERS of each in a turn.
 *
 * @param answer  written; what it borrows is valid until the next call
 * @return the question, for admit_answer(); NULL: there are none now
 */
struct inflight_question *uplink_next(struct uplink *uplink, struct handoff_answer *answer);

/** The same of one ring only, whose worker is gone, without a bound. @param number  the ring's */
struct inflight_question *uplink_next_of(struct uplink *uplink, uint32_t number,
                                         struct handoff_answer *answer);

/**
 * The worker at the other end of a ring is gone, and uplink_next_of() has no more: what was not
 * answered is asked again. A number that we do not know is one that we never had: no effect.
 *
 * @param is_death  it was not told to end; each question may be asked a few times only then
 */
void uplink_detach(struct uplink *uplink, uint32_t number, bool is_death);

/** A ring that its worker broke, each once. @param number  written: its. @return false: none */
bool uplink_pop_broken(struct uplink *uplink, uint32_t *number);

/** Put queued questions into the newest ring, as many as fit, and wake its worker if it sleeps. */
void uplink_submit(struct uplink *uplink);

/** Before waiting. @return false: there is work already. */
bool uplink_sleep(struct uplink *uplink);

/** After waiting. */
void uplink_wake(struct uplink *uplink);
