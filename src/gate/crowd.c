/* crowd.c - see crowd.h
 * SPDX-License-Identifier: ISC
 *
 * The networks within one stand in groups by what they hold, the groups in a list by that number.
 * A count changes by one, so its network moves to the group beside or makes one there.
 */
#include "gate/crowd.h"

#include <assert.h>

#define ROOT NETWORKS_ROOT

_Static_assert(sizeof(struct crowd_item) == 16 && sizeof(struct crowd_node) == 40 &&
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

/* A group between two that are beside each other; 0 for the ends. */
static uint32_t
group_add(struct crowd *c, struct crowd_node *parent, uint32_t held, uint32_t more, uint32_t fewer)
{
    uint32_t group = c->groups_free;
    if (group != 0)
        c->groups_free = c->groups[group].more;
    else
        group = ++c->groups_touched; /* each holds a network: there are no more groups than those */
    c->groups[group] = (struct crowd_group){.held = held, .more = more, .fewer = fewer};
    *(more != 0 ? &c->groups[more].fewer : &parent->most) = group;
    *(fewer != 0 ? &c->groups[fewer].more : &parent->least) = group;
    return group;
}

static void
group_take_out(struct crowd *c, struct crowd_node *parent, uint32_t group)
{
    struct crowd_group *g = &c->groups[group];
    *(g->more != 0 ? &c->groups[g->more].fewer : &parent->most) = g->fewer;
    *(g->fewer != 0 ? &c->groups[g->fewer].more : &parent->least) = g->more;
    *g = (struct crowd_group){.more = c->groups_free};
    c->groups_free = group;
}

static void
enter(struct crowd *c, uint32_t group, uint32_t node)
{
    struct crowd_node *n = &c->nodes[node];
    n->group = group;
    n->prev = 0;
    n->next = c->groups[group].first;
    if (n->next != 0)
        c->nodes[n->next].prev = node;
    c->groups[group].first = node;
}

static void
leave(struct crowd *c, struct crowd_node *parent, uint32_t node)
{
    struct crowd_node *n = &c->nodes[node];
    uint32_t group = n->group;
    *(n->prev != 0 ? &c->nodes[n->prev].next : &c->groups[group].first) = n->next;
    if (n->next != 0)
        c->nodes[n->next].prev = n->prev;
    if (c->groups[group].first == 0)
        group_take_out(c, parent, group);
    n->group = n->prev = n->next = 0;
}

static bool
is_alone(const struct crowd *c, uint32_t node)
{
    return c->groups[c->nodes[node].group].first == node && c->nodes[node].next == 0;
}

static void
raise_one(struct crowd *c, uint32_t node)
{
    struct crowd_node *n = &c->nodes[node];
    struct crowd_node *parent = &c->nodes[networks_parent(c->networks, node)];
    uint32_t held = ++n->held, group = n->group;
    uint32_t more = group != 0 ? c->groups[group].more : parent->least;
    if (more != 0 && c->groups[more].held == held) {
        if (group != 0)
            leave(c, parent, node);
        enter(c, more, node);
    } else if (group != 0 && is_alone(c, node)) {
        c->groups[group].held = held;
    } else {
        uint32_t made = group_add(c, parent, held, more, group);
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
    uint32_t held = --n->held, group = n->group, fewer = c->groups[group].fewer;
    if (held == 0) {
        leave(c, parent, node);
    } else if (fewer != 0 && c->groups[fewer].held == held) {
        leave(c, parent, node);
        enter(c, fewer, node);
    } else if (is_alone(c, node)) {
        c->groups[group].held = held;
    } else {
        uint32_t made = group_add(c, parent, held, group, fewer);
        leave(c, parent, node);
        enter(c, made, node);
    }
}

/* --- things --- */

static void
push(struct crowd *c, uint32_t item, enum crowd_list list)
{
    struct crowd_item *it = &c->items[item];
    struct crowd_ends *ends = &c->nodes[it->leaf].lists[list];
    it->list = list;
    it->prev = ends->last;
    it->next = CROWD_NONE;
    *(ends->last != CROWD_NONE ? &c->items[ends->last].next : &ends->first) = item;
    ends->last = item;
}

static void
pull(struct crowd *c, uint32_t item)
{
    const struct crowd_item *it = &c->items[item];
    struct crowd_ends *ends = &c->nodes[it->leaf].lists[it->list];
    *(it->prev != CROWD_NONE ? &c->items[it->prev].next : &ends->first) = it->next;
    *(it->next != CROWD_NONE ? &c->items[it->next].prev : &ends->last) = it->prev;
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
    while (c->nodes[node].most != 0) {
        const struct crowd_group *most = &c->groups[c->nodes[node].most];
        if (is_around && above > 0 && c->nodes[path[above - 1]].held + 1 >= most->held) {
            node = path[--above];
        } else {
            is_around = false;
            node = most->first;
        }
    }
    return is_around ? leaf : node;
}
