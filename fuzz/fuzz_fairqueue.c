/* fuzz_fairqueue.c - nothing is lost, nothing leaves twice, and order holds within a prefix
 *
 * Input: limits, then a list of events (push, pop, expire, remove, wait).
 */
#include "base/bytes.h"
#include "core/fairqueue.h"

#include <stdlib.h>

#define ITEMS 24
#define NETS  5

#define REQUIRE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)

struct waiting {
    bool inside;
    unsigned net;
    uint64_t order, deadline_ms;
};

static struct waiting waiting[ITEMS];
static uint64_t memory[512];

static struct addr
client_of(unsigned net)
{
    return (struct addr){.family = ADDR_IPV4, .bytes = {10, 0, (uint8_t)net, 7}};
}

static void
leaves(uint32_t index)
{
    REQUIRE(index < ITEMS && waiting[index].inside);
    waiting[index].inside = false;
}

static void
require_oldest_of_its_net(uint32_t index)
{
    for (unsigned i = 0; i < ITEMS; i++)
        REQUIRE(!waiting[i].inside || waiting[i].net != waiting[index].net ||
                waiting[i].order >= waiting[index].order);
}

static void
push(struct fairqueue *q, uint32_t index, unsigned net, uint32_t cost, uint64_t patience,
     uint64_t now)
{
    static uint64_t order;
    if (waiting[index].inside)
        return;
    waiting[index] = (struct waiting){false, net, order++, now + patience};
    struct addr client = client_of(net);
    uint32_t shed;
    enum fairqueue_shed why = fairqueue_push(q, index, &client, cost, now + patience, now, &shed);
    REQUIRE((why == FAIRQUEUE_KEPT) == (shed == FAIRQUEUE_NONE));
    if (shed == index)
        return;
    if (why != FAIRQUEUE_KEPT) {
        if (why != FAIRQUEUE_PATIENCE)
            require_oldest_of_its_net(shed);
        else
            REQUIRE(waiting[shed].deadline_ms <= now);
        leaves(shed);
    }
    waiting[index].inside = true;
}

static void
check(const struct fairqueue *q)
{
    uint64_t soonest = UINT64_MAX;
    uint32_t inside = 0, counts[NETS] = {0};
    for (unsigned i = 0; i < ITEMS; i++) {
        if (!waiting[i].inside)
            continue;
        inside++;
        counts[waiting[i].net]++;
        soonest = waiting[i].deadline_ms < soonest ? waiting[i].deadline_ms : soonest;
    }
    REQUIRE(inside == q->count && inside <= q->config.limit);
    REQUIRE(soonest == fairqueue_deadline_ms(q));
    uint32_t longest = 0;
    for (unsigned net = 0; net < NETS; net++) {
        struct addr client = client_of(net);
        REQUIRE(counts[net] == fairqueue_waiting(q, &client));
        REQUIRE(counts[net] <= q->config.prefix_limit);
        longest = counts[net] > longest ? counts[net] : longest;
    }
    REQUIRE(longest == q->longest);
    REQUIRE(q->pushed ==
            q->popped + q->removed + q->shed_patience + q->shed_prefix + q->shed_full + q->count);
}

static void
step(struct fairqueue *q, struct bytes_reader *r, uint64_t *now)
{
    unsigned event = bytes_get_u8(r), index = bytes_get_u8(r) % ITEMS;
    uint32_t out = FAIRQUEUE_NONE;
    switch (event % 8) {
    case 0:
        *now += event / 8;
        break;
    case 1:
        REQUIRE(fairqueue_remove(q, index) == waiting[index].inside);
        waiting[index].inside = false;
        break;
    case 2:
        out = fairqueue_expire(q, *now);
        REQUIRE(out == FAIRQUEUE_NONE ? fairqueue_deadline_ms(q) > *now
                                      : waiting[out].deadline_ms <= *now);
        break;
    case 3:
        out = fairqueue_pop(q);
        if (out != FAIRQUEUE_NONE)
            require_oldest_of_its_net(out);
        break;
    default:
        push(q, index, event / 8 % NETS, bytes_get_u8(r) % 8, bytes_get_u8(r) % 64, *now);
    }
    if (out != FAIRQUEUE_NONE)
        leaves(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes_reader r = bytes_reader(data, size);
    struct fairqueue_config config = {
        .items = ITEMS,
        .limit = 1 + bytes_get_u8(&r) % ITEMS,
        .quantum = 1 + bytes_get_u8(&r) % 6,
        .ipv4_length = 24,
        .ipv6_length = 56,
    };
    config.prefix_limit = 1 + bytes_get_u8(&r) % config.limit;
    struct fairqueue q;
    REQUIRE(fairqueue_memory_bytes(&config) <= sizeof memory);
    REQUIRE(fairqueue_init(&q, &config, memory, (struct hash_key){1, 2}) == STATUS_OK);
    memset(waiting, 0, sizeof waiting);
    uint64_t now = 100;
    while (bytes_left(&r) > 0) {
        step(&q, &r, &now);
        check(&q);
    }
    return 0;
}
