/* fuzz_fairqueue.c - turns and places are what a plain list of the questions says
 * SPDX-License-Identifier: ISC
 *
 * Input: places, then a list of events (push, pop, remove, return, promote), each with who it is, and
 * in which of two queues beside each other.
 * Always: no more at the worker than there are places; the reserve goes only to networks that have
 * little; a leaf's questions leave in order; while places beside the reserve are free, the network
 * that has waited for longest comes first at each length, but for those that had their share since;
 * nobody in line is left there while places are free for all; and when all is gone, nothing is held.
 */
#include "base/bytes.h"
#include "gate/crowd.h"
#include "gate/fairqueue.h"

#include "fuzz.h"

#define ITEMS    24
#define NETWORKS (4 * (ITEMS + 1) + QUEUES)
#define QUEUES   2

struct question {
    enum { OUTSIDE, IN_LINE, AT_WORKER } state;
    uint32_t leaf;
    unsigned line, queue;
    uint64_t order;
};

struct net { /* a network's questions */
    unsigned in_line[FAIRQUEUE_LINES], at_worker;
    unsigned active;                 /* networks right within it that have one */
    uint64_t since[FAIRQUEUE_LINES]; /* it got into line, or had its turn; 0: it is not there */
    bool had_share[FAIRQUEUE_LINES]; /* since then */
};

static struct question questions[ITEMS + 1];
static struct net nets[NETWORKS + 1];
static struct networks networks;
static struct fairqueue queues[QUEUES];
static struct crowd crowd;
static uint64_t memory[3][4096];
static uint64_t order;

static const struct addr_lengths set = {
    .key = {1, 2}, .mark = 1, .counts = {3, 1}, .lengths = {{8, 16, 24}, {48}}};

/* --- the networks, counted anew after each step --- */

static uint32_t
parent_of(uint32_t node)
{
    return NETWORKS_PARENT(&networks, node);
}

static bool
is_top(uint32_t node)
{
    return node == queues[0].top || node == queues[1].top;
}

static bool
is_active(uint32_t node)
{
    const struct net *net = &nets[node];
    return net->at_worker + net->in_line[0] + net->in_line[1] > 0;
}

static void
count_all(void)
{
    for (uint32_t node = 0; node <= networks.touched; node++)
        nets[node].active = nets[node].at_worker = nets[node].in_line[0] = nets[node].in_line[1] =
            0;
    for (unsigned i = 1; i <= ITEMS; i++) {
        const struct question *question = &questions[i];
        if (question->state == OUTSIDE)
            continue;
        for (uint32_t node = question->leaf;; node = parent_of(node)) {
            struct net *net = &nets[node];
            bool was_active = is_active(node);
            if (question->state == AT_WORKER)
                net->at_worker++;
            else
                net->in_line[question->line]++;
            if (is_top(node))
                break;
            nets[parent_of(node)].active += !was_active;
        }
    }
}

/* Of the places, divided among those that have questions, at each length again. */
static unsigned
share_of(uint32_t node)
{
    if (is_top(node))
        return queues[node == queues[1].top].places;
    unsigned share = share_of(parent_of(node)) / nets[parent_of(node)].active;
    return share > 0 ? share : 1;
}

/* Who is in line no more has no turn there, and who has its share now is not judged before its next. */
static void
look_at_all(void)
{
    count_all();
    for (uint32_t node = 1; node <= networks.touched; node++)
        for (unsigned line = 0; line < FAIRQUEUE_LINES && !is_top(node); line++) {
            struct net *net = &nets[node];
            if (net->in_line[line] == 0)
                net->since[line] = 0;
            else if (net->at_worker >= share_of(node))
                net->had_share[line] = true;
        }
}

/* From a leaf up. @param has_turn  those that are in line, too */
static void
renew(uint32_t leaf, unsigned line, bool has_turn)
{
    for (uint32_t node = leaf; !is_top(node); node = parent_of(node))
        if (nets[node].since[line] == 0 || has_turn) {
            nets[node].since[line] = ++order;
            nets[node].had_share[line] = false;
        }
}

static void
must_have_waited_for_longest(const struct question *chosen)
{
    unsigned line = chosen->line;
    for (uint32_t node = chosen->leaf; !is_top(node); node = parent_of(node))
        for (uint32_t other = 1; other <= networks.touched; other++)
            if (nets[other].since[line] != 0 && !nets[other].had_share[line] &&
                parent_of(other) == parent_of(node))
                must(nets[other].since[line] >= nets[node].since[line]);
}

/* --- steps --- */

static uint32_t
leaf_of(unsigned net, unsigned queue)
{
    struct addr_keys keys = {0};
    struct addr client = {
        .family = ADDR_IPV4,
        .bytes = {(uint8_t)(net & 3), (uint8_t)(net >> 2 & 3), (uint8_t)(net >> 4 & 3)}};
    if (net >= 0xc0)
        client = (struct addr){.family = ADDR_IPV6, .bytes = {0x20, (uint8_t)net}};
    return crowd_network_take(&networks, queues[queue].top, &set, &keys, &client, net % 16 == 15);
}

static void
enters(uint32_t index, uint32_t leaf, unsigned line, unsigned queue)
{
    questions[index] = (struct question){IN_LINE, leaf, line, queue, ++order};
    renew(leaf, line, false);
}

static void
pop(unsigned queue)
{
    struct fairqueue *q = &queues[queue];
    const struct net *all = &nets[q->top];
    unsigned taken = all->at_worker, waiting = all->in_line[0] + all->in_line[1];
    uint32_t index = fairqueue_pop(q);
    if (index == FAIRQUEUE_NONE) {
        must(waiting == 0 || taken + fairqueue_reserve(q) >= q->places);
        for (unsigned i = 1; i <= ITEMS && taken < q->places;
             i++) { /* who has none there has a place */
            uint32_t top = questions[i].leaf;
            if (questions[i].state != IN_LINE || questions[i].queue != queue)
                continue;
            while (!is_top(parent_of(top)))
                top = parent_of(top);
            must(nets[top].at_worker > 0);
        }
        return;
    }
    struct question *taken_one = &questions[index];
    must(index >= 1 && index <= ITEMS && taken_one->state == IN_LINE && taken < q->places &&
         taken_one->queue == queue);
    for (unsigned i = 1; i <= ITEMS; i++)
        must(questions[i].state != IN_LINE || questions[i].leaf != taken_one->leaf ||
             questions[i].line != taken_one->line || questions[i].order >= taken_one->order);
    if (taken + fairqueue_reserve(q) < q->places)
        must_have_waited_for_longest(taken_one);
    taken_one->state = AT_WORKER;
    renew(taken_one->leaf, taken_one->line, true);
}

static void
check(void)
{
    for (uint32_t node = 0; node <= networks.touched; node++) {
        if (node != NETWORKS_ROOT && networks.nodes[node].refs == 0)
            continue;
        unsigned in_line = nets[node].in_line[0] + nets[node].in_line[1];
        unsigned at_worker = nets[node].at_worker;
        unsigned beside = node == NETWORKS_ROOT ? crowd_held(&crowd, queues[1].top) : 0;
        must(in_line == fairqueue_waiting(&queues[0], node));
        must(at_worker == queues[0].nodes[node].at_worker);
        must(in_line + at_worker + beside == crowd_held(&crowd, node));
    }
    for (unsigned i = 0; i < QUEUES; i++)
        must(nets[queues[i].top].at_worker <= queues[i].places);
}

static void
leave(uint32_t index)
{
    bool is_inside = questions[index].state != OUTSIDE;
    struct fairqueue *q = &queues[questions[index].queue];
    questions[index] = (struct question){0};
    must(fairqueue_remove(q, index) == is_inside);
    crowd_network_release(&networks, crowd_give(&crowd, index));
}

static void
step(unsigned event, uint32_t index, unsigned net)
{
    struct question *question = &questions[index];
    unsigned queue = question->state == OUTSIDE || event % 8 == 3 ? net >> 6 == 2 : question->queue;
    struct fairqueue *q = &queues[queue];
    uint32_t leaf = leaf_of(net, queue);
    unsigned line = event / 8 % FAIRQUEUE_LINES;
    switch (event % 8) {
    case 0:
        leave(index);
        break;
    case 1:
        fairqueue_return(q, index);
        if (question->state == AT_WORKER)
            enters(index, question->leaf, question->line, queue);
        break;
    case 2:
        if (fairqueue_promote(q, index, leaf, (enum fairqueue_line)line)) {
            must(question->state == IN_LINE && line >= question->line);
            question->state = OUTSIDE;
            look_at_all();
            enters(index, leaf, line, queue);
            crowd_network_hold(&networks, leaf);
            crowd_network_release(&networks, crowd_give(&crowd, index));
            crowd_take(&crowd, leaf, index, CROWD_A);
        }
        break;
    case 3:
    case 4:
        pop(queue);
        break;
    default:
        if (question->state != OUTSIDE)
            break;
        fairqueue_push(q, index, leaf, (enum fairqueue_line)line);
        crowd_network_hold(&networks, leaf);
        crowd_take(&crowd, leaf, index, CROWD_A);
        enters(index, leaf, line, queue);
    }
    crowd_network_release(&networks, leaf);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes_reader r = bytes_reader(data, size);
    memset(memory, 0, sizeof memory);
    memset(questions, 0, sizeof questions);
    memset(nets, 0, sizeof nets);
    must(crowd_networks_bytes(NETWORKS) <= sizeof memory[0]);
    crowd_networks_init(&networks, memory[0], NETWORKS);
    must(fairqueue_memory_bytes(ITEMS, &networks) <= sizeof memory[1]);
    must(crowd_memory_bytes(ITEMS, &networks) <= sizeof memory[2]);
    fairqueue_init(&queues[0], &networks, memory[1], 1 + bytes_get_u8(&r) % ITEMS);
    fairqueue_beside(&queues[1], &queues[0], crowd_network_plant(&networks));
    queues[1].places = 1 + ITEMS - queues[0].places;
    crowd_init(&crowd, &networks, memory[2]);
    while (bytes_left(&r) > 0) {
        unsigned event = bytes_get_u8(&r), index = 1 + bytes_get_u8(&r) % ITEMS;
        step(event, index, bytes_get_u8(&r));
        look_at_all();
        check();
    }
    for (uint32_t i = 1; i <= ITEMS; i++)
        leave(i);
    for (uint32_t i = 1; i <= networks.touched; i++)
        must(networks.nodes[i].refs == (i == queues[1].top ? 1 : 0));
    return 0;
}
