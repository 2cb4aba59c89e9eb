/* limiter_bench.h - a limiter to test, with its memory watched
 * SPDX-License-Identifier: ISC
 */
#pragma once

#include "../fixtures/limiter_look.h"

#include <criterion/criterion.h>
#include <string.h>

#define START_MS 1000000
#define CANARY   64

static const struct hash_key key = {0x1122334455667788, 0x99aabbccddeeff00};

struct bench { /* a limiter with its memory, and octets around it that nobody may touch */
    struct limiter lim;
    uint8_t *memory;
    size_t bytes;
};

static inline struct bench
open_limiter(const struct limiter_config *config, size_t entries)
{
    struct bench b = {.bytes = LIMITER_MEMORY_BYTES(entries)};
    b.memory = aligned_alloc(64, b.bytes + 2 * CANARY);
    cr_assert_not_null(b.memory);
    memset(b.memory, 0xa5, b.bytes + 2 * CANARY);
    memset(b.memory + CANARY, 0, b.bytes);
    cr_assert_eq(limiter_init(&b.lim, config, b.memory + CANARY, entries, key), STATUS_OK);
    return b;
}

static inline void
close_limiter(struct bench *b)
{
    for (size_t i = 0; i < CANARY; i++) {
        cr_assert_eq(b->memory[i], 0xa5, "memory before the table was touched");
        cr_assert_eq(b->memory[CANARY + b->bytes + i], 0xa5, "memory behind the table was touched");
    }
    free(b->memory);
}

static inline struct addr
ipv4(unsigned a, unsigned b, unsigned c, unsigned d)
{
    return (struct addr){.family = ADDR_IPV4,
                         .bytes = {(uint8_t)a, (uint8_t)b, (uint8_t)c, (uint8_t)d}};
}

static inline struct addr
ipv6(unsigned site, unsigned net, unsigned host)
{
    return (struct addr){.family = ADDR_IPV6,
                         .bytes = {0x20, 1, 0xd, 0xb8, 0, (uint8_t)site, (uint8_t)net, 0, 0, 0, 0,
                                   0, 0, 0, 0, (uint8_t)host}};
}

/* rates that divide the clock's ticks, so that a model in whole numbers is exact */
static const struct limiter_config plain = {
    .ipv4 = {{32, 100, 200}, {24, 400, 800}, {20, 1000, 1000}},
    .ipv6 = {{64, 100, 200}, {56, 400, 800}, {48, 1000, 1000}},
    .ipv4_count = 3,
    .ipv6_count = 3,
};

static inline unsigned
ask(struct bench *b, struct addr client, unsigned times, uint64_t now_ms)
{
    unsigned passed = 0;
    for (unsigned i = 0; i < times; i++)
        passed += limiter_take(&b->lim, &client, &(struct addr_keys){0}, LIMITER_QUERY, now_ms) ==
                  LIMITER_PASS;
    return passed;
}
