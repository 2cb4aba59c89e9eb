/* stats.c - see stats.h
 * SPDX-License-Identifier: ISC
 */
#include "lane/stats.h"

struct row {
    const char *name, *text;
    bool is_gauge;
};

static const struct row rows[] = {
#define COUNTER(name, text) {#name, text, false},
#define GAUGE(name, text)   {#name, text, true},
#include "lane/stats.def"
#undef COUNTER
#undef GAUGE
};

const char *
stats_name(enum stats_counter counter)
{
    return rows[counter].name;
}

const char *
stats_text(enum stats_counter counter)
{
    return rows[counter].text;
}

bool
stats_is_gauge(enum stats_counter counter)
{
    return rows[counter].is_gauge;
}

void
stats_add(struct stats_page *page, enum stats_counter counter, uint64_t by)
{
    (void)stats_grow(&page->counts[counter], by);
}

void
stats_set(struct stats_page *page, enum stats_counter counter, uint64_t value)
{
    atomic_store_explicit(&page->counts[counter], value, memory_order_relaxed);
}

void
stats_why(struct stats_page *page, enum why why)
{
    (void)stats_grow(&page->why[why], 1);
}

const char *
stats_rcode_name(unsigned place)
{
    static const char *const names[STATS_RCODES] = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN",
                                                    "NOTIMP",  "REFUSED", "OTHER"};
    return names[place];
}

static const struct {
    const char *name, *text;
} stages[] = {
#define STAGE(name, text) {#name, text},
#include "lane/stages.def"
#undef STAGE
};

const char *
stats_stage_name(enum stats_stage stage)
{
    return stages[stage].name;
}

const char *
stats_stage_text(enum stats_stage stage)
{
    return stages[stage].text;
}

/* --- latencies ------------------------------------------------------------------------------- */

static unsigned
bucket_of(uint64_t value)
{
    if (value < 4)
        return (unsigned)value;
    unsigned power = 63U - (unsigned)__builtin_clzll(value); /* >= 2 */
    unsigned bucket = power * 4 - 4 + (unsigned)(value >> (power - 2) & 3);
    return bucket < STATS_BUCKETS ? bucket : STATS_BUCKETS - 1;
}

uint64_t
stats_bucket_top(unsigned bucket)
{
    if (bucket < 4)
        return bucket;
    unsigned power = (bucket + 4) / 4;
    uint64_t quarter = (uint64_t)1 << (power - 2);
    return ((uint64_t)1 << power) + quarter * ((bucket + 4) % 4 + 1) - 1;
}

void
stats_latency(struct stats_page *page, enum stats_stage stage, uint64_t us)
{
    (void)stats_grow(&page->stages[stage].buckets[bucket_of(us)], 1);
}

uint64_t
stats_latency_count(const struct stats_latency *latency)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < STATS_BUCKETS; i++)
        sum += atomic_load_explicit(&latency->buckets[i], memory_order_relaxed);
    return sum;
}

uint64_t
stats_latency_percentile(const struct stats_latency *latency, unsigned per_mille)
{
    uint64_t total = stats_latency_count(latency), sum = 0;
    if (total == 0)
        return 0;
    uint64_t wanted = (total * per_mille + 999) / 1000;
    for (unsigned i = 0; i < STATS_BUCKETS; i++) {
        sum += atomic_load_explicit(&latency->buckets[i], memory_order_relaxed);
        if (sum >= wanted && sum > 0)
            return stats_bucket_top(i);
    }
    return stats_bucket_top(STATS_BUCKETS - 1);
}
