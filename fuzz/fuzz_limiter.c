/* fuzz_limiter.c - what passed had room and is in the bucket; what did not pass changed nothing
 * SPDX-License-Identifier: ISC
 *
 * Input: a list of events (take, charge, wait, reload) for 64 clients of each family, many more
 * than the table has buckets. Invariants: levels of the client that asks move by the price or not at
 * all; of the others' buckets none changes but one in each table that gives way, which is of its
 * group the one that is empty soonest, and what it still held is counted as forgiven.
 */
#include "base/bytes.h"
#include "gate/limiter.h"

#include "../tests/fixtures/limiter_look.h"

#include "fuzz.h"

#include <string.h>

#define LENGTHS    2
#define ENTRIES    LIMITER_ENTRIES_MIN
#define GROUPS     (ENTRIES / LIMITER_GROUP)
#define EVENTS_MAX 64

static const uint8_t lengths[2][LENGTHS] = {{32, 24}, {64, 56}};
static _Alignas(64) struct limiter_group memory[GROUPS], before_groups[GROUPS];
static uint64_t replaced_ever; /* over all inputs of a process */

static struct limiter_rate
any_rate(struct bytes_reader *r, uint8_t length)
{
    uint32_t rate = 1 + bytes_get_u32(r) % LIMITER_RATE_MAX;
    uint32_t burst = 1 + bytes_get_u16(r);
    return (struct limiter_rate){.length = length, .rate_per_s = rate, .burst = burst};
}

static struct limiter_config
any_config(struct bytes_reader *r)
{
    struct limiter_config config = {
        .ipv4_count = LENGTHS, .ipv6_count = LENGTHS, .slip = bytes_get_u8(r) % 4};
    for (unsigned i = 0; i < LENGTHS; i++) {
        config.ipv4[i] = any_rate(r, lengths[0][i]);
        config.ipv6[i] = any_rate(r, lengths[1][i]);
    }
    return config;
}

static void
levels_of(const struct limiter *lim, const struct addr *client, uint64_t now,
          uint64_t levels[LENGTHS])
{
    for (unsigned i = 0; i < LENGTHS; i++)
        levels[i] = limiter_level(lim, client, lengths[client->family == ADDR_IPV6][i], now);
}

static const struct limiter_rate *
rates_of(const struct limiter_config *config, const struct addr *client)
{
    return client->family == ADDR_IPV4 ? config->ipv4 : config->ipv6;
}

/* What there is before an event that may make buckets. */
static void
remember(void)
{
    memcpy(before_groups, memory, sizeof memory);
}

/* The bucket that gave way, if one did. @return the ticks that it still needed */
static uint64_t
given_up(const struct limiter_group *was, const struct limiter_group *is, uint64_t now)
{
    uint64_t ticks = 0;
    unsigned changed = 0;
    for (unsigned slot = 0; slot < LIMITER_GROUP; slot++) {
        changed += was->tags[slot] != is->tags[slot] || was->empty_at[slot] != is->empty_at[slot];
        if (was->tags[slot] == is->tags[slot])
            continue;
        for (unsigned other = 0; other < LIMITER_GROUP; other++)
            must(was->empty_at[slot] <= was->empty_at[other]);
        ticks = was->empty_at[slot] > now ? was->empty_at[slot] - now : 0;
    }
    must(changed <= 1);
    return ticks;
}

static uint64_t
forgiven_ticks(const struct limiter *lim)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < LIMITER_LENGTHS_MAX; i++)
        sum += lim->buckets[i].forgiven_ms * LIMITER_TICKS_PER_MS + lim->buckets[i].forgiven_ticks;
    return sum;
}

/* After that event of one client, which has one bucket in each table. */
static void
check_others(const struct limiter *lim, uint64_t replaced, uint64_t forgiven, uint64_t now_ms)
{
    uint64_t sum = 0, count = 0;
    for (unsigned i = 0; i < GROUPS; i++) {
        if (memcmp(&before_groups[i], &memory[i], sizeof memory[i]) == 0)
            continue;
        uint64_t ticks = given_up(&before_groups[i], &memory[i], now_ms * LIMITER_TICKS_PER_MS);
        sum += ticks;
        count += ticks > 0;
    }
    must(count <= LENGTHS && limiter_replaced(lim) == replaced + count);
    must(forgiven_ticks(lim) == forgiven + sum);
    replaced_ever += count;
}

static void
take(struct limiter *lim, const struct limiter_config *config, const struct addr *client,
     uint32_t price, uint64_t now)
{
    const struct limiter_rate *rates = rates_of(config, client);
    uint64_t before[LENGTHS], after[LENGTHS];
    levels_of(lim, client, now, before);
    enum limiter_verdict verdict = limiter_take(lim, client, &(struct addr_keys){0}, price, now);
    levels_of(lim, client, now, after);
    bool had_room = true;
    for (unsigned i = 0; i < LENGTHS; i++) {
        if (verdict == LIMITER_PASS) {
            /* levels are told rounded up to a unit; a new bucket begins as full as its network */
            must(after[i] >= before[i] + price - 1);
            must(after[i] <= (uint64_t)rates[i].burst * LIMITER_QUERY);
        } else {
            must(after[i] == before[i]);
            had_room &= before[i] + price <= (uint64_t)rates[i].burst * LIMITER_QUERY;
        }
    }
    /* a refusal has a full bucket, or a new one that would begin too full */
    must(verdict == LIMITER_PASS || !had_room || before[0] == 0);
    must(verdict != LIMITER_SLIP || config->slip > 0);
}

static void
charge(struct limiter *lim, const struct limiter_config *config, const struct addr *client,
       uint32_t price, uint64_t now)
{
    const struct limiter_rate *rates = rates_of(config, client);
    uint64_t before[LENGTHS], after[LENGTHS];
    levels_of(lim, client, now, before);
    limiter_charge(lim, client, &(struct addr_keys){0}, price, now);
    levels_of(lim, client, now, after);
    for (unsigned i = 0; i < LENGTHS; i++) {
        uint64_t most = (uint64_t)LIMITER_DEBT * rates[i].burst * LIMITER_QUERY;
        must(after[i] <= most);
        must(after[i] >= before[i] + price - 1 || after[i] == most);
    }
}

static void
reload(struct limiter *lim, struct limiter_config *config, const struct limiter_config *next,
       const struct addr *client, uint64_t now)
{
    uint64_t before[LENGTHS], after[LENGTHS];
    levels_of(lim, client, now, before);
    enum status status = limiter_reload(lim, next, now);
    levels_of(lim, client, now, after);
    if (status == STATUS_OK)
        *config = *next;
    const struct limiter_rate *rates = rates_of(config, client);
    for (unsigned i = 0; i < LENGTHS; i++) {
        uint64_t most = (uint64_t)LIMITER_DEBT * rates[i].burst * LIMITER_QUERY;
        uint64_t wanted = before[i] < most ? before[i] : most;
        must(after[i] <= wanted && after[i] + 1 >= wanted);
    }
}

/* One of 64, eight in each network. */
static struct addr
client_of(unsigned event, unsigned who)
{
    struct addr client = {.family = event % 2 == 0 ? ADDR_IPV4 : ADDR_IPV6, .bytes = {10}};
    client.bytes[client.family == ADDR_IPV4 ? 3 : 7] = (uint8_t)(who % 8);
    client.bytes[2] = (uint8_t)(who / 8 % 8);
    return client;
}

/* Called where a whole corpus was run. */
void
fuzz_reached(void)
{
    must(replaced_ever > 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes_reader r = bytes_reader(data, size);
    struct limiter_config config = any_config(&r);
    struct limiter lim;
    memset(memory, 0, sizeof memory);
    if (limiter_init(&lim, &config, memory, ENTRIES, (struct hash_key){1, 2}) != STATUS_OK)
        return 0;
    uint64_t now = 1000, takes = 0;
    for (unsigned events = 0; events < EVENTS_MAX && bytes_left(&r) > 0; events++) {
        unsigned event = bytes_get_u8(&r);
        struct addr client = client_of(event, bytes_get_u8(&r));
        uint32_t price = 1 + bytes_get_u16(&r) % LIMITER_PRICE_MAX;
        uint64_t replaced = limiter_replaced(&lim), forgiven = forgiven_ticks(&lim);
        remember();
        switch (event / 2 % 8) {
        case 0:
            now += price;
            break;
        case 1: {
            struct limiter_config next = any_config(&r);
            reload(&lim, &config, &next, &client, now);
            continue; /* each bucket may change */
        }
        case 2:
        case 3:
            charge(&lim, &config, &client, price, now);
            break;
        default:
            take(&lim, &config, &client, price, now);
            takes++;
        }
        check_others(&lim, replaced, forgiven, now);
    }
    must(lim.passed + lim.slipped + lim.dropped == takes);
    return 0;
}
