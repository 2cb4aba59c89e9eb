/* test_key_news.c - what is told about keys and certificates, and how often
 * SPDX-License-Identifier: ISC
 */
#include "upstream/key_news.h"

#include <criterion/criterion.h>

#define FAR (1000 * 86400)

Test(key_news, the_first_pin_is_no_news)
{
    struct key_news trust = {0};
    for (unsigned i = 0; i < 3; i++)
        cr_assert_eq(key_news_seen(&trust, 0, 2, FAR, 1 + i), 0);
    cr_assert_eq(key_news_seen(&(struct key_news){0}, -1, 0, FAR, 1), 0);
}

Test(key_news, a_change_to_the_backup_is_told_once)
{
    struct key_news trust = {0};
    key_news_seen(&trust, 0, 3, FAR, 1);
    cr_assert_eq(key_news_seen(&trust, 1, 3, FAR, 2), KEY_NEWS_CHANGED | KEY_NEWS_IS_BACKUP);
    cr_assert_eq(key_news_seen(&trust, 1, 3, FAR, 3), 0);
    cr_assert_eq(key_news_seen(&trust, 0, 3, FAR, 4), KEY_NEWS_CHANGED);
    cr_assert_eq(key_news_seen(&trust, 1, 3, FAR, 5), KEY_NEWS_CHANGED);
}

Test(key_news, the_last_pin_in_use_is_told_even_at_the_start)
{
    struct key_news trust = {0};
    cr_assert_eq(key_news_seen(&trust, 1, 2, FAR, 1), KEY_NEWS_IS_BACKUP | KEY_NEWS_IS_LAST);
    cr_assert_eq(key_news_seen(&trust, 1, 2, FAR, 2), 0);
}

Test(key_news, an_end_that_is_near_is_told_once_a_day)
{
    struct key_news trust = {0};
    const int64_t limit = UPSTREAM_ENDS_SOON_DAYS * 86400;
    cr_assert_eq(key_news_seen(&trust, 0, 2, limit, 1), 0);
    cr_assert_eq(key_news_seen(&trust, 0, 2, limit - 1, 2), KEY_NEWS_ENDS_SOON);
    cr_assert_eq(key_news_seen(&trust, 0, 2, 5, 3), 0);
    cr_assert_eq(key_news_seen(&trust, 0, 2, -5, 1 + UPSTREAM_TOLD_US), 0);
    cr_assert_eq(key_news_seen(&trust, 0, 2, -5, 2 + UPSTREAM_TOLD_US), KEY_NEWS_ENDS_SOON);
}
