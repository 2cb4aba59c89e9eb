/* crowd.h - which network holds how many of something, and which gives one up for want of room
 * SPDX-License-Identifier: ISC
 *
 * What: networks are a tree in a fixed table. A leaf is a client's longest configured prefix, its
 *       parents are the shorter ones, the root is all. The same networks may stand in other trees
 *       besides, each with a top of its own. A network has a place as long as something is
 *       held in it: what is counted per network stands in arrays, by its index.
 *       A crowd is the caller's things (queries alive, connections), named by index, each held by a
 *       leaf. At each prefix length it is known without a search which network holds most. That
 *       gives way: among all, then among the networks within that one, down to a client.
 * Who:  front: a crowd and the fair queue share networks, TCP connections have others. Pure, no
 *       allocation. Every operation takes a few steps for each prefix length.
 * Ref:  docs/LIMITS.md "crowd", "networks".
 */
#pragma once

#include "base/addr.h"
#include "base/list.h"

#include <stddef.h>

#define NETWORKS_ROOT       0 /* its index, and that of no network: zeroed memory names none */
#define NETWORKS_COUNT_MAX  (1u << 23)
#define NETWORKS_KINDS      (2 * ADDR_LENGTHS_MAX + 1) /* family and length, and the exempt */
#define NETWORKS_EXEMPT     (2 * ADDR_LENGTHS_MAX)
#define NETWORKS_NODE_BYTES 24

/* The network around this one, NETWORKS_ROOT at the end. */
#define NETWORKS_PARENT(n, network) ((n)->nodes[network].parent)

struct networks_node {
    uint64_t tag;    /* of set, tree and prefix; 0: free, or the top of a tree */
    uint32_t parent; /* NETWORKS_ROOT, or the top of another tree, for the shortest */
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
crowd_networks_for(uint32_t things)
{
    return things * ADDR_LENGTHS_MAX;
}

/** Bytes of memory for `count` networks, 1..NETWORKS_COUNT_MAX. */
size_t crowd_networks_bytes(uint32_t count);

/** @param memory  borrowed as long as `n` lives; zeroed, crowd_networks_bytes(count), 8-aligned */
void crowd_networks_init(struct networks *n, void *memory, uint32_t count);

/** Make another tree, for good: a network less than the table was reserved for.
 *  @return its top; NETWORKS_ROOT: the table is full */
uint32_t crowd_network_plant(struct networks *n);

/**
 * Hold the client's leaf once more, and have it and the networks around it in the table.
 *
 * @param top     of the tree: NETWORKS_ROOT, or from crowd_network_plant()
 * @param set     at least one length of the client's family; what came under another set stays
 * apart
 * @param keys    the client's names, zeroed at first; those that are missing are added
 * @param exempt  a network of its own, below the top, whatever the set's other lengths are
 * @return the leaf, for one crowd_network_release(); NETWORKS_ROOT: more is held than was reserved for
 */
uint32_t crowd_network_take(struct networks *n, uint32_t top, const struct addr_lengths *set,
                            struct addr_keys *keys, const struct addr *client, bool exempt);

/** The client's leaf below NETWORKS_ROOT, as crowd_network_take() has it. @return NETWORKS_ROOT: it is not there */
uint32_t crowd_network_find(const struct networks *n, const struct addr_lengths *set,
                            struct addr_keys *keys, const struct addr *client, bool exempt);

/** Hold a leaf once more. */
void crowd_network_hold(struct networks *n, uint32_t leaf);

/** Hold it once less; networks in which nothing is held are gone. */
void crowd_network_release(struct networks *n, uint32_t leaf);

/* --- which holds what --- */

#define CROWD_NONE LIST_NONE /* things are numbered from 1 */

enum crowd_list { CROWD_A, CROWD_B, CROWD_LISTS }; /* what they mean is the caller's */

struct crowd_item {          /* a thing */
    uint32_t leaf;           /* that holds it; NETWORKS_ROOT: none */
    struct list_links links; /* in its leaf's list */
    uint32_t list;           /* enum crowd_list */
};

struct crowd_node {                 /* a network */
    uint32_t held;                  /* things of all within it */
    uint32_t group;                 /* those of its siblings that hold as many */
    struct list_links links;        /* in that group */
    struct list groups;             /* of the networks within it: what holds most comes first */
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
 * Bounds are zero: no network may hold anything.
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
 * Which leaf within `network` gives way to one more of `leaf`?
 *
 * @param network  around `leaf`, or NETWORKS_ROOT
 * @return a leaf that holds something; `leaf` itself if none holds more than it will then: at
 *         each length, a network gives way only if it holds at least two more than the one it
 *         gives way to
 */
uint32_t crowd_most(const struct crowd *c, uint32_t network, uint32_t leaf);

/** The thing of a leaf that came last, first. CROWD_NONE: it has none in this list. */
uint32_t crowd_last(const struct crowd *c, uint32_t leaf, enum crowd_list list);

uint32_t crowd_first(const struct crowd *c, uint32_t leaf, enum crowd_list list);

/** The thing that came to its list before this one; CROWD_NONE: none did. */
uint32_t crowd_before(const struct crowd *c, uint32_t item);

/** The leaf that holds a thing; NETWORKS_ROOT: none. */
uint32_t crowd_leaf(const struct crowd *c, uint32_t item);

/** Things of a network, or of all. */
uint32_t crowd_held(const struct crowd *c, uint32_t network);
