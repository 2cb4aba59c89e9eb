/* import_stale.c - see import_stale.h
 * SPDX-License-Identifier: ISC
 */
#include "import/import_stale.h"

#include <stdio.h>
#include <string.h>

#define SHOWN_MAX 60

void
import_stale_use(struct import_draft *draft, uint32_t line, const char *key, const char *value)
{
    int truth = import_draft_truth(value);
    if (truth < 0) {
        import_draft_say(draft, IMPORT_DRAFT_LOST, line, key, "\"%.*s\" is neither yes nor no",
                         SHOWN_MAX, value);
        return;
    }
    draft->is_stale_off = truth == 0;
    if (truth == 0)
        (void)import_draft_set(draft, line, key, CONFIG_ROW_cache_stale_ms, "0s");
    else
        import_draft_say(draft, IMPORT_DRAFT_CARRIED, line, key,
                         "cache.stale, for a day unless the file says how long");
}

void
import_stale_time(struct import_draft *draft, uint32_t line, const char *key, const char *value)
{
    char text[VALUE_TEXT_MAX];
    bool is_endless = strcmp(value, "0") == 0;
    if (draft->is_stale_off) {
        import_draft_say(draft, IMPORT_DRAFT_LOST, line, key, "expired responses are not used");
        return;
    }
    snprintf(text, sizeof text, "%.*ss", SHOWN_MAX, value);
    (void)import_draft_set(draft, line, key, CONFIG_ROW_cache_stale_ms, is_endless ? "7d" : text);
}
