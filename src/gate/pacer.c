/* pacer.c - see pacer.h
 * SPDX-License-Identifier: ISC
 */
#include "gate/pacer.h"

#define ENTRIES_MIN 64
#define ENTRIES_MAX (1u << 24)
#define TICKS_PER_S (1000 * LIMITER_TICKS_PER_MS)

static bool
config_is_sound(const struct pacer_config *c)
{
    return c->ipv4_length <= 32 && c->ipv6_length <= 128 && c->rate_octets_per_s >= 1 &&
           c->rate_octets_per_s <= PACER_RATE_MAX && c->burst_octets >= 1 &&
           c->burst_octets <= PACER_BURST_MAX &&
           c->burst_octets / c->rate_octets_per_s < PACER_DRAIN_S_MAX &&
           c->wait_ms <= PACER_WAIT_MS_MAX;
}

enum status
pacer_init(struct pacer *p, const struct pacer_config *config, void *memory, size_t entries,
           struct hash_key key)
{
    *p = (struct pacer){0};
    if (!config_is_sound(config) || entries < ENTRIES_MIN || entries > ENTRIES_MAX ||
        (entries & (entries - 1)) != 0)
        return STATUS_INVALID;
    p->config = *config;
    limiter_table_init(&p->buckets, memory, entries, key);
    return STATUS_OK;
}

enum status
pacer_reload(struct pacer *p, const struct pacer_config *config)
{
    if (!config_is_sound(config))
        return STATUS_INVALID;
    p->config = *config;
    return STATUS_OK;
}

/* Time in which so many octets leave; under 2^59: octets < 2^25, ticks per second < 2^34. */
static uint64_t
ticks_for(const struct pacer *p, uint32_t octets)
{
    return (uint64_t)octets * TICKS_PER_S / p->config.rate_octets_per_s;
}

enum pacer_verdict
pacer_take(struct pacer *p, const struct addr *client, uint32_t octets, uint64_t now_ms,
           uint32_t *wait_ms)
{
    uint64_t now = now_ms * LIMITER_TICKS_PER_MS;
    unsigned length = client->family == ADDR_IPV4 ? p->config.ipv4_length : p->config.ipv6_length;
    struct limiter_ref ref =
        limiter_table_find(&p->buckets, addr_tag(&p->buckets.key, client, length, 0));
    uint64_t empty_at = ref.slot < LIMITER_GROUP ? ref.group->empty_at[ref.slot] : 0;
    if (empty_at < now)
        empty_at = now;
    uint64_t cost = ticks_for(p, octets), burst = ticks_for(p, p->config.burst_octets);
    /* it fits once what is owed and its own cost are within a burst, or once nothing is owed */
    uint64_t allowed = cost < burst ? burst - cost : 0;
    uint64_t wait = empty_at - now > allowed ? empty_at - now - allowed : 0;
    uint64_t whole_ms = (wait + LIMITER_TICKS_PER_MS - 1) / LIMITER_TICKS_PER_MS;
    *wait_ms = 0;
    if (whole_ms > p->config.wait_ms) {
        p->dropped++;
        return PACER_DROP;
    }
    if (ref.slot < LIMITER_GROUP)
        ref.group->empty_at[ref.slot] = empty_at + cost;
    else
        limiter_table_place(&p->buckets, &ref, now, empty_at + cost);
    *wait_ms = (uint32_t)whole_ms;
    if (whole_ms > 0) {
        p->later++;
        return PACER_LATER;
    }
    p->now++;
    return PACER_NOW;
}
