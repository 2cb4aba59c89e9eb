/* upstream_trust.c - see upstream_trust.h
 * SPDX-License-Identifier: ISC
 */
#include "upstream/upstream_trust.h"

#include <stdbool.h>

static uint32_t
key_news(struct upstream_trust *trust, unsigned index, unsigned pins_count)
{
    uint32_t news = 0;
    bool is_new = trust->pin != index + 1;
    if (is_new && trust->pin != 0)
        news |= UPSTREAM_KEY_CHANGED;
    if (index > 0 && (trust->backups_seen >> index & 1) == 0)
        news |= UPSTREAM_KEY_IS_BACKUP;
    /* with one pin alone the configuration was warned of already */
    if (is_new && index > 0 && index + 1 == pins_count)
        news |= UPSTREAM_KEY_IS_LAST;
    trust->backups_seen |= 1U << index;
    trust->pin = index + 1;
    return news;
}

uint32_t
upstream_trust_seen(struct upstream_trust *trust, int pin_index, unsigned pins_count,
                    int64_t valid_s, uint64_t now_us)
{
    uint32_t news = 0;
    if (pin_index >= 0 && pin_index < 32)
        news = key_news(trust, (unsigned)pin_index, pins_count);
    bool is_told = trust->told_us != 0 && now_us - trust->told_us < UPSTREAM_TOLD_US;
    if (valid_s < UPSTREAM_ENDS_SOON_DAYS * 86400 && !is_told) {
        trust->told_us = now_us;
        news |= UPSTREAM_KEY_ENDS_SOON;
    }
    return news;
}
