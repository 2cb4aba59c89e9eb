/* relay.h - the front's end of the two rings to its worker
 *
 * What: puts queued questions into one ring, takes answers out of the other, rings the worker's
 *       bell at most twice a turn. Every record is judged; a worker that breaks a ring is reported
 *       once and not read again until the supervisor sends a new ring.
 * Who:  front.
 * Ref:  core/ring.h, core/handoff.h; docs/QUERY.md.
 */
#pragma once

#include "core/handoff.h"
#include "core/ring.h"
#include "ipc/ipc.h"
#include "os/evloop.h"

struct front;

#define RELAY_ANSWERS 256 /* taken per turn */

struct relay {
    struct ring_producer to_worker;
    struct ring_consumer from_worker;
    void *memory; /* both rings; NULL: none yet */
    size_t memory_size;
    struct ev_source bell;      /* rung by the worker */
    int worker_bell;            /* rung by us */
    bool is_broken;             /* reported; a new ring is awaited */
    bool has_more;              /* answers were left in the ring */
    struct handoff_query query; /* scratch */
    uint8_t *record;            /* RING_RECORD_MAX bytes of scratch */
};

/** Reserve the scratch; fatal if there is no memory. */
void relay_reserve(struct front *front);

/**
 * Take up new rings in place of the old ones; every unfinished question is asked again.
 *
 * @param ring  an IPC_RING message
 * @param fds   its three descriptors, given away
 * @return STATUS_OK; STATUS_INVALID; STATUS_SYSTEM (the supervisor broke its contract).
 */
MUST_CHECK enum status relay_attach(struct front *front, const struct ipc_message *ring,
                                    const int fds[IPC_FDS_MAX]);

/** Deliver what the worker answered, at most RELAY_ANSWERS. */
void relay_take(struct front *front);

/** Put queued questions into the ring, as many as fit, and wake the worker if it sleeps. */
void relay_submit(struct front *front);

/** Before waiting. @return false: there is work already. */
bool relay_sleep(struct front *front);

/** After waiting. */
void relay_wake(struct front *front);
