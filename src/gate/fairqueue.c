/* fairqueue.c - see fairqueue.h
 * SPDX-License-Identifier: ISC
 *
 * Networks in line stand in a list in order of their stamps, so that whoever has waited for longest is
 * its first whatever happened to ranks meanwhile; greedy ones stand aside. While places of the
 * reserve are given, only light and hopeful ones are looked for, so each of these ranks has a list
 * besides. A rank is looked at when the network comes into line, after its turn, and when what it has
 * at the worker grows less. Since others change it too, it may be out of date: it is looked at again
 * when the network comes up, and a turn goes to one whose rank still holds.
 */
#include "gate/fairqueue.h"

#include <assert.h>

_Static_assert(sizeof(struct fairqueue_item) == 16 && sizeof(struct fairqueue_node) == 96,
               "as documented");

size_t
fairqueue_memory_bytes(uint32_t items, const struct networks *networks)
{
    return ((size_t)items + 1) * sizeof(struct fairqueue_item) +
           ((size_t)networks->count + 1) * sizeof(struct fairqueue_node);
}

void
fairqueue_init(struct fairqueue *q, struct networks *networks, void *memory, uint32_t places)
{
    *q = (struct fairqueue){.networks = networks, .nodes = memory, .places = places};
    q->items = (struct fairqueue_item *)(void *)&q->nodes[(size_t)networks->count + 1];
}

void
fairqueue_beside(struct fairqueue *q, const struct fairqueue *first, uint32_t top)
{
    assert(top != NETWORKS_ROOT);
    *q = (struct fairqueue){.networks = first->networks,
                            .items = first->items,
                            .nodes = first->nodes,
                            .top = top,
                            .places = 1};
}

uint32_t
fairqueue_reserve(const struct fairqueue *q)
{
    uint32_t least = q->places / 2 < FAIRQUEUE_RESERVE_MIN ? q->places / 2 : FAIRQUEUE_RESERVE_MIN;
    uint32_t part = q->places / FAIRQUEUE_RESERVE_PART;
    return part > least ? part : least;
}

/* --- ranks --- */

static inline uint32_t
parent_of(const struct fairqueue *q, uint32_t node)
{
    return NETWORKS_PARENT(q->networks, node);
}

static inline bool
is_light(const struct fairqueue *q, uint32_t node)
{
    uint64_t has = q->nodes[node].at_worker;
    const struct fairqueue_node *parent = &q->nodes[parent_of(q, node)];
    return has == 0 || has * parent->active * FAIRQUEUE_LIGHT_PART < parent->at_worker;
}

/* How a client stands, whatever the others in its line are. */
static enum fairqueue_rank
rank_of_client(const struct fairqueue *q, uint32_t leaf)
{
    uint32_t top = q->top;
    enum fairqueue_rank rank = FAIRQUEUE_MODEST;
    for (uint32_t node = leaf; node != top; node = parent_of(q, node)) {
        bool is_shortest = parent_of(q, node) == top;
        if (is_light(q, node))
            rank = is_shortest ? FAIRQUEUE_LIGHT : FAIRQUEUE_HOPEFUL;
    }
    return rank;
}

static inline bool
has_hope(const struct fairqueue *q, uint32_t node, unsigned line)
{
    const struct fairqueue_stand *s = &q->nodes[node].stands[line];
    return !q->networks->nodes[node].is_leaf && (list_first(&s->few[FAIRQUEUE_LIGHT]) != 0 ||
                                                 list_first(&s->few[FAIRQUEUE_HOPEFUL]) != 0);
}

static enum fairqueue_rank
rank_of(const struct fairqueue *q, uint32_t node, unsigned line)
{
    if (is_light(q, node))
        return FAIRQUEUE_LIGHT;
    return has_hope(q, node, line) ? FAIRQUEUE_HOPEFUL : FAIRQUEUE_MODEST;
}

/* --- lists --- */

static inline struct list_table
stands_of(const struct fairqueue *q, unsigned line)
{
    return LIST_TABLE(q->nodes, stands[line].links);
}

static inline struct list_table
few_of(const struct fairqueue *q, unsigned line)
{
    return LIST_TABLE(q->nodes, stands[line].few_links);
}

/* In a list of `around`, where its siblings are, as its rank is. */
static void
rank_enter(struct fairqueue *q, uint32_t node, unsigned line, enum fairqueue_rank rank)
{
    struct fairqueue_stand *around = &q->nodes[parent_of(q, node)].stands[line];
    q->nodes[node].stands[line].rank = rank;
    if (rank == FAIRQUEUE_GREEDY) {
        list_push(&around->greedy, stands_of(q, line), node);
        return;
    }
    q->nodes[node].stands[line].stamp = ++q->stamp;
    list_push(&around->turns, stands_of(q, line), node);
    if (rank <= FAIRQUEUE_HOPEFUL)
        list_push(&around->few[rank], few_of(q, line), node);
}

static void
rank_leave(struct fairqueue *q, uint32_t node, unsigned line)
{
    struct fairqueue_stand *around = &q->nodes[parent_of(q, node)].stands[line];
    uint32_t rank = q->nodes[node].stands[line].rank;
    list_remove(rank == FAIRQUEUE_GREEDY ? &around->greedy : &around->turns, stands_of(q, line),
                node);
    if (rank <= FAIRQUEUE_HOPEFUL)
        list_remove(&around->few[rank], few_of(q, line), node);
}

/* Only who becomes greedy, and who is so no more, loses its place among those that wait. */
static void
rank_change(struct fairqueue *q, uint32_t node, unsigned line, enum fairqueue_rank rank)
{
    struct fairqueue_stand *s = &q->nodes[node].stands[line];
    struct fairqueue_stand *around = &q->nodes[parent_of(q, node)].stands[line];
    assert(s->rank != rank);
    if (s->rank == FAIRQUEUE_GREEDY || rank == FAIRQUEUE_GREEDY) {
        rank_leave(q, node, line);
        rank_enter(q, node, line, rank);
        return;
    }
    if (s->rank <= FAIRQUEUE_HOPEFUL)
        list_remove(&around->few[s->rank], few_of(q, line), node);
    if (rank <= FAIRQUEUE_HOPEFUL)
        list_push(&around->few[rank], few_of(q, line), node);
    s->rank = rank;
}

/* It had its turn: it is the last of all, and of its rank, the old one or another. */
static void
turn_end(struct fairqueue *q, uint32_t node, unsigned line)
{
    rank_leave(q, node, line);
    rank_enter(q, node, line, rank_of(q, node, line));
}

/* --- counts, from a leaf up --- */

static bool
is_active(const struct fairqueue *q, uint32_t node)
{
    return fairqueue_waiting(q, node) > 0 || q->nodes[node].at_worker > 0;
}

/* A network within this one has become light, or hopeful, in line. */
static void
give_hope(struct fairqueue *q, uint32_t node, unsigned line)
{
    for (; node != q->top; node = parent_of(q, node)) {
        const struct fairqueue_stand *s = &q->nodes[node].stands[line];
        if (s->waiting == 0 || s->rank <= FAIRQUEUE_HOPEFUL)
            return;
        rank_change(q, node, line, FAIRQUEUE_HOPEFUL);
    }
}

static void
line_enter(struct fairqueue *q, uint32_t leaf, unsigned line)
{
    uint32_t top = q->top;
    for (uint32_t node = leaf; node != top; node = parent_of(q, node)) {
        struct fairqueue_stand *s = &q->nodes[node].stands[line];
        uint32_t parent = parent_of(q, node);
        if (!is_active(q, node))
            q->nodes[parent].active++;
        if (s->waiting++ > 0)
            continue;
        rank_enter(q, node, line, rank_of(q, node, line));
        if (s->rank <= FAIRQUEUE_HOPEFUL)
            give_hope(q, parent, line);
        q->in_line[line] += parent == top;
    }
    q->nodes[top].stands[line].waiting++;
}

/* One question of this leaf is no longer in line. @param has_turn  it was its turn */
static void
line_leave(struct fairqueue *q, uint32_t leaf, unsigned line, bool has_turn)
{
    uint32_t top = q->top;
    for (uint32_t node = leaf; node != top; node = parent_of(q, node)) {
        struct fairqueue_stand *s = &q->nodes[node].stands[line];
        uint32_t parent = parent_of(q, node);
        if (--s->waiting == 0) {
            rank_leave(q, node, line);
            q->in_line[line] -= parent == top;
        } else if (has_turn) {
            turn_end(q, node, line);
        }
        if (!is_active(q, node))
            q->nodes[parent].active--;
    }
    q->nodes[top].stands[line].waiting--;
}

/* Its answer is here: a network that has little or nothing at the worker now may come sooner. */
static void
place_give(struct fairqueue *q, uint32_t leaf)
{
    uint32_t top = q->top;
    q->nodes[top].at_worker--;
    for (uint32_t node = leaf; node != top; node = parent_of(q, node)) {
        q->nodes[node].at_worker--;
        if (!is_active(q, node))
            q->nodes[parent_of(q, node)].active--;
    }
    if (fairqueue_waiting(q, top) == 0)
        return;
    for (uint32_t node = leaf; node != top; node = parent_of(q, node))
        for (unsigned line = 0; line < FAIRQUEUE_LINES; line++) {
            const struct fairqueue_stand *s = &q->nodes[node].stands[line];
            if (s->waiting == 0 || s->rank == FAIRQUEUE_LIGHT || !is_light(q, node))
                continue;
            rank_change(q, node, line, FAIRQUEUE_LIGHT);
            give_hope(q, parent_of(q, node), line);
        }
}

static void
place_take(struct fairqueue *q, uint32_t leaf)
{
    uint32_t top = q->top;
    for (uint32_t node = leaf; node != top; node = parent_of(q, node))
        q->nodes[node].at_worker++;
    q->nodes[top].at_worker++;
}

/* --- questions in and out --- */

void
fairqueue_push(struct fairqueue *q, uint32_t index, uint32_t leaf, enum fairqueue_line line)
{
    struct fairqueue_item *item = &q->items[index];
    struct fairqueue_stand *s = &q->nodes[leaf].stands[line];
    assert(item->leaf == NETWORKS_ROOT && leaf != NETWORKS_ROOT);
    crowd_network_hold(q->networks, leaf);
    *item = (struct fairqueue_item){.leaf = leaf, .line = (uint8_t)line};
    list_push(&s->questions, LIST_TABLE(q->items, links), index);
    q->newest = index;
    line_enter(q, leaf, line);
}

static void
unlink_item(struct fairqueue *q, uint32_t index)
{
    const struct fairqueue_item *item = &q->items[index];
    struct fairqueue_stand *s = &q->nodes[item->leaf].stands[item->line];
    list_remove(&s->questions, LIST_TABLE(q->items, links), index);
}

bool
fairqueue_remove(struct fairqueue *q, uint32_t index)
{
    struct fairqueue_item *item = &q->items[index];
    uint32_t leaf = item->leaf;
    if (leaf == NETWORKS_ROOT)
        return false;
    if (item->is_at_worker) {
        place_give(q, leaf);
    } else {
        unlink_item(q, index);
        line_leave(q, leaf, item->line, false);
    }
    *item = (struct fairqueue_item){0};
    if (q->newest == index)
        q->newest = 0; /* it may come into another queue */
    crowd_network_release(q->networks, leaf);
    return true;
}

static void
move(struct fairqueue *q, uint32_t index, uint32_t leaf, enum fairqueue_line line)
{
    crowd_network_hold(q->networks, leaf);
    (void)fairqueue_remove(q, index);
    fairqueue_push(q, index, leaf, line);
    crowd_network_release(q->networks, leaf);
}

void
fairqueue_return(struct fairqueue *q, uint32_t index)
{
    const struct fairqueue_item *item = &q->items[index];
    if (item->is_at_worker)
        move(q, index, item->leaf, (enum fairqueue_line)item->line);
}

/* Has `b` less in line than `a`, at the shortest length at which they differ? */
static bool
has_less_in_line(const struct fairqueue *q, uint32_t a, uint32_t b, unsigned line)
{
    bool has_less = false;
    for (; a != b && a != q->top && b != q->top; a = parent_of(q, a), b = parent_of(q, b))
        has_less = q->nodes[b].stands[line].waiting < q->nodes[a].stands[line].waiting;
    return has_less;
}

bool
fairqueue_promote(struct fairqueue *q, uint32_t index, uint32_t leaf, enum fairqueue_line line)
{
    const struct fairqueue_item *item = &q->items[index];
    if (item->leaf == NETWORKS_ROOT || item->is_at_worker || item->line > line ||
        (item->line == line && !has_less_in_line(q, item->leaf, leaf, line)))
        return false;
    move(q, index, leaf, line);
    return true;
}

/* --- turns, from all networks down to a client --- */

/* Greedy ones whose share has grown, or that have given back, are found one at each turn. */
static void
look_at_greedy(struct fairqueue *q, uint32_t parent, unsigned line, uint32_t share)
{
    struct list *greedy = &q->nodes[parent].stands[line].greedy;
    uint32_t node = list_first(greedy);
    if (node == 0)
        return;
    if (q->nodes[node].at_worker < share)
        rank_change(q, node, line, rank_of(q, node, line));
    else
        list_turn(greedy, stands_of(q, line));
}

/* Is no other in line within this network? */
static inline bool
is_alone(const struct fairqueue *q, uint32_t parent, uint32_t node, unsigned line)
{
    return q->nodes[node].stands[line].waiting == q->nodes[parent].stands[line].waiting;
}

/* Whose turn is it within this network, while places beside the reserve are free? */
static uint32_t
choose(struct fairqueue *q, uint32_t parent, unsigned line, uint32_t share)
{
    const struct fairqueue_stand *around = &q->nodes[parent].stands[line];
    uint32_t node = list_first(&around->turns);
    if (node != 0 && is_alone(q, parent, node, line))
        return node;
    look_at_greedy(q, parent, line, share);
    while ((node = list_first(&around->turns)) != 0) {
        if (q->nodes[node].at_worker < share || rank_of(q, node, line) != FAIRQUEUE_MODEST)
            return node;
        rank_change(q, node, line, FAIRQUEUE_GREEDY);
    }
    return list_first(&around->greedy);
}

/* The one of the light, and if `most` says so of the hopeful, that has the lowest stamp of the first
 * of each. 0: none */
static uint32_t
first_of_few(const struct fairqueue *q, uint32_t parent, unsigned line, enum fairqueue_rank most)
{
    const struct list *few = q->nodes[parent].stands[line].few;
    uint32_t light = list_first(&few[FAIRQUEUE_LIGHT]);
    uint32_t hopeful = most == FAIRQUEUE_HOPEFUL ? list_first(&few[FAIRQUEUE_HOPEFUL]) : 0;
    if (light == 0 || hopeful == 0)
        return light != 0 ? light : hopeful;
    int32_t later =
        (int32_t)(q->nodes[light].stands[line].stamp - q->nodes[hopeful].stands[line].stamp);
    return later < 0 ? light : hopeful;
}

/* The same for a place of the reserve. @return 0: none up to that rank */
static uint32_t
choose_of_few(struct fairqueue *q, uint32_t parent, unsigned line, enum fairqueue_rank most)
{
    for (;;) {
        uint32_t node = first_of_few(q, parent, line, most);
        if (node == 0)
            return 0;
        enum fairqueue_rank stood = q->nodes[node].stands[line].rank;
        enum fairqueue_rank rank = rank_of(q, node, line);
        if (rank != stood) /* better, too: who has become light is to be seen as that */
            rank_change(q, node, line, rank);
        if (rank <= stood)
            return node;
    }
}

/* The leaf whose turn it is in a line. @param most  the last rank among the networks of the shortest
 * length that may have a place. @return 0: none to which a place may be given */
static uint32_t
leaf_in_turn(struct fairqueue *q, unsigned line, enum fairqueue_rank most)
{
    uint32_t share = q->places, node = q->top;
    while (!q->networks->nodes[node].is_leaf) {
        uint32_t parts = q->nodes[node].active;
        share = parts > 0 && share / parts > 0 ? share / parts : 1;
        uint32_t within = most == FAIRQUEUE_GREEDY ? choose(q, node, line, share)
                                                   : choose_of_few(q, node, line, most);
        if (within == 0 && node == q->top)
            return 0;
        if (within == 0) { /* its hope is gone: begin again, it has another rank now */
            share = q->places;
            node = q->top;
            continue;
        }
        if (q->nodes[within].stands[line].rank == FAIRQUEUE_LIGHT)
            most = FAIRQUEUE_GREEDY; /* of its own, whichever's turn it is */
        node = within;
    }
    return node;
}

/* Which ranks may have a place now, by how many are taken. @return FAIRQUEUE_RANKS: none */
static enum fairqueue_rank
rank_served(const struct fairqueue *q)
{
    uint32_t taken = q->nodes[q->top].at_worker, reserve = fairqueue_reserve(q);
    if (taken >= q->places)
        return FAIRQUEUE_RANKS;
    if (taken < q->places - reserve)
        return FAIRQUEUE_GREEDY;
    return taken < q->places - reserve / 2 ? FAIRQUEUE_HOPEFUL : FAIRQUEUE_LIGHT;
}

static unsigned
line_in_turn(const struct fairqueue *q)
{
    const uint32_t *in_line = q->in_line;
    if (in_line[FAIRQUEUE_PROVEN] == 0)
        return FAIRQUEUE_UNPROVEN;
    if (in_line[FAIRQUEUE_UNPROVEN] == 0)
        return FAIRQUEUE_PROVEN;
    /* as often as its networks are more; the others may be forged, so that their number is none */
    uint32_t times = in_line[FAIRQUEUE_PROVEN] / in_line[FAIRQUEUE_UNPROVEN];
    return q->turn < FAIRQUEUE_PROVEN_TURNS * (times > 0 ? times : 1) ? FAIRQUEUE_PROVEN
                                                                      : FAIRQUEUE_UNPROVEN;
}

/* Most often the line is empty but for the one that just came. */
static bool
is_alone_in_line(const struct fairqueue *q, uint32_t index)
{
    const struct fairqueue_item *item = &q->items[index];
    return fairqueue_waiting(q, q->top) == 1 && item->leaf != NETWORKS_ROOT && !item->is_at_worker;
}

/* The question whose turn it is, in one line or the other; `most` as above. */
static uint32_t
in_turn(struct fairqueue *q, enum fairqueue_rank most)
{
    if (most == FAIRQUEUE_GREEDY && is_alone_in_line(q, q->newest))
        return q->newest;
    unsigned line = line_in_turn(q);
    uint32_t leaf = leaf_in_turn(q, line, most);
    if (leaf == 0) { /* in the other line there may be a light one */
        line = line == FAIRQUEUE_PROVEN ? FAIRQUEUE_UNPROVEN : FAIRQUEUE_PROVEN;
        leaf = leaf_in_turn(q, line, most);
    }
    return leaf != 0 ? q->nodes[leaf].stands[line].questions.first : FAIRQUEUE_NONE;
}

uint32_t
fairqueue_pop(struct fairqueue *q)
{
    if (fairqueue_waiting(q, q->top) == 0)
        return FAIRQUEUE_NONE;
    enum fairqueue_rank most = rank_served(q);
    uint32_t index = most != FAIRQUEUE_RANKS ? in_turn(q, most) : FAIRQUEUE_NONE;
    if (index == FAIRQUEUE_NONE)
        return FAIRQUEUE_NONE;
    struct fairqueue_item *item = &q->items[index];
    bool both = q->in_line[FAIRQUEUE_PROVEN] > 0 && q->in_line[FAIRQUEUE_UNPROVEN] > 0;
    q->turn = both && item->line == FAIRQUEUE_PROVEN ? q->turn + 1 : 0;
    unlink_item(q, index);
    item->is_at_worker = true;
    item->rank = (uint8_t)rank_of_client(q, item->leaf);
    place_take(q, item->leaf);
    line_leave(q, item->leaf, item->line, true);
    return index;
}

enum fairqueue_rank
fairqueue_rank_at_worker(const struct fairqueue *q, uint32_t index)
{
    return (enum fairqueue_rank)q->items[index].rank;
}

uint32_t
fairqueue_waiting(const struct fairqueue *q, uint32_t network)
{
    const struct fairqueue_node *n = &q->nodes[network];
    return n->stands[FAIRQUEUE_UNPROVEN].waiting + n->stands[FAIRQUEUE_PROVEN].waiting;
}
