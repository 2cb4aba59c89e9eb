/* key_news.c - see key_news.h
 * SPDX-License-Identifier: ISC
 */
#include "upstream/key_news.h"

#include <stdbool.h>

static uint32_t
news_of(struct key_news *seen, unsigned index, unsigned pins_count)
{
    uint32_t news = 0;
    bool is_new = seen->pin != index + 1;
    if (is_new && seen->pin != 0)
        news |= KEY_NEWS_CHANGED;
    if (index > 0 && (seen->backups_seen >> index & 1) == 0)
        news |= KEY_NEWS_IS_BACKUP;
    /* with one pin alone the configuration was warned of already */
    if (is_new && index > 0 && index + 1 == pins_count)
        news |= KEY_NEWS_IS_LAST;
    seen->backups_seen |= 1U << index;
    seen->pin = index + 1;
    return news;
}

uint32_t
key_news_seen(struct key_news *seen, int pin_index, unsigned pins_count, int64_t valid_s,
              uint64_t now_us)
{
    uint32_t news = 0;
    if (pin_index >= 0 && pin_index < 32)
        news = news_of(seen, (unsigned)pin_index, pins_count);
    bool is_told = seen->told_us != 0 && now_us - seen->told_us < UPSTREAM_TOLD_US;
    if (valid_s < UPSTREAM_ENDS_SOON_DAYS * 86400 && !is_told) {
        seen->told_us = now_us;
        news |= KEY_NEWS_ENDS_SOON;
    }
    return news;
}
