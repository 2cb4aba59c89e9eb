/* tell_limits.c - see tell_limits.h
 * SPDX-License-Identifier: ISC
 */
#include "front/tell_limits.h"

#define SOME_PORT 1024 /* that of a client is not known, and only a reflector's would count */

_Static_assert(LIMITS_REPORT_LENGTHS == LIMITER_LENGTHS_MAX, "lengths of a family");

static uint32_t
source_of(const struct source *source, const struct addr *client)
{
    struct addr from = *client, us = {.family = client->family};
    from.port = SOME_PORT;
    if (source->config->filter_martians && acl_is_martian(&from, &us))
        return LIMITS_MARTIAN;
    return acl_allows(&source->acl, client) ? LIMITS_ALLOWED : LIMITS_NOT_ALLOWED;
}

static uint32_t
mode_of(const struct rate *rate, const struct addr *client)
{
    if (rate->config->rates_mode == CONFIG_RATES_OFF)
        return LIMITS_OFF;
    if (rate_is_exempt(rate, client))
        return LIMITS_EXEMPT;
    return rate->config->rates_mode == CONFIG_RATES_DRY_RUN ? LIMITS_DRY_RUN : LIMITS_ENFORCED;
}

/* As configured, longest prefix first. */
static const struct config_rate *
rates_of(const struct rate *rate, enum rate_payer table, const struct addr *client)
{
    const struct config *config = rate->config;
    if (client->family == ADDR_IPV4)
        return table == RATE_PROVEN ? config->rates_proven_ipv4 : config->rates_ipv4;
    return table == RATE_PROVEN ? config->rates_proven_ipv6 : config->rates_ipv6;
}

static void
tell_buckets(const struct rate *rate, enum rate_payer table, const struct addr *client,
             const struct clock_time *now, struct limits_report *report)
{
    struct limiter_level levels[LIMITER_LENGTHS_MAX];
    unsigned count = limiter_look(&rate->tables[table], client, now->now_ms, levels);
    const struct config_rate *rates = rates_of(rate, table, client);
    for (unsigned i = 0; i < count; i++)
        report->buckets[report->buckets_count++] =
            (struct limits_bucket){.is_proven = table == RATE_PROVEN,
                                   .length = levels[i].length,
                                   .rate_per_s = rates[count - 1 - i].rate_per_s,
                                   .burst = rates[count - 1 - i].burst,
                                   .level_milli = levels[i].level_milli,
                                   .is_kept = levels[i].is_kept};
}

static uint32_t
held_by(const struct crowd *crowd, const struct rate *rate, struct addr_keys *keys,
        const struct addr *client)
{
    uint32_t leaf =
        crowd_network_find(crowd->networks, &rate->set, keys, client, rate_is_exempt(rate, client));
    return leaf != NETWORKS_ROOT ? crowd_held(crowd, leaf) : 0;
}

static uint32_t
proven_of(const struct waiting *waiting, struct addr_keys *keys, const struct addr *client)
{
    const struct crowd *alive = &waiting->alive;
    uint32_t leaf = crowd_network_find(&waiting->networks, &waiting->rate->set, keys, client,
                                       rate_is_exempt(waiting->rate, client));
    uint32_t item = leaf != NETWORKS_ROOT ? crowd_last(alive, leaf, CROWD_B) : CROWD_NONE;
    uint32_t count = 0;
    for (; item != CROWD_NONE; item = crowd_before(alive, item))
        count++;
    return count;
}

void
tell_limits(const struct tell_limits_parts *parts, const struct addr *client,
            const struct clock_time *now, struct limits_report *report)
{
    const struct rate *rate = parts->rate;
    unsigned longest = rate->set.counts[addr_family_index(client)] - 1U;
    struct addr_keys keys = {0};
    const struct refusal *refusal =
        refusals_find(parts->refusals, addr_keys_at(&keys, &rate->set, client, longest));
    *report = (struct limits_report){
        .source = source_of(parts->source, client),
        .mode = mode_of(rate, client),
        .waiting = held_by(&parts->waiting->alive, rate, &keys, client),
        .proven = proven_of(parts->waiting, &keys, client),
        .connections = held_by(&parts->tcp->held, rate, &keys, client) +
                       held_by(&parts->tcp->park.held, rate, &keys, client),
    };
    if (refusal != NULL) {
        report->refused_why = refusal->why;
        report->refused_s = 1 + now->now_s - refusal->at_s;
    }
    for (unsigned table = 0; table < RATE_TABLES; table++)
        tell_buckets(rate, (enum rate_payer)table, client, now, report);
}
