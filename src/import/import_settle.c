/* import_settle.c - see import_settle.h
 * SPDX-License-Identifier: ISC
 */
#include "import/import_settle.h"

#include "import/import_acl.h"
#include "import/import_place.h"
#include "import/import_routes.h"

#include <string.h>

/* --- rates ----------------------------------------------------------------------------------- */

/* A client's rate, and networks around it that have as much at least. */
static void
settle_rates(struct import_draft *draft, enum config_row_id row, uint32_t rate)
{
    const struct config_row *is = &config_rows[row];
    uint32_t burst = rate > CONFIG_RATE_MAX / 2 ? CONFIG_RATE_MAX : 2 * rate;
    char *list = (char *)&draft->config + is->offset;
    for (uint32_t i = 0; i < config_row_count(is, &draft->config); i++) {
        struct config_rate one;
        memcpy(&one, list + i * sizeof one, sizeof one);
        if (i == 0 || one.rate_per_s < rate)
            one.rate_per_s = rate;
        if (i == 0 || one.burst < burst)
            one.burst = burst;
        memcpy(list + i * sizeof one, &one, sizeof one);
    }
    draft->given[row] = true;
}

/* --- the whole ------------------------------------------------------------------------------- */

static void
settle_ttls(struct import_draft *draft)
{
    if (draft->config.cache_ttl_min_ms <= draft->config.cache_ttl_max_ms)
        return;
    draft->config.cache_ttl_min_ms = 0;
    draft->given[CONFIG_ROW_cache_ttl_min_ms] = false;
    import_draft_say(draft, IMPORT_DRAFT_NOTE, 0, "cache.ttl_min",
                     "left out: it would be longer than cache.ttl_max");
}

static bool
is_loopback(const struct addr *addr)
{
    static const uint8_t one[sizeof addr->bytes] = {[15] = 1};
    return addr->family == ADDR_IPV4 ? addr->bytes[0] == 127
                                     : memcmp(addr->bytes, one, sizeof one) == 0;
}

static void
note_clients(struct import_draft *draft)
{
    bool is_local = true;
    for (uint32_t i = 0; i < draft->config.listen_count; i++)
        is_local = is_local && is_loopback(&draft->config.listen[i]);
    if (draft->serves_everybody && !is_local)
        import_draft_say(draft, IMPORT_DRAFT_NOTE, 0, "acl.allow",
                         "the policy serves this machine alone, where that program serves whoever "
                         "asks: name the networks of your clients");
}

void
import_settle(struct import_draft *draft)
{
    import_acl_settle(draft);
    import_place_rest(draft);
    import_routes_settle(draft);
    import_place_unasked(draft);
    if (draft->per_client != 0) {
        settle_rates(draft, CONFIG_ROW_rates_ipv4, draft->per_client);
        settle_rates(draft, CONFIG_ROW_rates_ipv6, draft->per_client);
        import_draft_say(draft, IMPORT_DRAFT_CARRIED, draft->per_client_line, "ip-ratelimit",
                         "rates.ipv4: /32 %u/s, rates.ipv6: /64 %u/s", draft->per_client,
                         draft->per_client);
    }
    if (draft->per_proven != 0) {
        settle_rates(draft, CONFIG_ROW_rates_proven_ipv4, draft->per_proven);
        settle_rates(draft, CONFIG_ROW_rates_proven_ipv6, draft->per_proven);
        import_draft_say(draft, IMPORT_DRAFT_CARRIED, draft->per_proven_line, "ip-ratelimit-cookie",
                         "rates.proven_ipv4: /32 %u/s, rates.proven_ipv6: /64 %u/s",
                         draft->per_proven, draft->per_proven);
    }
    settle_ttls(draft);
    note_clients(draft);
    if (draft->is_overfull)
        import_draft_fail(draft, 0, "file", "it has more settings than there is room for");
}
