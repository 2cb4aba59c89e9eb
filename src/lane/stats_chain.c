/* stats_chain.c - see stats_chain.h
 * SPDX-License-Identifier: ISC
 */
#include "lane/stats_chain.h"

#include "lane/stats.h"

#include <string.h>

#define TRIES    8U
#define END_MOST UINT64_C(253402300799) /* 31 December 9999 */

static unsigned
at_most(uint64_t value, unsigned most)
{
    return value < most ? (unsigned)value : most;
}

static void
put_hash(_Atomic uint64_t to[STATS_CHAIN_HASH / 8], const uint8_t from[STATS_CHAIN_HASH])
{
    uint64_t words[STATS_CHAIN_HASH / 8];
    memcpy(words, from, sizeof words);
    for (unsigned i = 0; i < STATS_CHAIN_HASH / 8; i++)
        stats_store(&to[i], words[i]);
}

static void
get_hash(const _Atomic uint64_t from[STATS_CHAIN_HASH / 8], uint8_t to[STATS_CHAIN_HASH])
{
    uint64_t words[STATS_CHAIN_HASH / 8];
    for (unsigned i = 0; i < STATS_CHAIN_HASH / 8; i++)
        words[i] = stats_load(&from[i]);
    memcpy(to, words, sizeof words);
}

void
stats_chain_write(struct stats_chain *to, const struct stats_chain_copy *from)
{
    unsigned count = at_most(from->count, STATS_CHAIN_MOST);
    uint64_t turn = stats_load(&to->turn) | 1;
    stats_store(&to->turn, turn);
    atomic_thread_fence(memory_order_release);
    stats_store(&to->seen_us, from->seen_us);
    stats_store(&to->count, count);
    for (unsigned i = 0; i < count; i++) {
        put_hash(to->of[i].sum, from->of[i].sum);
        put_hash(to->of[i].key, from->of[i].key);
        stats_store(&to->of[i].ends_s, from->of[i].ends_s);
    }
    atomic_store_explicit(&to->turn, turn + 1, memory_order_release);
}

static void
copy(const struct stats_chain *from, struct stats_chain_copy *to)
{
    *to = (struct stats_chain_copy){.seen_us = stats_load(&from->seen_us),
                                    .count = at_most(stats_load(&from->count), STATS_CHAIN_MOST)};
    for (unsigned i = 0; i < to->count; i++) {
        get_hash(from->of[i].sum, to->of[i].sum);
        get_hash(from->of[i].key, to->of[i].key);
        uint64_t ends_s = stats_load(&from->of[i].ends_s);
        to->of[i].ends_s = ends_s < END_MOST ? ends_s : END_MOST;
    }
}

bool
stats_chain_read(const struct stats_chain *from, struct stats_chain_copy *to)
{
    for (unsigned i = 0; i < TRIES; i++) {
        uint64_t turn = atomic_load_explicit(&from->turn, memory_order_acquire);
        copy(from, to);
        atomic_thread_fence(memory_order_acquire);
        if (turn % 2 == 0 && stats_load(&from->turn) == turn)
            return true;
    }
    *to = (struct stats_chain_copy){0};
    return false;
}
