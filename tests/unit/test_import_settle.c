/* test_import_settle.c - what is judged at the end
 * SPDX-License-Identifier: ISC
 */
#include "import/import_settle.h"

#include "import_scene.h"

Test(import_settle, networks_around_a_client_have_as_much)
{
    import_draft_begin(&draft);
    draft.per_client = 5000;
    draft.per_client_line = 3;
    draft.per_proven = 900000;
    import_settle(&draft);
    cr_expect(draft.config.rates_ipv4[0].rate_per_s == 5000 &&
              draft.config.rates_ipv4[0].burst == 10000);
    cr_expect(draft.config.rates_ipv4[1].rate_per_s == 5000 &&
              draft.config.rates_ipv4[1].burst == 10000);
    cr_expect(draft.config.rates_ipv4[2].rate_per_s == 12000);
    cr_expect(draft.config.rates_proven_ipv6[2].rate_per_s == 900000 &&
              draft.config.rates_proven_ipv6[2].burst == CONFIG_RATE_MAX);
    cr_expect(is_carried(3, "ip-ratelimit", "/32 5000/s"));
}

Test(import_settle, contradictions_and_clients)
{
    import_draft_begin(&draft);
    draft.serves_everybody = true;
    cr_assert(import_draft_set(&draft, 1, "a", CONFIG_ROW_cache_ttl_min_ms, "1h"));
    cr_assert(import_draft_set(&draft, 2, "b", CONFIG_ROW_cache_ttl_max_ms, "1m"));
    import_settle(&draft);
    cr_expect(draft.config.cache_ttl_min_ms == 0 &&
              says(IMPORT_DRAFT_NOTE, 0, "cache.ttl_min", "left out"));
    cr_expect(says(IMPORT_DRAFT_NOTE, 0, "acl.allow", "this machine alone"));
    import_draft_begin(&draft);
    draft.serves_everybody = true;
    cr_assert(import_draft_add(&draft, 1, "a", CONFIG_ROW_listen, "127.0.0.1"));
    cr_assert(import_draft_add(&draft, 1, "a", CONFIG_ROW_listen, "::1"));
    draft.is_overfull = true;
    import_settle(&draft);
    cr_expect_not(says(IMPORT_DRAFT_NOTE, 0, "acl.allow", ""));
    cr_expect(draft.is_broken && is_lost(0, "file", "more settings"));
}
