/* fuzz_fairqueue.c - turns and places are what a plain list of the questions says
 * SPDX-License-Identifier: ISC
 *
 * Input: places, then a list of events (push, pop, remove, return, promote), each with who it is.
 * Always: no more at the worker than there are places; the reserve goes only to networks that have
 * little; a leaf's questions leave in order; nobody in line is left there while places are free for
 * all; and when all is gone, nothing is held.
 */
#include "base/bytes.h"
#include "gate/crowd.h"
#include "gate/fairqueue.h"

#include "fuzz.h"

#define ITEMS    24
#define NETWORKS (4 * (ITEMS + 1))

struct question {
    enum { OUTSIDE, IN_LINE, AT_WORKER } state;
    uint32_t leaf;
    unsigned line;
    uint64_t order;
};

static struct question questions[ITEMS + 1];
static struct networks networks;
static struct fairqueue q;
static struct crowd crowd;
static uint64_t memory[3][4096];
static uint64_t order;

static const struct addr_lengths set = {
    .key = {1, 2}, .mark = 1, .counts = {3, 1}, .lengths = {{8, 16, 24}, {48}}};

static bool
is_within(uint32_t node, uint32_t network)
{
    while (node != network && node != NETWORKS_ROOT)
        node = NETWORKS_PARENT(&networks, node);
    return node == network;
}

static unsigned
count(uint32_t network, int state)
{
    unsigned sum = 0;
    for (unsigned i = 1; i <= ITEMS; i++)
        sum += (int)questions[i].state == state && is_within(questions[i].leaf, network);
    return sum;
}

static uint32_t
leaf_of(unsigned net)
{
    struct addr_keys keys = {0};
    struct addr client = {
        .family = ADDR_IPV4,
        .bytes = {(uint8_t)(net & 3), (uint8_t)(net >> 2 & 3), (uint8_t)(net >> 4 & 3)}};
    if (net >= 0xc0)
        client = (struct addr){.family = ADDR_IPV6, .bytes = {0x20, (uint8_t)net}};
    return crowd_network_take(&networks, &set, &keys, &client, net % 16 == 15);
}

static void
enters(uint32_t index, uint32_t leaf, unsigned line)
{
    questions[index] = (struct question){IN_LINE, leaf, line, ++order};
}

static void
pop(void)
{
    unsigned taken = count(NETWORKS_ROOT, AT_WORKER), waiting = count(NETWORKS_ROOT, IN_LINE);
    uint32_t index = fairqueue_pop(&q);
    if (index == FAIRQUEUE_NONE) {
        must(waiting == 0 || taken + fairqueue_reserve(&q) >= q.places);
        for (unsigned i = 1; i <= ITEMS && taken < q.places;
             i++) { /* who has none there has a place */
            uint32_t top = questions[i].leaf;
            if (questions[i].state != IN_LINE)
                continue;
            while (NETWORKS_PARENT(&networks, top) != NETWORKS_ROOT)
                top = NETWORKS_PARENT(&networks, top);
            must(count(top, AT_WORKER) > 0);
        }
        return;
    }
    struct question *taken_one = &questions[index];
    must(index >= 1 && index <= ITEMS && taken_one->state == IN_LINE && taken < q.places);
    for (unsigned i = 1; i <= ITEMS; i++)
        must(questions[i].state != IN_LINE || questions[i].leaf != taken_one->leaf ||
             questions[i].line != taken_one->line || questions[i].order >= taken_one->order);
    taken_one->state = AT_WORKER;
}

static void
check(void)
{
    for (uint32_t node = 0; node <= networks.touched; node++) {
        if (node != NETWORKS_ROOT && networks.nodes[node].refs == 0)
            continue;
        unsigned in_line = count(node, IN_LINE), at_worker = count(node, AT_WORKER);
        must(in_line == fairqueue_waiting(&q, node));
        must(at_worker == q.nodes[node].at_worker);
        must(in_line + at_worker == crowd_held(&crowd, node));
    }
    must(count(NETWORKS_ROOT, AT_WORKER) <= q.places);
}

static void
leave(uint32_t index)
{
    bool is_inside = questions[index].state != OUTSIDE;
    questions[index] = (struct question){0};
    must(fairqueue_remove(&q, index) == is_inside);
    crowd_network_release(&networks, crowd_give(&crowd, index));
}

static void
step(unsigned event, uint32_t index, unsigned net)
{
    struct question *question = &questions[index];
    uint32_t leaf = leaf_of(net);
    unsigned line = event / 8 % FAIRQUEUE_LINES;
    switch (event % 8) {
    case 0:
        leave(index);
        break;
    case 1:
        fairqueue_return(&q, index);
        if (question->state == AT_WORKER)
            enters(index, question->leaf, question->line);
        break;
    case 2:
        if (fairqueue_promote(&q, index, leaf, (enum fairqueue_line)line)) {
            must(question->state == IN_LINE && line >= question->line);
            enters(index, leaf, line);
            crowd_network_hold(&networks, leaf);
            crowd_network_release(&networks, crowd_give(&crowd, index));
            crowd_take(&crowd, leaf, index, CROWD_A);
        }
        break;
    case 3:
    case 4:
        pop();
        break;
    default:
        if (question->state != OUTSIDE)
            break;
        fairqueue_push(&q, index, leaf, (enum fairqueue_line)line);
        crowd_network_hold(&networks, leaf);
        crowd_take(&crowd, leaf, index, CROWD_A);
        enters(index, leaf, line);
    }
    crowd_network_release(&networks, leaf);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes_reader r = bytes_reader(data, size);
    memset(memory, 0, sizeof memory);
    memset(questions, 0, sizeof questions);
    must(crowd_networks_bytes(NETWORKS) <= sizeof memory[0]);
    crowd_networks_init(&networks, memory[0], NETWORKS);
    must(fairqueue_memory_bytes(ITEMS, &networks) <= sizeof memory[1]);
    must(crowd_memory_bytes(ITEMS, &networks) <= sizeof memory[2]);
    fairqueue_init(&q, &networks, memory[1], 1 + bytes_get_u8(&r) % ITEMS);
    crowd_init(&crowd, &networks, memory[2]);
    while (bytes_left(&r) > 0) {
        unsigned event = bytes_get_u8(&r), index = 1 + bytes_get_u8(&r) % ITEMS;
        step(event, index, bytes_get_u8(&r));
        check();
    }
    for (uint32_t i = 1; i <= ITEMS; i++)
        leave(i);
    for (uint32_t i = 1; i <= networks.touched; i++)
        must(networks.nodes[i].refs == 0);
    return 0;
}
