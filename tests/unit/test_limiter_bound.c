/* test_limiter_bound.c - the limiter against an exact model, and the bound on its error
 * SPDX-License-Identifier: ISC
 */
#include "limiter_bench.h"

#include "prng.h"

/* --- the exact model: a bucket for every prefix ever seen, each with a level and its time --- */

#define MODEL_MAX 4096

struct model_bucket {
    struct addr prefix;
    unsigned length;
    uint64_t level; /* ticks, as a share of the capacity they are exact in both */
    uint64_t at;
};

struct model {
    struct model_bucket buckets[MODEL_MAX];
    unsigned count;
};

static uint64_t
unit_of(const struct limiter_rate *rate)
{
    return 1000 * LIMITER_TICKS_PER_MS / LIMITER_QUERY / rate->rate_per_s;
}

static struct model_bucket *
model_find(struct model *m, const struct addr *client, unsigned length)
{
    struct addr prefix = *client;
    addr_mask(&prefix, length);
    for (unsigned i = 0; i < m->count; i++) {
        if (m->buckets[i].length == length && addr_is_equal(&m->buckets[i].prefix, &prefix))
            return &m->buckets[i];
    }
    cr_assert_lt(m->count, MODEL_MAX);
    m->buckets[m->count] =
        (struct model_bucket){.prefix = prefix, .length = length, .level = UINT64_MAX};
    return &m->buckets[m->count]; /* kept only if count is raised */
}

static bool
model_take(struct model *m, const struct addr *client, uint32_t price, uint64_t now_ms)
{
    bool is_ipv4 = client->family == ADDR_IPV4;
    const struct limiter_rate *rates = is_ipv4 ? plain.ipv4 : plain.ipv6;
    uint64_t now = now_ms * LIMITER_TICKS_PER_MS, levels[3], around = 0;
    for (int i = 2; i >= 0; i--) {
        uint64_t unit = unit_of(&rates[i]), capacity = unit * LIMITER_QUERY * rates[i].burst;
        struct model_bucket *bucket = model_find(m, client, rates[i].length);
        if (bucket->level == UINT64_MAX)
            levels[i] = capacity * around / 65536;
        else
            levels[i] = bucket->level > now - bucket->at ? bucket->level - (now - bucket->at) : 0;
        if (levels[i] + price * unit > capacity)
            return false;
        around = (levels[i] * 65536 + capacity - 1) / capacity;
        levels[i] += price * unit;
    }
    for (int i = 2; i >= 0; i--) {
        struct model_bucket *bucket = model_find(m, client, rates[i].length);
        if (bucket == &m->buckets[m->count])
            m->count++;
        bucket->level = levels[i];
        bucket->at = now;
    }
    return true;
}

Test(limiter_bound, equals_the_exact_model_while_nothing_is_replaced)
{
    struct prng prng = prng_begin("limiter_bound");
    struct bench b = open_limiter(&plain, 16384);
    struct model *m = calloc(1, sizeof *m);
    uint64_t now = START_MS;
    unsigned passed = 0, rounds = 60000;
    for (unsigned i = 0; i < rounds; i++) {
        now += prng_below(&prng, 50) == 0 ? prng_below(&prng, 20) : 0;
        struct addr client =
            prng_below(&prng, 2) == 0
                ? ipv4(10, 0, 16 * prng_below(&prng, 2) + prng_below(&prng, 3),
                       prng_below(&prng, 5))
                : ipv6(prng_below(&prng, 2), prng_below(&prng, 4), prng_below(&prng, 5));
        uint32_t price = 1 + prng_below(&prng, 2 * LIMITER_QUERY);
        bool wanted = model_take(m, &client, price, now);
        bool got =
            limiter_take(&b.lim, &client, &(struct addr_keys){0}, price, now) == LIMITER_PASS;
        cr_assert_eq(got, wanted, "query %u", i);
        passed += got;
    }
    cr_assert_eq(limiter_replaced(&b.lim), 0);
    cr_assert(passed > rounds / 20 && passed < rounds - rounds / 20, "%u of %u passed: no test",
              passed, rounds);
    free(m);
    close_limiter(&b);
}

/* The written bound: price passed <= rate * time + burst + what was forgiven. */
Test(limiter_bound, errs_by_no_more_than_what_it_counts_as_forgiven)
{
    struct prng prng = prng_begin("limiter_bound");
    struct limiter_config config = {.ipv4 = {{32, 100, 200}}, .ipv4_count = 1};
    struct bench b = open_limiter(&config, LIMITER_ENTRIES_MIN);
    const unsigned clients = 256; /* four times as many as there is room for */
    uint64_t passed[256] = {0}, all = 0, capacity = unit_of(&config.ipv4[0]) * LIMITER_QUERY * 200;
    uint64_t now = START_MS;
    for (unsigned i = 0; i < 200000; i++) {
        now += prng_below(&prng, 40) == 0;
        unsigned who =
            prng_below(&prng, 2) == 0 ? prng_below(&prng, 4) : prng_below(&prng, clients);
        struct addr client = ipv4(10, 0, 0, who);
        if (limiter_take(&b.lim, &client, &(struct addr_keys){0}, LIMITER_QUERY, now) ==
            LIMITER_PASS)
            passed[who] += LIMITER_QUERY * unit_of(&config.ipv4[0]);
    }
    uint64_t elapsed = (now - START_MS) * LIMITER_TICKS_PER_MS;
    uint64_t forgiven = (limiter_forgiven_ms(&b.lim) + LIMITER_LENGTHS_MAX) * LIMITER_TICKS_PER_MS;
    for (unsigned who = 0; who < clients; who++) {
        cr_assert_leq(passed[who], elapsed + capacity + forgiven, "client %u", who);
        all += passed[who];
    }
    cr_assert_leq(all, clients * (elapsed + capacity) + forgiven);
    cr_assert_gt(limiter_replaced(&b.lim), 0, "nothing was replaced: no test");
    close_limiter(&b);
}

/* Replacing the emptiest keeps the heaviest: a flood of sources does not free a greedy client. */
Test(limiter_bound, keeps_hold_of_a_greedy_client_under_rotating_sources)
{
    struct prng prng = prng_begin("limiter_bound");
    struct bench b = open_limiter(&plain, 1024);
    struct addr greedy = ipv4(192, 0, 2, 1);
    unsigned passed = 0;
    for (uint64_t ms = 0; ms < 20000; ms++) {
        passed += ask(&b, greedy, 1, START_MS + ms);
        for (unsigned i = 0; i < 50; i++) /* 50,000 packets per second from everywhere */
            ask(&b,
                ipv4(prng_below(&prng, 190), prng_below(&prng, 256), prng_below(&prng, 256),
                     prng_below(&prng, 256)),
                1, START_MS + ms);
    }
    unsigned limit = 20 * 100 + 200;
    cr_expect(passed >= limit * 9 / 10 && passed <= limit * 11 / 10, "%u passed of %u", passed,
              limit);
    cr_expect_gt(limiter_replaced(&b.lim), 100000, "nothing was replaced: no test");
    close_limiter(&b);
}

/* An honest client within its rate, in a network of its own, is never refused. */
Test(limiter_bound, never_refuses_a_client_within_its_rate_in_a_quiet_network)
{
    struct prng prng = prng_begin("limiter_bound");
    struct limiter_config config = limiter_config_default();
    struct bench b = open_limiter(&config, 1024);
    struct addr honest = ipv4(192, 0, 2, 1);
    unsigned asked = 0, passed = 0;
    for (uint64_t ms = 0; ms < 20000; ms++) {
        if (ms % 5 == 0) {
            asked++;
            passed += ask(&b, honest, 1, START_MS + ms);
        }
        for (unsigned i = 0; i < 50; i++)
            ask(&b,
                ipv4(prng_below(&prng, 190), prng_below(&prng, 256), prng_below(&prng, 256),
                     prng_below(&prng, 256)),
                1, START_MS + ms);
    }
    cr_expect_eq(passed, asked);
    close_limiter(&b);
}

/* Widths that tests/prove/prove_limiter.c takes for granted; no burst but the largest has to be tried. */
Test(limiter_bound, rules_of_every_rate_fit_the_widths_that_are_proved)
{
    _Alignas(64) static uint8_t memory[LIMITER_MEMORY_BYTES(LIMITER_ENTRIES_MIN)];
    for (uint32_t rate = 1; rate <= LIMITER_RATE_MAX; rate++) {
        uint64_t burst = (uint64_t)rate * LIMITER_DRAIN_S_MAX - 1;
        struct limiter_config config = {
            .ipv4 = {{32, rate, burst < LIMITER_BURST_MAX ? (uint32_t)burst : LIMITER_BURST_MAX}},
            .ipv4_count = 1,
        };
        struct limiter lim;
        cr_assert_eq(limiter_init(&lim, &config, memory, LIMITER_ENTRIES_MIN, key), STATUS_OK);
        const struct limiter_rule *rule = &lim.families[0].rules[0];
        cr_assert(rule->unit_ticks != 0 && rule->unit_ticks >> 28 == 0, "rate %u", rate);
        cr_assert(rule->capacity_ticks >> 46 == 0, "rate %u", rate);
    }
}
