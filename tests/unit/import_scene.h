/* import_scene.h - a draft, and what was said of it
 * SPDX-License-Identifier: ISC
 *
 * What: helpers that the tests of src/import share.
 * Who:  tests.
 */
#pragma once

#include "import/import_draft.h"

#include <criterion/criterion.h>
#include <string.h>

static struct import_draft draft;

/* Is there a finding of this kind at this line, whose key is this and whose text has these words? */
static inline bool
says(enum import_draft_kind kind, uint32_t line, const char *key, const char *words)
{
    for (uint32_t i = 0; i < draft.findings_count; i++) {
        const struct import_draft_finding *finding = &draft.findings[i];
        if (finding->kind == kind && finding->line == line &&
            strcmp(&draft.arena[finding->key], key) == 0 &&
            strstr(&draft.arena[finding->text], words) != NULL)
            return true;
    }
    return false;
}

static inline bool
is_lost(uint32_t line, const char *key, const char *words)
{
    return says(IMPORT_DRAFT_LOST, line, key, words);
}

static inline bool
is_carried(uint32_t line, const char *key, const char *words)
{
    return says(IMPORT_DRAFT_CARRIED, line, key, words);
}

/* Zone number `i`: its name, its line, and the group whose servers it is asked of. */
static inline bool
is_zone_of(uint32_t i, uint32_t line, const char *name, uint32_t group)
{
    const struct import_draft_zone *zone = &draft.zones[i];
    return i < draft.zones_count && zone->line == line && strcmp(zone->name, name) == 0 &&
           zone->group == group && zone->lost == NULL;
}

/* Upstream number `i`: where it is asked, its name, and why it is left out. */
static inline bool
is_upstream(uint32_t i, const char *address, const char *tls_name, const char *lost)
{
    const struct import_draft_upstream *upstream = &draft.upstreams[i];
    return i < draft.upstreams_count && strcmp(upstream->address, address) == 0 &&
           strcmp(upstream->tls_name, tls_name) == 0 &&
           (lost == NULL ? upstream->lost == NULL
                         : upstream->lost != NULL && strstr(upstream->lost, lost) != NULL);
}
