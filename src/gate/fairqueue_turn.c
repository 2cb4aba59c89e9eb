/* fairqueue_turn.c - see fairqueue_turn.h
 * SPDX-License-Identifier: ISC
 *
 * A rank may be out of date, since those of others change it: it is looked at again when the
 * network comes up, and a turn goes to the lowest stamp whose rank still holds.
 */
#include "gate/fairqueue_turn.h"

#define ROOT NETWORKS_ROOT

/* Greedy ones whose share has grown, or who have given back, are found one at each turn. */
static void
look_at_greedy(struct fairqueue *q, uint32_t parent, unsigned line, uint32_t share)
{
    struct list *greedy = &q->nodes[parent].stands[line].within[FAIRQUEUE_GREEDY];
    uint32_t node = list_first(greedy);
    if (node == 0)
        return;
    if (q->nodes[node].at_worker < share)
        fairqueue_rank_change(q, node, line, fairqueue_rank_of(q, node, line));
    else
        list_turn(greedy, LIST_TABLE(q->nodes, stands[line].links));
}

/* The lowest stamp of the ranks up to `most`, greedy ones aside. 0: none */
static uint32_t
first_of(const struct fairqueue *q, uint32_t parent, unsigned line, enum fairqueue_rank most)
{
    uint32_t best = 0;
    for (unsigned rank = 0; rank <= most && rank < FAIRQUEUE_GREEDY; rank++) {
        uint32_t node = q->nodes[parent].stands[line].within[rank].first;
        if (node != 0 && (best == 0 || (int32_t)(q->nodes[node].stands[line].stamp -
                                                 q->nodes[best].stands[line].stamp) < 0))
            best = node;
    }
    return best;
}

/* Is nobody else in line within this network? */
static inline bool
is_alone(const struct fairqueue *q, uint32_t parent, uint32_t node, unsigned line)
{
    return q->nodes[node].stands[line].waiting == q->nodes[parent].stands[line].waiting;
}

/* The rank that a network has now that its turn has come. */
static enum fairqueue_rank
rank_now(const struct fairqueue *q, uint32_t node, unsigned line, uint32_t share)
{
    enum fairqueue_rank rank = fairqueue_rank_of(q, node, line);
    return rank == FAIRQUEUE_MODEST && q->nodes[node].at_worker >= share ? FAIRQUEUE_GREEDY : rank;
}

/* Whose turn is it within this network? @return 0: nobody's up to that rank */
static uint32_t
choose(struct fairqueue *q, uint32_t parent, unsigned line, uint32_t share,
       enum fairqueue_rank most)
{
    uint32_t node = first_of(q, parent, line, most);
    if (most == FAIRQUEUE_GREEDY && node != 0 && is_alone(q, parent, node, line))
        return node;
    look_at_greedy(q, parent, line, share);
    for (;;) {
        node = first_of(q, parent, line, most);
        if (node == 0)
            return most == FAIRQUEUE_GREEDY
                       ? q->nodes[parent].stands[line].within[FAIRQUEUE_GREEDY].first
                       : 0;
        enum fairqueue_rank rank = rank_now(q, node, line, share);
        if (rank <= q->nodes[node].stands[line].rank)
            return node;
        fairqueue_rank_change(q, node, line, rank);
    }
}

uint32_t
fairqueue_turn(struct fairqueue *q, unsigned line, enum fairqueue_rank most)
{
    uint32_t share = q->places, node = ROOT;
    while (!q->networks->nodes[node].is_leaf) {
        uint32_t parts = q->nodes[node].active;
        share = parts > 0 && share / parts > 0 ? share / parts : 1;
        uint32_t within = choose(q, node, line, share, most);
        if (within == 0 && node == ROOT)
            return 0;
        if (within == 0) { /* its hope is gone: begin again, it has another rank now */
            share = q->places;
            node = ROOT;
            continue;
        }
        if (q->nodes[within].stands[line].rank == FAIRQUEUE_LIGHT)
            most = FAIRQUEUE_GREEDY; /* of its own, whoever's turn it is */
        node = within;
    }
    return node;
}
