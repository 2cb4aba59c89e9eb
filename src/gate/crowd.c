/* crowd.c - see crowd.h
 * SPDX-License-Identifier: ISC
 *
 * The networks within one stand in groups by what they hold, the groups in a list by that number.
 * A count changes by one, so its network moves to the group beside or makes one there.
 */
#include "gate/crowd.h"

#include <assert.h>

#define ROOT NETWORKS_ROOT

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
    struct crowd_node *parent = &c->nodes[networks_parent(c->networks, node)];
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
    struct crowd_node *parent = &c->nodes[networks_parent(c->networks, node)];
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
    for (uint32_t node = leaf; node != ROOT; node = networks_parent(c->networks, node))
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
    for (uint32_t node = leaf; node != ROOT; node = networks_parent(c->networks, node))
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
        node = networks_parent(c->networks, node);
    return node;
}

uint32_t
crowd_most(const struct crowd *c, uint32_t network, uint32_t leaf)
{
    uint32_t path[PREFIX_LENGTHS_MAX]; /* from the leaf up to what is within `network` */
    unsigned above = 0;
    for (uint32_t n = leaf; n != network && n != ROOT; n = networks_parent(c->networks, n))
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
