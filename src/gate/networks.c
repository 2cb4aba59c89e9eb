/* networks.c - see networks.h
 * SPDX-License-Identifier: ISC
 */
#include "gate/networks.h"

_Static_assert(sizeof(struct networks_node) == NETWORKS_NODE_BYTES, "as documented");

static uint32_t
chains_for(uint32_t count)
{
    uint32_t chains = 1;
    while (chains < count / PREFIX_LENGTHS_MAX)
        chains *= 2;
    return chains;
}

size_t
networks_memory_bytes(uint32_t count)
{
    return ((size_t)count + 1) * sizeof(struct networks_node) +
           (size_t)chains_for(count) * sizeof(uint32_t);
}

void
networks_init(struct networks *n, void *memory, uint32_t count)
{
    struct networks_node *nodes = memory;
    *n = (struct networks){
        .nodes = nodes,
        .chains = (uint32_t *)(void *)&nodes[count + 1],
        .chains_mask = chains_for(count) - 1,
        .count = count,
    };
}

static uint32_t *
chain_of(const struct networks *n, uint64_t tag)
{
    return &n->chains[PREFIX_TAG_PLACE(tag) & n->chains_mask];
}

static uint32_t
find(const struct networks *n, uint64_t tag)
{
    uint32_t node = *chain_of(n, tag);
    while (node != 0 && n->nodes[node].tag != tag)
        node = n->nodes[node].next;
    return node;
}

static uint32_t
add(struct networks *n, uint64_t tag, uint32_t parent, unsigned kind)
{
    uint32_t node = n->free;
    if (node != 0)
        n->free = n->nodes[node].next;
    else if (n->touched < n->count)
        node = ++n->touched;
    else
        return 0;
    uint32_t *chain = chain_of(n, tag);
    n->nodes[node] =
        (struct networks_node){.tag = tag, .parent = parent, .next = *chain, .kind = (uint8_t)kind};
    *chain = node;
    n->nodes[parent].refs++;
    return node;
}

static void
take_out(struct networks *n, uint32_t node)
{
    uint32_t *link = chain_of(n, n->nodes[node].tag);
    while (*link != node)
        link = &n->nodes[*link].next;
    *link = n->nodes[node].next;
    n->nodes[node] = (struct networks_node){.next = n->free};
    n->free = node;
}

/* Lengths that changed give other networks, and so do the exempt: a tree has one shape only. */
static uint64_t
name_in(const struct prefix_set *set, uint64_t tag, bool exempt)
{
    uint64_t name = tag ^ (uint64_t)set->mark << 32 ^ (exempt ? (uint64_t)1 << 31 : 0);
    return name != 0 ? name : 1;
}

void
networks_hold(struct networks *n, uint32_t leaf)
{
    n->nodes[leaf].refs++;
}

void
networks_release(struct networks *n, uint32_t leaf)
{
    for (uint32_t node = leaf; node != NETWORKS_ROOT && --n->nodes[node].refs == 0;) {
        uint32_t parent = n->nodes[node].parent;
        take_out(n, node);
        node = parent;
    }
}

uint32_t
networks_take(struct networks *n, const struct prefix_set *set, struct prefix_keys *keys,
              const struct addr *client, bool exempt)
{
    unsigned family = prefix_family(client), count = set->counts[family];
    uint64_t names[PREFIX_LENGTHS_MAX];
    unsigned missing = count, last = exempt ? count - 1 : 0;
    uint32_t node = NETWORKS_ROOT;
    while (missing > last && node == NETWORKS_ROOT) { /* the longest first: often it is there */
        missing--;
        names[missing] = name_in(set, prefix_keys_at(keys, set, client, missing), exempt);
        node = find(n, names[missing]);
    }
    if (node != NETWORKS_ROOT)
        missing++;
    for (unsigned i = missing; i < count; i++) {
        uint32_t added =
            add(n, names[i], node, exempt ? NETWORKS_EXEMPT : family * PREFIX_LENGTHS_MAX + i);
        if (added == 0) {
            networks_hold(n, node); /* so that a parent just added goes again */
            networks_release(n, node);
            return NETWORKS_ROOT;
        }
        node = added;
    }
    n->nodes[node].is_leaf = true;
    networks_hold(n, node);
    return node;
}
