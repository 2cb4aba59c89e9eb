/* networks.h - the networks that hold something right now, each within the shorter prefix around it
 * SPDX-License-Identifier: ISC
 *
 * What: a tree in a fixed table. A leaf is a client's longest configured prefix, its parents are the
 *       shorter ones, the root is everybody. A network has a place as long as something is held in
 *       it: other modules keep what they count per network in arrays of their own, by its index.
 * Who:  front: crowd and fair queue share one, TCP connections have another. Pure, no allocation.
 * Ref:  docs/LIMITS.md "networks".
 */
#pragma once

#include "base/prefix.h"

#include <stddef.h>

#define NETWORKS_ROOT       0 /* its index, and that of nobody's network: zeroed memory names none */
#define NETWORKS_COUNT_MAX  (1u << 23)
#define NETWORKS_KINDS      (2 * PREFIX_LENGTHS_MAX + 1) /* family and length, and the exempt */
#define NETWORKS_EXEMPT     (2 * PREFIX_LENGTHS_MAX)
#define NETWORKS_NODE_BYTES 24

struct networks_node {
    uint64_t tag;    /* of set and prefix; 0: free */
    uint32_t parent; /* NETWORKS_ROOT for the shortest */
    uint32_t refs;   /* things held, and networks within */
    uint32_t next;   /* in its chain, or in the free list; 0 ends it */
    uint8_t kind;    /* 0..NETWORKS_KINDS-1 */
    bool is_leaf;
};

struct networks {
    struct networks_node *nodes; /* borrowed; [0] is the root */
    uint32_t *chains;            /* behind the nodes; first node of each, 0 none */
    uint32_t chains_mask;
    uint32_t count;   /* networks at most, without the root */
    uint32_t touched; /* nodes ever handed out */
    uint32_t free;    /* head of the free list, 0 none */
};

/** Networks that `things` held at once can be in. */
static inline uint32_t
networks_for(uint32_t things)
{
    return things * PREFIX_LENGTHS_MAX;
}

/** Bytes of memory for `count` networks, 1..NETWORKS_COUNT_MAX. */
size_t networks_memory_bytes(uint32_t count);

/** @param memory  borrowed as long as `n` lives; zeroed, networks_memory_bytes(count), 8-aligned */
void networks_init(struct networks *n, void *memory, uint32_t count);

/**
 * Hold the client's leaf once more, and have it and the networks around it in the table.
 *
 * @param set     at least one length of the client's family; what came under another set stays
 * apart
 * @param keys    the client's names, zeroed at first; those that are missing are added
 * @param exempt  a network of its own, below the root, whatever the set's other lengths are
 * @return the leaf, for one networks_release(); NETWORKS_ROOT: more is held than was reserved for
 */
uint32_t networks_take(struct networks *n, const struct prefix_set *set, struct prefix_keys *keys,
                       const struct addr *client, bool exempt);

/** Hold a leaf once more. */
void networks_hold(struct networks *n, uint32_t leaf);

/** Hold it once less; networks in which nothing is held are gone. */
void networks_release(struct networks *n, uint32_t leaf);

/** The network around this one, NETWORKS_ROOT at the end. */
static inline uint32_t
networks_parent(const struct networks *n, uint32_t network)
{
    return n->nodes[network].parent;
}
