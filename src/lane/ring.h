/* ring.h - a one-way byte ring between two processes that do not trust each other
 * SPDX-License-Identifier: ISC
 *
 * What: single producer, single consumer, records of up to RING_RECORD_MAX bytes in shared memory.
 *       Each side keeps its own index privately and only publishes it; the other side's index is
 *       read once, checked, and never believed further than the ring's size. Records are copied
 *       out before they are judged. A peer that breaks the rules gets STATUS_INVALID forever.
 * Who:  front and worker. Pure: the bell (os/evloop.h) is rung by the caller when told to.
 * Ref:  docs/ARCHITECTURE.md "The ring".
 */
#pragma once

#include "base/status.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RING_RECORD_MAX   (65535 + 64) /* bytes: the largest DNS message and its record header */
#define RING_HEADER_BYTES 256          /* shared indices, one cache line each */

/* Bytes of shared memory for `data_bytes` (a power of two, 4096..2^26) of records. */
#define RING_MEMORY_BYTES(data_bytes) (RING_HEADER_BYTES + (size_t)(data_bytes))

struct ring_shared { /* lives in the memfd; every field may be scribbled on by the peer */
    _Alignas(64) _Atomic uint64_t tail;              /* bytes ever written */
    _Alignas(64) _Atomic uint64_t head;              /* bytes ever read */
    _Alignas(64) _Atomic uint32_t consumer_sleeping; /* ring the bell after publishing */
    _Alignas(64) _Atomic uint32_t producer_waiting;  /* ring the bell after releasing */
    _Alignas(64) uint8_t data[];
};

struct ring_producer {
    struct ring_shared *shared; /* borrowed; mapped as long as the producer lives */
    size_t size;                /* bytes of data, a power of two */
    uint64_t tail;              /* bytes ever written by us */
    uint64_t published;         /* what of it the consumer may see */
    uint64_t head_seen;         /* the consumer's index when last checked */
    bool broken;                /* the consumer lied; sticky */
};

struct ring_consumer {
    struct ring_shared *shared; /* borrowed */
    size_t size;
    uint64_t head;      /* bytes ever read by us */
    uint64_t released;  /* what of it the producer may overwrite */
    uint64_t tail_seen; /* the producer's index when last checked */
    bool broken;        /* the producer lied; sticky */
};

/** Take up one end over zeroed memory of RING_MEMORY_BYTES(data_bytes). */
void ring_producer_init(struct ring_producer *p, void *memory, size_t data_bytes);
void ring_consumer_init(struct ring_consumer *c, void *memory, size_t data_bytes);

/** Would a record of `size` bytes fit now? */
bool ring_fits(struct ring_producer *p, size_t size);

/**
 * Add one record, `head_size` + `body_size` bytes, not yet visible to the consumer.
 *
 * @return STATUS_OK; STATUS_FULL (nothing written); STATUS_INVALID (0, over RING_RECORD_MAX
 *         or larger than the ring; or a broken peer).
 */
MUST_CHECK enum status ring_put(struct ring_producer *p, const void *head, size_t head_size,
                                const void *body, size_t body_size);

/** Make all records visible. @return true if the consumer sleeps: ring its bell. */
bool ring_publish(struct ring_producer *p);

/** Ask for a bell once there is room again. @return false if there is room for `size` already. */
bool ring_await_room(struct ring_producer *p, size_t size);

/**
 * Copy the next record out.
 *
 * @param to    written; `room` bytes, at least RING_RECORD_MAX unless the caller knows better
 * @param size  written: bytes of the record
 * @return STATUS_OK; STATUS_AGAIN (empty); STATUS_INVALID (peer broke the ring, or the record does
 *         not fit in `room`; sticky).
 */
MUST_CHECK enum status ring_take(struct ring_consumer *c, void *to, size_t room, size_t *size);

/** Give the room of taken records back. @return the producer waits for room: ring its bell */
bool ring_release(struct ring_consumer *c);

/** Declare sleep. @return true: empty, go to sleep; false: records are there, do not sleep. */
bool ring_sleep(struct ring_consumer *c);

/** Awake again: bells are not needed. */
void ring_wake(struct ring_consumer *c);

/** Bytes written and not yet taken, as far as we can see; for statistics. */
size_t ring_depth(const struct ring_consumer *c);
