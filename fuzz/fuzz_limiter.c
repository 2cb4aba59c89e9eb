/* fuzz_limiter.c - what passed had room and is in the bucket; what did not pass changed nothing
 * SPDX-License-Identifier: ISC
 *
 * Input: a list of events (take, charge, wait, reload) for a few clients, so few that no bucket is
 * ever replaced and every level can be followed.
 */
#include "base/bytes.h"
#include "gate/limiter.h"

#include "../tests/fixtures/limiter_look.h"

#include <stdlib.h>
#include <string.h>

#define LENGTHS 2
#define ENTRIES LIMITER_ENTRIES_MIN

#define REQUIRE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)

static const uint8_t lengths[2][LENGTHS] = {{32, 24}, {64, 56}};
static _Alignas(64) uint8_t memory[BUCKETS_MEMORY_BYTES(ENTRIES)];

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

static void
take(struct limiter *lim, const struct limiter_config *config, const struct addr *client,
     uint32_t price, uint64_t now)
{
    const struct limiter_rate *rates = rates_of(config, client);
    uint64_t before[LENGTHS], after[LENGTHS];
    levels_of(lim, client, now, before);
    enum limiter_verdict verdict = limiter_take(lim, client, &(struct prefix_keys){0}, price, now);
    levels_of(lim, client, now, after);
    bool had_room = true;
    for (unsigned i = 0; i < LENGTHS; i++) {
        if (verdict == LIMITER_PASS) {
            /* levels are told rounded up to a unit; a new bucket begins as full as its network */
            REQUIRE(after[i] >= before[i] + price - 1);
            REQUIRE(after[i] <= (uint64_t)rates[i].burst * LIMITER_QUERY);
        } else {
            REQUIRE(after[i] == before[i]);
            had_room &= before[i] + price <= (uint64_t)rates[i].burst * LIMITER_QUERY;
        }
    }
    /* a refusal has a full bucket, or a new one that would begin too full */
    REQUIRE(verdict == LIMITER_PASS || !had_room || before[0] == 0);
    REQUIRE(verdict != LIMITER_SLIP || config->slip > 0);
}

static void
charge(struct limiter *lim, const struct limiter_config *config, const struct addr *client,
       uint32_t price, uint64_t now)
{
    const struct limiter_rate *rates = rates_of(config, client);
    uint64_t before[LENGTHS], after[LENGTHS];
    levels_of(lim, client, now, before);
    limiter_charge(lim, client, &(struct prefix_keys){0}, price, now);
    levels_of(lim, client, now, after);
    for (unsigned i = 0; i < LENGTHS; i++) {
        uint64_t most = (uint64_t)LIMITER_DEBT * rates[i].burst * LIMITER_QUERY;
        REQUIRE(after[i] <= most);
        REQUIRE(after[i] >= before[i] + price - 1 || after[i] == most);
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
        REQUIRE(after[i] <= wanted && after[i] + 1 >= wanted);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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
    while (bytes_left(&r) > 0) {
        unsigned event = bytes_get_u8(&r);
        unsigned who = bytes_get_u8(&r) % 4;
        uint32_t price = 1 + bytes_get_u16(&r) % LIMITER_PRICE_MAX;
        struct addr client = {.family = event % 2 == 0 ? ADDR_IPV4 : ADDR_IPV6, .bytes = {10}};
        client.bytes[client.family == ADDR_IPV4 ? 3 : 7] = (uint8_t)(who % 2);
        client.bytes[2] = (uint8_t)(who / 2);
        switch (event / 2 % 8) {
        case 0:
            now += price;
            break;
        case 1: {
            struct limiter_config next = any_config(&r);
            reload(&lim, &config, &next, &client, now);
            break;
        }
        case 2:
        case 3:
            charge(&lim, &config, &client, price, now);
            break;
        default:
            take(&lim, &config, &client, price, now);
            takes++;
        }
    }
    REQUIRE(limiter_replaced(&lim) == 0);
    REQUIRE(lim.passed + lim.slipped + lim.dropped == takes);
    return 0;
}
