/* test_fairqueue.c - turns, sheds, and an account that always adds up */
#include "core/fairqueue.h"

#include "prng.h"

#include <criterion/criterion.h>
#include <string.h>

#define ITEMS  64
#define LATER  1000000 /* a deadline that does not matter */
#define CANARY 64

static const struct hash_key key = {11, 12};

static const struct fairqueue_config plain = {.items = ITEMS,
                                              .limit = 8,
                                              .prefix_limit = 4,
                                              .quantum = 1,
                                              .ipv4_length = 24,
                                              .ipv6_length = 56};

static uint8_t *memory;
static size_t memory_bytes;

static struct fairqueue
open_queue(const struct fairqueue_config *config)
{
    struct fairqueue q;
    memory_bytes = fairqueue_memory_bytes(config);
    memory = malloc(memory_bytes + CANARY);
    memset(memory + memory_bytes, 0xa5, CANARY);
    cr_assert_eq(fairqueue_init(&q, config, memory, key), STATUS_OK);
    return q;
}

static void
close_queue(void)
{
    for (size_t i = 0; i < CANARY; i++)
        cr_assert_eq(memory[memory_bytes + i], 0xa5, "memory behind the queue was touched");
    free(memory);
}

static struct addr
client(unsigned net)
{
    return (struct addr){.family = ADDR_IPV4, .bytes = {10, (uint8_t)(net >> 8), (uint8_t)net, 1}};
}

static enum fairqueue_shed
push(struct fairqueue *q, uint32_t index, unsigned net, uint32_t *shed)
{
    struct addr from = client(net);
    return fairqueue_push(q, index, &from, 1, LATER, 0, shed);
}

static void
push_kept(struct fairqueue *q, uint32_t index, unsigned net)
{
    uint32_t shed;
    cr_assert_eq(push(q, index, net, &shed), FAIRQUEUE_KEPT);
    cr_assert_eq(shed, FAIRQUEUE_NONE);
}

Test(fairqueue, serves_prefixes_in_turn_and_each_in_order)
{
    struct fairqueue q = open_queue(&plain);
    push_kept(&q, 0, 1);
    push_kept(&q, 1, 1);
    push_kept(&q, 2, 1);
    push_kept(&q, 3, 2);
    push_kept(&q, 4, 3);
    push_kept(&q, 5, 3);
    uint32_t wanted[] = {0, 3, 4, 1, 5, 2, FAIRQUEUE_NONE};
    for (unsigned i = 0; i < 7; i++)
        cr_expect_eq(fairqueue_pop(&q), wanted[i], "pop %u", i);
    close_queue();
}

Test(fairqueue, shares_by_cost_when_costs_differ)
{
    struct fairqueue_config config = plain;
    config.limit = config.prefix_limit = ITEMS;
    config.quantum = 4;
    struct fairqueue q = open_queue(&config);
    struct addr dear = client(1), cheap = client(2);
    uint32_t shed;
    for (uint32_t i = 0; i < 30; i++) {
        fairqueue_push(&q, i, &dear, 3, LATER, 0, &shed);
        fairqueue_push(&q, 30 + i, &cheap, 1, LATER, 0, &shed);
    }
    unsigned spent_dear = 0, spent_cheap = 0;
    for (unsigned i = 0; i < 30; i++) {
        if (fairqueue_pop(&q) < 30)
            spent_dear += 3;
        else
            spent_cheap += 1;
    }
    unsigned difference =
        spent_dear > spent_cheap ? spent_dear - spent_cheap : spent_cheap - spent_dear;
    cr_expect_leq(difference, 2 * 4, "dear spent %u, cheap %u", spent_dear, spent_cheap);
    close_queue();
}

Test(fairqueue, a_prefix_at_its_limit_loses_its_own_oldest)
{
    struct fairqueue q = open_queue(&plain);
    for (uint32_t i = 0; i < 4; i++)
        push_kept(&q, i, 1);
    uint32_t shed;
    cr_expect_eq(push(&q, 9, 1, &shed), FAIRQUEUE_PREFIX);
    cr_expect_eq(shed, 0);
    cr_expect_eq(q.count, 4);
    cr_expect_eq(fairqueue_pop(&q), 1);
    close_queue();
}

Test(fairqueue, when_full_the_longest_prefix_loses_its_oldest)
{
    struct fairqueue q = open_queue(&plain);
    for (uint32_t i = 0; i < 4; i++)
        push_kept(&q, i, 1);
    for (uint32_t i = 4; i < 7; i++)
        push_kept(&q, i, 2);
    push_kept(&q, 7, 3);
    uint32_t shed;
    cr_expect_eq(push(&q, 8, 3, &shed), FAIRQUEUE_FULL);
    cr_expect_eq(shed, 0, "prefix 1 held the most");
    cr_expect_eq(push(&q, 9, 4, &shed), FAIRQUEUE_FULL);
    cr_expect(shed == 1 || shed == 4, "prefixes 1 and 2 hold three each, not %u", shed);
    close_queue();
}

Test(fairqueue, a_newcomer_pays_itself_when_nobody_holds_more)
{
    struct fairqueue q = open_queue(&plain);
    for (uint32_t i = 0; i < 8; i++)
        push_kept(&q, i, i);
    uint32_t shed;
    cr_expect_eq(push(&q, 8, 100, &shed), FAIRQUEUE_FULL);
    cr_expect_eq(shed, 8);
    cr_expect_eq(push(&q, 8, 3, &shed), FAIRQUEUE_FULL);
    cr_expect_eq(shed, 3, "its own older question gives way");
    cr_expect_eq(q.count, 8);
    close_queue();
}

Test(fairqueue, sheds_who_has_given_up_first_and_the_oldest_of_them)
{
    struct fairqueue q = open_queue(&plain);
    uint32_t shed;
    for (uint32_t i = 0; i < 8; i++) {
        struct addr from = client(i / 2);
        cr_assert_eq(fairqueue_push(&q, i, &from, 1, 100 + 10 * ((i + 5) % 8), 0, &shed),
                     FAIRQUEUE_KEPT);
    }
    struct addr from = client(9);
    cr_expect_eq(fairqueue_push(&q, 8, &from, 1, 500, 100, &shed), FAIRQUEUE_PATIENCE);
    cr_expect_eq(shed, 3, "its deadline was 100");
    cr_expect_eq(fairqueue_deadline_ms(&q), 110);
    cr_expect_eq(fairqueue_expire(&q, 109), FAIRQUEUE_NONE);
    cr_expect_eq(fairqueue_expire(&q, 125), 4);
    cr_expect_eq(fairqueue_expire(&q, 125), 5);
    cr_expect_eq(fairqueue_expire(&q, 125), FAIRQUEUE_NONE);
    cr_expect_eq(q.shed_patience, 3);
    close_queue();
}

Test(fairqueue, a_question_nobody_waits_for_never_comes_in)
{
    struct fairqueue q = open_queue(&plain);
    struct addr from = client(1);
    uint32_t shed;
    cr_expect_eq(fairqueue_push(&q, 5, &from, 1, 100, 100, &shed), FAIRQUEUE_PATIENCE);
    cr_expect_eq(shed, 5);
    cr_expect_eq(q.count, 0);
    close_queue();
}

Test(fairqueue, gives_back_a_question_whose_clients_are_gone)
{
    struct fairqueue q = open_queue(&plain);
    push_kept(&q, 0, 1);
    push_kept(&q, 1, 1);
    push_kept(&q, 2, 2);
    cr_expect(fairqueue_remove(&q, 0));
    cr_expect_not(fairqueue_remove(&q, 0));
    cr_expect_not(fairqueue_remove(&q, ITEMS));
    cr_expect_eq(fairqueue_pop(&q), 1);
    cr_expect_eq(fairqueue_pop(&q), 2);
    cr_expect_eq(fairqueue_pop(&q), FAIRQUEUE_NONE);
    cr_expect_eq(fairqueue_deadline_ms(&q), UINT64_MAX);
    close_queue();
}

Test(fairqueue, a_flood_from_one_prefix_does_not_delay_another)
{
    struct fairqueue_config config = plain;
    config.items = config.limit = 1024;
    config.prefix_limit = 512;
    struct fairqueue q = open_queue(&config);
    uint32_t shed;
    for (uint32_t i = 0; i < 1000; i++)
        push(&q, i, 1, &shed);
    push_kept(&q, 1000, 2);
    uint32_t first = fairqueue_pop(&q), second = fairqueue_pop(&q);
    cr_expect(first == 1000 || second == 1000, "served within one round");
    close_queue();
}

Test(fairqueue, refuses_numbers_out_of_range)
{
    struct fairqueue_config bad[8];
    for (unsigned i = 0; i < 8; i++)
        bad[i] = plain;
    bad[0].items = 0;
    bad[1].items = FAIRQUEUE_ITEMS_MAX + 1;
    bad[2].limit = ITEMS + 1;
    bad[3].prefix_limit = 0;
    bad[4].prefix_limit = plain.limit + 1;
    bad[5].quantum = 0;
    bad[6].ipv4_length = 33;
    bad[7].ipv6_length = 129;
    for (unsigned i = 0; i < 8; i++) {
        struct fairqueue q;
        cr_expect_eq(fairqueue_init(&q, &bad[i], NULL, key), STATUS_INVALID, "case %u", i);
    }
}

Test(fairqueue, takes_under_96_bytes_for_each_question)
{
    struct fairqueue_config config = plain;
    config.items = config.limit = config.prefix_limit = 65536;
    cr_expect_leq(fairqueue_memory_bytes(&config), 96 * 65536 + 64);
}

/* --- random events against a plain list --- */

#define NETS 12

struct waiting {
    bool inside;
    unsigned net;
    uint64_t order, deadline_ms;
};

struct model {
    struct waiting items[ITEMS];
    uint64_t now, order, pushed, popped, removed, shed[4];
    unsigned counts[NETS], inside;
};

static void
model_leave(struct model *m, uint32_t index)
{
    cr_assert(m->items[index].inside, "question %u left twice", index);
    m->items[index].inside = false;
    m->counts[m->items[index].net]--;
    m->inside--;
}

static bool
is_oldest_of_its_net(const struct model *m, uint32_t index)
{
    for (unsigned i = 0; i < ITEMS; i++) {
        if (m->items[i].inside && m->items[i].net == m->items[index].net &&
            m->items[i].order < m->items[index].order)
            return false;
    }
    return true;
}

static uint64_t
soonest(const struct model *m)
{
    uint64_t deadline = UINT64_MAX;
    for (unsigned i = 0; i < ITEMS; i++) {
        if (m->items[i].inside && m->items[i].deadline_ms < deadline)
            deadline = m->items[i].deadline_ms;
    }
    return deadline;
}

static void
judge_shed(struct model *m, enum fairqueue_shed why, uint32_t shed, uint32_t pushed, unsigned net)
{
    m->shed[why]++;
    if (why == FAIRQUEUE_KEPT) {
        cr_assert_eq(shed, FAIRQUEUE_NONE);
        return;
    }
    unsigned most = 0;
    for (unsigned i = 0; i < NETS; i++) {
        unsigned with_newcomer = m->counts[i] + (i == net);
        most = with_newcomer > most ? with_newcomer : most;
    }
    const struct waiting *victim = &m->items[shed];
    if (why == FAIRQUEUE_PATIENCE) {
        cr_assert_leq(victim->deadline_ms, m->now);
    } else if (why == FAIRQUEUE_PREFIX) {
        cr_assert_eq(victim->net, net);
        cr_assert_eq(m->counts[net], plain.prefix_limit);
        cr_assert(is_oldest_of_its_net(m, shed));
    } else {
        cr_assert_eq(m->inside, plain.limit);
        cr_assert_gt(soonest(m), m->now, "somebody had given up and was kept");
        cr_assert_eq(m->counts[victim->net] + (victim->net == net), most);
        cr_assert(shed == pushed ? m->counts[net] == 0 : is_oldest_of_its_net(m, shed));
    }
}

static void
event_push(struct fairqueue *q, struct model *m, struct prng *prng)
{
    uint32_t index = prng_below(prng, ITEMS);
    if (m->items[index].inside)
        return;
    unsigned net = prng_below(prng, prng_below(prng, 2) == 0 ? 2 : NETS);
    m->items[index] = (struct waiting){false, net, m->order++, m->now + prng_below(prng, 40)};
    struct addr from = client(net);
    uint32_t shed;
    enum fairqueue_shed why = fairqueue_push(q, index, &from, 1 + prng_below(prng, 3),
                                             m->items[index].deadline_ms, m->now, &shed);
    m->pushed++;
    judge_shed(m, why, shed, index, net);
    if (shed == index)
        return;
    if (why != FAIRQUEUE_KEPT)
        model_leave(m, shed);
    m->items[index].inside = true;
    m->counts[net]++;
    m->inside++;
}

static void
event_out(struct fairqueue *q, struct model *m, struct prng *prng)
{
    uint32_t index;
    switch (prng_below(prng, 4)) {
    case 0:
        index = prng_below(prng, ITEMS);
        cr_assert_eq(fairqueue_remove(q, index), m->items[index].inside);
        if (m->items[index].inside) {
            m->removed++;
            model_leave(m, index);
        }
        return;
    case 1:
        index = fairqueue_expire(q, m->now);
        cr_assert_eq(index == FAIRQUEUE_NONE, soonest(m) > m->now);
        if (index != FAIRQUEUE_NONE) {
            cr_assert_eq(m->items[index].deadline_ms, soonest(m), "not the oldest");
            m->shed[FAIRQUEUE_PATIENCE]++;
            model_leave(m, index);
        }
        return;
    default:
        index = fairqueue_pop(q);
        cr_assert_eq(index == FAIRQUEUE_NONE, m->inside == 0);
        if (index != FAIRQUEUE_NONE) {
            cr_assert(is_oldest_of_its_net(m, index));
            m->popped++;
            model_leave(m, index);
        }
    }
}

Test(fairqueue, the_account_adds_up_over_random_events)
{
    struct prng prng = prng_begin("fairqueue");
    struct fairqueue q = open_queue(&plain);
    static struct model m;
    memset(&m, 0, sizeof m);
    for (unsigned i = 0; i < 300000; i++) {
        m.now += prng_below(&prng, 4) == 0;
        if (prng_below(&prng, 3) > 0)
            event_push(&q, &m, &prng);
        else
            event_out(&q, &m, &prng);
        cr_assert_eq(q.count, m.inside);
        cr_assert_eq(fairqueue_deadline_ms(&q), soonest(&m));
        cr_assert_eq(q.pushed, q.popped + q.removed + q.shed_patience + q.shed_prefix +
                                   q.shed_full + q.count);
        struct addr probe = client(prng_below(&prng, NETS));
        cr_assert_eq(fairqueue_waiting(&q, &probe), m.counts[probe.bytes[2]]);
    }
    cr_assert_eq(q.pushed, m.pushed);
    cr_assert_eq(q.popped, m.popped);
    cr_assert_eq(q.removed, m.removed);
    cr_assert_eq(q.shed_patience, m.shed[FAIRQUEUE_PATIENCE]);
    cr_assert_eq(q.shed_prefix, m.shed[FAIRQUEUE_PREFIX]);
    cr_assert_eq(q.shed_full, m.shed[FAIRQUEUE_FULL]);
    for (unsigned why = 0; why < 4; why++)
        cr_assert_gt(m.shed[why], 100, "reason %u was hardly tried: no test", why);
    close_queue();
}

Test(fairqueue, makes_room_at_the_cost_of_the_longest_line)
{
    struct fairqueue q = open_queue(&plain);
    struct addr newcomer = client(7), greedy = client(1);
    cr_assert_eq(fairqueue_make_room(&q, &newcomer, 0), FAIRQUEUE_NONE, "nobody is inside");
    push_kept(&q, 0, 2);
    cr_assert_eq(fairqueue_make_room(&q, &newcomer, 0), FAIRQUEUE_NONE, "nobody has more");
    push_kept(&q, 1, 1);
    push_kept(&q, 2, 1);
    push_kept(&q, 3, 1);
    cr_assert_eq(fairqueue_make_room(&q, &newcomer, 0), 1, "the oldest of the longest");
    cr_assert_eq(fairqueue_make_room(&q, &greedy, 0), 2, "his own, since none is longer");
    cr_assert_eq(fairqueue_make_room(&q, &newcomer, LATER), 0, "who has given up goes first");
    cr_assert_eq(q.count, 1);
    cr_assert_eq(q.pushed, q.popped + q.removed + q.shed_patience + q.shed_full + q.count);
    close_queue();
}

Test(fairqueue, takes_another_bound_for_each_prefix_while_it_runs)
{
    struct fairqueue q = open_queue(&plain);
    uint32_t shed;
    for (uint32_t i = 0; i < 4; i++)
        push_kept(&q, i, 1);
    fairqueue_change(&q, 2);
    cr_assert_eq(q.count, 4, "nobody is shed by the change");
    cr_assert_eq(push(&q, 4, 1, &shed), FAIRQUEUE_PREFIX);
    cr_assert_eq(shed, 0);
    cr_assert_eq(q.count, 4);
    push_kept(&q, 5, 2);
    push_kept(&q, 6, 2);
    cr_assert_eq(push(&q, 7, 2, &shed), FAIRQUEUE_PREFIX);
    fairqueue_change(&q, 1000);
    cr_assert_eq(q.config.prefix_limit, plain.prefix_limit, "at most what there is memory for");
    fairqueue_change(&q, 0);
    cr_assert_eq(q.config.prefix_limit, 1);
    while (fairqueue_pop(&q) != FAIRQUEUE_NONE)
        ;
    cr_assert_eq(q.longest, 0);
    close_queue();
}
