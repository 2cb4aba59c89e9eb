/* test_import_stale.c - two settings, one key
 * SPDX-License-Identifier: ISC
 */
#include "import/import_stale.h"

#include "import_scene.h"

Test(import_stale, whether_and_how_long)
{
    import_draft_begin(&draft);
    import_stale_use(&draft, 1, "serve-expired", "yes");
    cr_expect(is_carried(1, "serve-expired", "cache.stale") &&
              !draft.given[CONFIG_ROW_cache_stale_ms]);
    import_stale_time(&draft, 2, "serve-expired-ttl", "3600");
    cr_expect_eq(draft.config.cache_stale_ms, 3600000);
    import_stale_time(&draft, 3, "serve-expired-ttl", "0");
    cr_expect_eq(draft.config.cache_stale_ms, 7 * 86400000U);
    import_stale_use(&draft, 4, "serve-expired", "no");
    cr_expect_eq(draft.config.cache_stale_ms, 0);
    import_stale_time(&draft, 5, "serve-expired-ttl", "3600");
    cr_expect_eq(draft.config.cache_stale_ms, 0);
    cr_expect(is_lost(5, "serve-expired-ttl", "not used"));
    import_stale_use(&draft, 6, "serve-expired", "x");
    cr_expect(is_lost(6, "serve-expired", "neither"));
}
