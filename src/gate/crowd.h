/* crowd.h - who holds how many of something, and who gives one up when there is no room
 * SPDX-License-Identifier: ISC
 *
 * What: the caller's things (queries alive, connections), named by index, each held by a leaf of
 *       networks.h. At each prefix length it is known without a search which network holds most.
 *       Whoever has most gives way: among all, then among the networks within that one, down to a
 *       client.
 * Who:  front. Pure, no allocation. Every operation takes a few steps for each prefix length.
 * Ref:  docs/LIMITS.md "crowd".
 */
#pragma once

#include "base/list.h"
#include "gate/networks.h"

#define CROWD_NONE LIST_NONE /* things are numbered from 1 */

enum crowd_list { CROWD_A, CROWD_B, CROWD_LISTS }; /* what they mean is the caller's */

struct crowd_item {          /* a thing */
    uint32_t leaf;           /* who holds it; NETWORKS_ROOT: nobody */
    struct list_links links; /* in its leaf's list */
    uint32_t list;           /* enum crowd_list */
};

struct crowd_node {                 /* a network */
    uint32_t held;                  /* things of all within it */
    uint32_t group;                 /* those of its siblings that hold as many */
    struct list_links links;        /* in that group */
    struct list groups;             /* of the networks within it: who holds most comes first */
    struct list lists[CROWD_LISTS]; /* of a leaf: things, as they came or were moved */
};

struct crowd_group { /* networks within one, that hold the same number */
    uint32_t held;
    struct list networks;
    struct list_links links; /* in the list of the network around them, or in the free one */
};

struct crowd {
    const struct networks *networks; /* borrowed */
    struct crowd_item *items;        /* borrowed memory, zeroed at first; [0] is never used */
    struct crowd_node *nodes;
    struct crowd_group *groups; /* [0] is never used */
    uint32_t groups_touched;
    struct list groups_free;
    uint32_t bounds[NETWORKS_KINDS]; /* things of one network of a kind at most */
};

/** Bytes of memory for things 1..items in networks 1..networks->count. */
size_t crowd_memory_bytes(uint32_t items, const struct networks *networks);

/**
 * @param networks  borrowed as long as `c` lives
 * @param memory    borrowed too; zeroed, crowd_memory_bytes(…, networks), aligned to 4 bytes
 * Bounds are zero: nobody may hold anything.
 */
void crowd_init(struct crowd *c, const struct networks *networks, void *memory);

/**
 * Count a thing.
 *
 * @param leaf  held by the caller; this does not hold it
 * @param item  not counted yet
 */
void crowd_take(struct crowd *c, uint32_t leaf, uint32_t item, enum crowd_list list);

/** Count it no more, if it is counted. @return the leaf that held it; NETWORKS_ROOT: none did */
uint32_t crowd_give(struct crowd *c, uint32_t item);

/** It belongs to another list of its leaf now, or anew to the same: as the last there. */
void crowd_move(struct crowd *c, uint32_t item, enum crowd_list list);

/** The smallest network around `leaf`, itself included, that holds what it may. NETWORKS_ROOT: none
 * does. */
uint32_t crowd_full(const struct crowd *c, uint32_t leaf);

/**
 * Who within `network` gives way to one more of `leaf`?
 *
 * @param network  around `leaf`, or NETWORKS_ROOT
 * @return a leaf that holds something; `leaf` itself if nobody holds more than it will then: at
 *         each length, a network gives way only if it holds at least two more than the one it
 *         gives way to
 */
uint32_t crowd_most(const struct crowd *c, uint32_t network, uint32_t leaf);

/** The thing of a leaf that came last, first. CROWD_NONE: it has none in this list. */
static inline uint32_t
crowd_last(const struct crowd *c, uint32_t leaf, enum crowd_list list)
{
    return list_last(&c->nodes[leaf].lists[list], LIST_TABLE(c->items, links));
}

static inline uint32_t
crowd_first(const struct crowd *c, uint32_t leaf, enum crowd_list list)
{
    return list_first(&c->nodes[leaf].lists[list]);
}

/** The thing that came to its list before this one; CROWD_NONE: none did. */
static inline uint32_t
crowd_before(const struct crowd *c, uint32_t item)
{
    const struct crowd_item *it = &c->items[item];
    return list_previous(&c->nodes[it->leaf].lists[it->list], LIST_TABLE(c->items, links), item);
}

/** Who holds a thing; NETWORKS_ROOT: nobody. */
static inline uint32_t
crowd_leaf(const struct crowd *c, uint32_t item)
{
    return c->items[item].leaf;
}

/** Things of a network, or of all. */
static inline uint32_t
crowd_held(const struct crowd *c, uint32_t network)
{
    return c->nodes[network].held;
}
