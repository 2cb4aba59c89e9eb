/* child_link.h - one end of the two rings between a front and a worker, and of their bells
 * SPDX-License-Identifier: ISC
 *
 * What: maps the memory of an IPC_RING message, takes up the end of this side, rings the other
 *       side's bell when it sleeps or waits for room, and notes once that the other side broke a
 *       ring. What the records say is the caller's.
 * Who:  front (a few, one per worker) and worker (one).
 * Ref:  lane/ring.h; ipc/messages.def RING.
 */
#pragma once

#include "base/status.h"
#include "ipc/ipc.h"
#include "lane/ring.h"
#include "os/evloop.h"

/* data bytes of one ring: a power of two */
#define CHILD_LINK_BYTES_MIN 4096U
#define CHILD_LINK_BYTES_MAX (1U << 26U)

enum child_link_side { CHILD_LINK_FRONT, CHILD_LINK_WORKER };

struct child_link {
    enum child_link_side side; /* ours */
    struct ring_producer to_peer;
    struct ring_consumer from_peer;
    void *memory; /* both rings; NULL: there are none */
    size_t memory_size;
    uint32_t number;       /* the supervisor's name for them */
    struct ev_source bell; /* rung by the peer */
    int peer_bell;         /* rung by us; -1: none */
    bool is_broken;        /* by the peer; not touched until the link is closed */
    bool is_untold;        /* broken, and child_link_pop_broken() has not said so */
    bool has_more;         /* records were left in the ring, or the peer rang since it was read */
};

/** No rings yet. */
void child_link_init(struct child_link *link);

/**
 * Take up new rings. The link is closed, or was never opened.
 *
 * @param side  which end is ours
 * @param ring  an IPC_RING message
 * @param fds   its three descriptors, given away
 * @return STATUS_OK; STATUS_INVALID, STATUS_SYSTEM: the supervisor broke its contract, and there
 *         are no rings.
 */
MUST_CHECK enum status child_link_open(struct child_link *link, struct evloop *loop,
                                       enum child_link_side side, const struct ipc_message *ring,
                                       const int fds[IPC_FDS_MAX]);

/** Give the rings up, if there are any. */
void child_link_close(struct child_link *link, struct evloop *loop);

/** Are there rings, and did the peer keep their rules? */
bool child_link_is_usable(const struct child_link *link);

/**
 * The peer broke the rules: that is logged, and the rings are not used any more.
 *
 * @param lane  for the log, like
 * @param what  it did: "broke the ring of …: …"
 */
void child_link_break(struct child_link *link, uint32_t lane, const char *what);

/** Did the peer break the rings? Says so once. @param number  written: the rings' */
bool child_link_pop_broken(struct child_link *link, uint32_t *number);

/** Records that were put: make them visible, and wake a peer that sleeps. */
void child_link_publish(struct child_link *link);

/** Records that were taken: give their room back, and wake a peer that waits for it. */
void child_link_release(struct child_link *link);

/** Before waiting for events. @return false: records are there, or were left. */
bool child_link_sleep(struct child_link *link);

/** After waiting. */
void child_link_wake(struct child_link *link);
