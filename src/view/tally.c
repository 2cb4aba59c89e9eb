/* tally.c - what all statistics pages had counted at one moment
 * SPDX-License-Identifier: ISC
 */
#include "view/tally.h"

#include "view/number.h"

static bool
is_not_less(const uint64_t from[], const uint64_t to[], unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (to[i] < from[i])
            return false;
    return true;
}

bool
tally_continues(const struct tally *from, const struct tally *to)
{
    if (to->at_us <= from->at_us || to->upstreams_id != from->upstreams_id)
        return false;
    for (unsigned i = 0; i < STATS_COUNT; i++)
        if (!stats_is_gauge((enum stats_counter)i) && to->counts[i] < from->counts[i])
            return false;
    return is_not_less(from->why, to->why, WHY_COUNT) &&
           is_not_less(from->answer_buckets, to->answer_buckets, STATS_BUCKETS) &&
           is_not_less(from->upstream_buckets, to->upstream_buckets, STATS_BUCKETS) &&
           is_not_less(from->asked, to->asked, STATS_UPSTREAMS) &&
           is_not_less(from->failed, to->failed, STATS_UPSTREAMS) &&
           is_not_less(from->responded, to->responded, STATS_UPSTREAMS) &&
           is_not_less(from->erred, to->erred, STATS_UPSTREAMS) &&
           is_not_less(from->rcodes, to->rcodes, STATS_RCODES);
}

uint64_t
tally_part(const struct tally *from, const struct tally *to, enum why_part part)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < WHY_COUNT; i++)
        if (why_part((enum why)i) == part)
            sum += to->why[i] - from->why[i];
    return sum;
}

uint64_t
tally_group(const struct tally *from, const struct tally *to, enum why_group group)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < WHY_PARTS; i++)
        if (why_part_group((enum why_part)i) == group)
            sum += tally_part(from, to, (enum why_part)i);
    return sum;
}

uint64_t
tally_queries(const struct tally *from, const struct tally *to)
{
    return to->counts[STAT_UDP_QUERIES] - from->counts[STAT_UDP_QUERIES] +
           to->counts[STAT_TCP_QUERIES] - from->counts[STAT_TCP_QUERIES];
}

uint64_t
tally_drops(const struct tally *from, const struct tally *to)
{
    return to->drops > from->drops ? to->drops - from->drops : 0;
}

static uint64_t
percentile(const uint64_t from[], const uint64_t to[], unsigned per_mille)
{
    uint64_t total = 0, sum = 0;
    for (unsigned i = 0; i < STATS_BUCKETS; i++)
        total += to[i] - from[i];
    if (total < TALLY_ENOUGH)
        return NUMBER_NONE;
    uint64_t wanted = total / 1000 * per_mille + (total % 1000 * per_mille + 999) / 1000;
    unsigned i = 0;
    for (; i + 1 < STATS_BUCKETS; i++) {
        sum += to[i] - from[i];
        if (sum >= wanted)
            break;
    }
    return stats_bucket_top(i);
}

uint64_t
tally_answer_us(const struct tally *from, const struct tally *to, unsigned per_mille)
{
    return percentile(from->answer_buckets, to->answer_buckets, per_mille);
}

uint64_t
tally_upstream_us(const struct tally *from, const struct tally *to, unsigned per_mille)
{
    return percentile(from->upstream_buckets, to->upstream_buckets, per_mille);
}
