/* fairqueue.h - the questions that wait, served fairly and shed by rule
 *
 * What: a bounded queue of the caller's questions, named by index. Each client prefix has its own
 *       sub-queue; they are served in turn by deficit round robin. What nobody waits for any more
 *       is shed first, oldest first; when the queue is full the longest sub-queue loses its oldest.
 * Who:  front, one queue for clients with a proven address and one for the others. Pure: no clock,
 *       no allocation. Every operation takes a bounded time: a few steps, or log2(items) of them.
 * Ref:  RFC 8290 (the idea of flow queueing); docs/LIMITS.md "fairqueue".
 */
#pragma once

#include "base/status.h"
#include "core/tally.h"

#define FAIRQUEUE_NONE      UINT32_MAX
#define FAIRQUEUE_ITEMS_MAX TALLY_SLOTS_MAX
#define FAIRQUEUE_COST_MAX  1024

struct fairqueue_config {
    uint32_t items; /* size of the caller's table: indices are 0..items-1; 1..FAIRQUEUE_ITEMS_MAX */
    uint32_t limit; /* questions inside at most, 1..items */
    uint32_t prefix_limit; /* of one prefix at most, 1..limit; can be lowered later */
    uint32_t quantum;      /* cost that a prefix may spend per turn, 1..FAIRQUEUE_COST_MAX */
    uint8_t ipv4_length;   /* prefix lengths that share a sub-queue, 0..32 ... */
    uint8_t ipv6_length;   /* ... and 0..128 */
};

enum fairqueue_shed {
    FAIRQUEUE_KEPT,     /* nothing was shed */
    FAIRQUEUE_PATIENCE, /* its client has given up */
    FAIRQUEUE_PREFIX,   /* its prefix had prefix_limit questions waiting */
    FAIRQUEUE_FULL,     /* the queue was full and no prefix had more waiting than its own */
};

struct fairqueue_item; /* 32 bytes each */
struct fairqueue_flow; /* 28 bytes each */

struct fairqueue {
    struct fairqueue_config config;
    uint32_t prefix_most;         /* prefix_limit at the beginning: what there is memory for */
    struct tally flows_tally;     /* a prefix's slot is its sub-queue's index */
    struct fairqueue_item *items; /* indexed as the caller's table */
    struct fairqueue_flow *flows;
    uint32_t *heap;    /* items by deadline, soonest first; `count` of them */
    uint32_t *by_size; /* [n]: first of the sub-queues that hold n questions; 0..prefix_limit */
    uint32_t count;    /* questions inside */
    uint32_t longest;  /* questions in the longest sub-queue */
    uint32_t turn;     /* sub-queue served next, FAIRQUEUE_NONE if none */
    /* since init; always: pushed = popped + removed + the three sheds + count */
    uint64_t pushed, popped, removed, shed_patience, shed_prefix, shed_full;
};

/** Bytes of memory for a configuration in range: under 96 for each item. */
size_t fairqueue_memory_bytes(const struct fairqueue_config *config);

/**
 * @param memory  borrowed as long as `q` lives; fairqueue_memory_bytes(config), aligned to 8 bytes
 * @param key     random and secret
 * @return STATUS_OK; STATUS_INVALID (a number out of range)
 */
MUST_CHECK enum status fairqueue_init(struct fairqueue *q, const struct fairqueue_config *config,
                                      void *memory, struct hash_key key);

/**
 * Put a question in. At most one question is shed to make room; it may be the one pushed.
 *
 * @param index        not inside; 0..items-1
 * @param client       borrowed for the call
 * @param cost         of its turn, 1..quantum; a greater one counts as quantum
 * @param deadline_ms  monotonic; when its client stops waiting
 * @param shed_index   written: the question that lost its place, which the caller now ends;
 *                     FAIRQUEUE_NONE with FAIRQUEUE_KEPT
 * @return why that question lost it
 */
enum fairqueue_shed fairqueue_push(struct fairqueue *q, uint32_t index, const struct addr *client,
                                   uint32_t cost, uint64_t deadline_ms, uint64_t now_ms,
                                   uint32_t *shed_index);

/**
 * Shed the oldest question whose deadline is not after `now_ms`. Call until FAIRQUEUE_NONE before
 * a pop, so that nothing is asked for nobody.
 *
 * @return its index, counted under patience; FAIRQUEUE_NONE: everybody inside still waits
 */
uint32_t fairqueue_expire(struct fairqueue *q, uint64_t now_ms);

/** Take the question whose turn it is. @return its index; FAIRQUEUE_NONE: the queue is empty. */
uint32_t fairqueue_pop(struct fairqueue *q);

/**
 * Shed one question so that something of `client` finds room elsewhere, by the rule of a full
 * queue: patience first, then the oldest of the longest sub-queue, or of the client's own if none
 * is longer.
 *
 * @return its index, counted; FAIRQUEUE_NONE: nobody has to go for this client
 */
uint32_t fairqueue_make_room(struct fairqueue *q, const struct addr *client, uint64_t now_ms);

/** Another bound for each prefix, at most the one given to fairqueue_init(). Nothing is shed. */
void fairqueue_change(struct fairqueue *q, uint32_t prefix_limit);

/** Take a question out whose clients are gone. @return false: it was not inside. */
bool fairqueue_remove(struct fairqueue *q, uint32_t index);

/** The soonest deadline inside, in ms; UINT64_MAX if empty. */
uint64_t fairqueue_deadline_ms(const struct fairqueue *q);

/** Questions that the client's prefix has inside. */
uint32_t fairqueue_waiting(const struct fairqueue *q, const struct addr *client);
