/* dial_rule.c - which upstream a worker gets a socket to, and how often
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/dial_rule.h"

#include "upstream/health.h"

static bool
is_avoided(const struct dial_avoided *avoided, const struct addr *address, uint64_t now_us)
{
    for (unsigned i = 0; i < CONFIG_UPSTREAMS_MAX; i++)
        if (addr_is_equal(&avoided->entries[i].address, address))
            return avoid_is_on(&avoided->entries[i].state, now_us);
    return false;
}

/* Its own entry, else the one that has been of no use for longest. */
static struct avoid *
entry_for(struct dial_avoided *avoided, const struct addr *address)
{
    unsigned oldest = 0;
    for (unsigned i = 0; i < CONFIG_UPSTREAMS_MAX; i++) {
        if (addr_is_equal(&avoided->entries[i].address, address))
            return &avoided->entries[i].state;
        if (avoided->entries[i].state.until_us < avoided->entries[oldest].state.until_us)
            oldest = i;
    }
    avoided->entries[oldest].address = *address;
    avoided->entries[oldest].state = (struct avoid){0};
    return &avoided->entries[oldest].state;
}

/* Is there a group of which it is the last? */
static bool
is_last(const struct dial_avoided *avoided, const struct addr upstreams[],
        const struct routes_sets *sets, uint32_t index, uint64_t now_us)
{
    uint32_t own = 1U << index;
    for (uint32_t group = 0; group < sets->count; group++) {
        uint32_t left = 0, set = sets->of_group[group];
        for (uint32_t others = set & ~own; others != 0; others &= others - 1)
            left += !is_avoided(avoided, &upstreams[__builtin_ctz(others)], now_us);
        if ((set & own) != 0 && left == 0)
            return true;
    }
    return false;
}

enum dial_verdict
dial_rule_judge(const struct dial_avoided *avoided, const struct addr *to, struct leak *budget,
                const struct config *config, uint64_t now_us)
{
    uint32_t burst = config->handshakes_burst * UPSTREAM_HANDSHAKE_FULL + DIAL_MORE;
    uint32_t per_second = config->handshakes_per_s * UPSTREAM_HANDSHAKE_FULL;
    uint64_t now_ms = now_us / 1000;
    leak_change(budget, per_second, burst, now_ms); /* as this configuration has it */
    if (is_avoided(avoided, to, now_us))
        return DIAL_AVOIDED;
    return leak_take(budget, 1, now_ms) ? DIAL_GO : DIAL_OVER_BUDGET;
}

enum dial_avoidance
dial_rule_avoid(struct dial_avoided *avoided, const struct addr upstreams[],
                const struct routes_sets *sets, uint32_t index, uint64_t now_us, uint64_t *wait_us)
{
    *wait_us = 0;
    if (is_avoided(avoided, &upstreams[index], now_us))
        return DIAL_WAS_AVOIDED;
    if (is_last(avoided, upstreams, sets, index, now_us))
        return DIAL_IS_LAST;
    *wait_us = avoid_for(entry_for(avoided, &upstreams[index]), now_us);
    return DIAL_IS_AVOIDED;
}
