/* crowd.c - see crowd.h
 * SPDX-License-Identifier: ISC
 *
 * The networks within one stand in groups by what they hold, the groups in a list by that number.
 * A count changes by one, so its network moves to the group beside or makes one there.
 */
#include "gate/crowd.h"

#include <assert.h>

#define ROOT        NETWORKS_ROOT
#define TREE_FACTOR UINT64_C(0x9e3779b97f4a7c15) /* odd: a prefix has another name in each tree */

/* --- networks --- */

_Static_assert(sizeof(struct networks_node) == NETWORKS_NODE_BYTES, "as documented");

static uint32_t
chains_for(uint32_t count)
{
    uint32_t chains = 1;
    while (chains < count / ADDR_LENGTHS_MAX)
        chains *= 2;
    return chains;
}

size_t
crowd_networks_bytes(uint32_t count)
{
    return ((size_t)count + 1) * sizeof(struct networks_node) +
           (size_t)chains_for(count) * sizeof(uint32_t);
}

void
crowd_networks_init(struct networks *n, void *memory, uint32_t count)
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
    return &n->chains[ADDR_TAG_PLACE(tag) & n->chains_mask];
}

static uint32_t
find(const struct networks *n, uint64_t tag)
{
    uint32_t node = *chain_of(n, tag);
    while (node != 0 && n->nodes[node].tag != tag)
        node = n->nodes[node].next;
    return node;
}

/* @return 0: the table is full */
static uint32_t
take_free(struct networks *n)
{
    uint32_t node = n->free;
    if (node != 0)
        n->free = n->nodes[node].next;
    else if (n->touched < n->count)
        node = ++n->touched;
    return node;
}

static uint32_t
add(struct networks *n, uint64_t tag, uint32_t parent, unsigned kind)
{
    uint32_t node = take_free(n);
    if (node == 0)
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

/* It is in no chain, and held for good: nothing within it takes it out. */
uint32_t
crowd_network_plant(struct networks *n)
{
    uint32_t node = take_free(n);
    if (node != 0)
        n->nodes[node] = (struct networks_node){.refs = 1};
    return node;
}

/* Lengths that changed give other networks, and so do the exempt: a tree has one shape only. */
static uint64_t
name_in(const struct addr_lengths *set, uint32_t top, uint64_t tag, bool exempt)
{
    uint64_t name = tag ^ (uint64_t)set->mark << 32 ^ (exempt ? (uint64_t)1 << 31 : 0);
    name ^= top * TREE_FACTOR;
    return name != 0 ? name : 1;
}

void
crowd_network_hold(struct networks *n, uint32_t leaf)
{
    n->nodes[leaf].refs++;
}

void
crowd_network_release(struct networks *n, uint32_t leaf)
{
    for (uint32_t node = leaf; node != NETWORKS_ROOT && --n->nodes[node].refs == 0;) {
        uint32_t parent = n->nodes[node].parent;
        take_out(n, node);
        node = parent;
    }
}

uint32_t
crowd_network_find(const struct networks *n, const struct addr_lengths *set, struct addr_keys *keys,
                   const struct addr *client, bool exempt)
{
    unsigned longest = set->counts[addr_family_index(client)] - 1U;
    return find(n, name_in(set, ROOT, addr_keys_at(keys, set, client, longest), exempt));
}

uint32_t
crowd_network_take(struct networks *n, uint32_t top, const struct addr_lengths *set,
                   struct addr_keys *keys, const struct addr *client, bool exempt)
{
    unsigned family = addr_family_index(client), count = set->counts[family];
    uint64_t names[ADDR_LENGTHS_MAX];
    unsigned missing = count, last = exempt ? count - 1 : 0;
    uint32_t node = NETWORKS_ROOT;
    while (missing > last && node == NETWORKS_ROOT) { /* the longest first: often it is there */
        missing--;
        names[missing] = name_in(set, top, addr_keys_at(keys, set, client, missing), exempt);
        node = find(n, names[missing]);
    }
    if (node != NETWORKS_ROOT)
        missing++;
    else
        node = top;
    for (unsigned i = missing; i < count; i++) {
        uint32_t added =
            add(n, names[i], node, exempt ? NETWORKS_EXEMPT : family * ADDR_LENGTHS_MAX + i);
        if (added == 0) {
            crowd_network_hold(n, node); /* so that a parent just added goes again */
            crowd_network_release(n, node);
            return NETWORKS_ROOT;
        }
        node = added;
    }
    n->nodes[node].is_leaf = true;
    crowd_network_hold(n, node);
    return node;
}

/* --- which holds what --- */

_Static_assert(sizeof(struct crowd_item) == 16 && sizeof(struct crowd_node) == 28 &&
                   sizeof(struct crowd_group) == 16,
               "as documented");

size_t
crowd_memory_bytes(uint32_t items, const struct networks *networks)
{
    size_t count = (size_t)networks->count + 1;
    return ((size_t)items + 1) * sizeof(struct crowd_item) +
           count * (sizeof(struct crowd_node) + sizeof(struct crowd_group));
}

void
crowd_init(struct crowd *c, const struct networks *networks, void *memory)
{
    *c = (struct crowd){.networks = networks, .nodes = memory};
    c->groups = (struct crowd_group *)(void *)&c->nodes[(size_t)networks->count + 1];
    c->items = (struct crowd_item *)(void *)&c->groups[(size_t)networks->count + 1];
}

/* --- groups --- */

static inline struct list_table
nodes_of(const struct crowd *c)
{
    return LIST_TABLE(c->nodes, links);
}

static inline struct list_table
groups_of(const struct crowd *c)
{
    return LIST_TABLE(c->groups, links);
}

/* A new group, before `fewer` or, if that is 0, as the one that holds least. */
static uint32_t
group_add(struct crowd *c, struct crowd_node *parent, uint32_t held, uint32_t fewer)
{
    uint32_t group = list_pop(&c->groups_free, groups_of(c));
    if (group == 0)
        group = ++c->groups_touched; /* each holds a network: there are no more groups than those */
    c->groups[group].held = held;
    list_insert(&parent->groups, groups_of(c), group, fewer);
    return group;
}

static void
enter(struct crowd *c, uint32_t group, uint32_t node)
{
    c->nodes[node].group = group;
    list_push_first(&c->groups[group].networks, nodes_of(c), node);
}

static void
leave(struct crowd *c, struct crowd_node *parent, uint32_t node)
{
    uint32_t group = c->nodes[node].group;
    struct list *networks = &c->groups[group].networks;
    c->nodes[node].group = 0;
    list_remove(networks, nodes_of(c), node);
    if (list_first(networks) != 0)
        return;
    list_remove(&parent->groups, groups_of(c), group);
    list_push_first(&c->groups_free, groups_of(c), group);
}

static bool
is_alone(const struct crowd *c, uint32_t node)
{
    return c->nodes[node].links.next == node;
}

static void
raise_one(struct crowd *c, uint32_t node)
{
    struct crowd_node *n = &c->nodes[node];
    struct crowd_node *parent = &c->nodes[NETWORKS_PARENT(c->networks, node)];
    uint32_t held = ++n->held, group = n->group;
    uint32_t more = group != 0 ? list_previous(&parent->groups, groups_of(c), group)
                               : list_last(&parent->groups, groups_of(c));
    if (more != 0 && c->groups[more].held == held) {
        if (group != 0)
            leave(c, parent, node);
        enter(c, more, node);
    } else if (group != 0 && is_alone(c, node)) {
        c->groups[group].held = held;
    } else {
        uint32_t made = group_add(c, parent, held, group);
        if (group != 0)
            leave(c, parent, node);
        enter(c, made, node);
    }
}

static void
lower_one(struct crowd *c, uint32_t node)
{
    struct crowd_node *n = &c->nodes[node];
    struct crowd_node *parent = &c->nodes[NETWORKS_PARENT(c->networks, node)];
    uint32_t held = --n->held, group = n->group;
    uint32_t fewer = list_next(&parent->groups, groups_of(c), group);
    if (held == 0) {
        leave(c, parent, node);
    } else if (fewer != 0 && c->groups[fewer].held == held) {
        leave(c, parent, node);
        enter(c, fewer, node);
    } else if (is_alone(c, node)) {
        c->groups[group].held = held;
    } else {
        uint32_t made = group_add(c, parent, held, fewer);
        leave(c, parent, node);
        enter(c, made, node);
    }
}

/* --- things --- */

static void
push(struct crowd *c, uint32_t item, enum crowd_list list)
{
    struct crowd_item *it = &c->items[item];
    it->list = list;
    list_push(&c->nodes[it->leaf].lists[list], LIST_TABLE(c->items, links), item);
}

static void
pull(struct crowd *c, uint32_t item)
{
    const struct crowd_item *it = &c->items[item];
    list_remove(&c->nodes[it->leaf].lists[it->list], LIST_TABLE(c->items, links), item);
}

void
crowd_take(struct crowd *c, uint32_t leaf, uint32_t item, enum crowd_list list)
{
    assert(c->items[item].leaf == ROOT && leaf != ROOT);
    c->items[item].leaf = leaf;
    push(c, item, list);
    for (uint32_t node = leaf; node != ROOT; node = NETWORKS_PARENT(c->networks, node))
        raise_one(c, node);
    c->nodes[ROOT].held++;
}

uint32_t
crowd_give(struct crowd *c, uint32_t item)
{
    uint32_t leaf = c->items[item].leaf;
    if (leaf == ROOT)
        return ROOT;
    pull(c, item);
    c->items[item] = (struct crowd_item){0};
    for (uint32_t node = leaf; node != ROOT; node = NETWORKS_PARENT(c->networks, node))
        lower_one(c, node);
    c->nodes[ROOT].held--;
    return leaf;
}

void
crowd_move(struct crowd *c, uint32_t item, enum crowd_list list)
{
    pull(c, item);
    push(c, item, list);
}

uint32_t
crowd_full(const struct crowd *c, uint32_t leaf)
{
    uint32_t node = leaf;
    while (node != ROOT && c->nodes[node].held < c->bounds[c->networks->nodes[node].kind])
        node = NETWORKS_PARENT(c->networks, node);
    return node;
}

uint32_t
crowd_most(const struct crowd *c, uint32_t network, uint32_t leaf)
{
    uint32_t path[ADDR_LENGTHS_MAX]; /* from the leaf up to what is within `network` */
    unsigned above = 0;
    for (uint32_t n = leaf; n != network && n != ROOT; n = NETWORKS_PARENT(c->networks, n))
        path[above++] = n;
    uint32_t node = network;
    bool is_around = true; /* the newcomer's own */
    while (list_first(&c->nodes[node].groups) != 0) {
        const struct crowd_group *most = &c->groups[list_first(&c->nodes[node].groups)];
        if (is_around && above > 0 && c->nodes[path[above - 1]].held + 1 >= most->held) {
            node = path[--above];
        } else {
            is_around = false;
            node = list_first(&most->networks);
        }
    }
    return is_around ? leaf : node;
}

uint32_t
crowd_last(const struct crowd *c, uint32_t leaf, enum crowd_list list)
{
    return list_last(&c->nodes[leaf].lists[list], LIST_TABLE(c->items, links));
}

uint32_t
crowd_first(const struct crowd *c, uint32_t leaf, enum crowd_list list)
{
    return list_first(&c->nodes[leaf].lists[list]);
}

uint32_t
crowd_before(const struct crowd *c, uint32_t item)
{
    const struct crowd_item *it = &c->items[item];
    return list_previous(&c->nodes[it->leaf].lists[it->list], LIST_TABLE(c->items, links), item);
}

uint32_t
crowd_leaf(const struct crowd *c, uint32_t item)
{
    return c->items[item].leaf;
}

uint32_t
crowd_held(const struct crowd *c, uint32_t network)
{
    return c->nodes[network].held;
}
