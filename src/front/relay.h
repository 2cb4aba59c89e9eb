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

#include "ipc/ipc.h"
#include "lane/handoff.h"
#include "lane/ring.h"
#include "os/evloop.h"

struct front;

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
    bool is_broken;        /* reported; not touched until it ends */
    bool has_more;         /* answers were left in the ring */
};

struct relay {
    struct relay_link links[RELAY_LINKS];
    struct relay_link *newest;  /* takes questions; NULL: none does now */
    uint64_t taken;             /* records that workers sent, since the process began */
    struct handoff_query query; /* scratch */
    uint8_t *record;            /* RING_RECORD_MAX bytes of scratch */
};

/** Reserve the scratch; fatal if there is no memory. */
void relay_reserve(struct front *front);

/**
 * Take up new rings: what is asked from now on goes there.
 *
 * @param ring  an IPC_RING message
 * @param fds   its three descriptors, given away
 * @return STATUS_OK; STATUS_FULL: more rings than RELAY_LINKS; STATUS_INVALID; STATUS_SYSTEM (the
 *         supervisor broke its contract).
 */
MUST_CHECK enum status relay_attach(struct front *front, const struct ipc_message *ring,
                                    const int fds[IPC_FDS_MAX]);

/**
 * The worker at the other end of a ring is gone. What it has answered is delivered, what it has not
 * is asked again. A number that we do not know is one that we never had: no effect.
 *
 * @param is_death  it was not told to end; each question may be asked a few times only then
 */
void relay_detach(struct front *front, uint32_t number, bool is_death);

/** Deliver what workers answered, at most RELAY_ANSWERS of each. */
void relay_take(struct front *front);

/** Put queued questions into the newest ring, as many as fit, and wake its worker if it sleeps. */
void relay_submit(struct front *front);

/** Before waiting. @return false: there is work already. */
bool relay_sleep(struct front *front);

/** After waiting. */
void relay_wake(struct front *front);
