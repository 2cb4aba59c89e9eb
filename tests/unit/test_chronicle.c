/* test_chronicle.c - the last hour on its page: whole, of now, and harmless whatever stands there
 * SPDX-License-Identifier: ISC
 */
#include "view/chronicle.h"

#include "view_scene.h"

#include <pthread.h>

static struct chronicle_page page;
static struct chronicle written, taken;

static enum status
take(uint64_t now_us)
{
    return chronicle_take(&page, sizeof page, now_us, &taken);
}

static void
add(uint64_t at_us)
{
    struct tally tally = written.history.newest;
    tally.at_us = at_us;
    tally.counts[STAT_UDP_QUERIES]++;
    history_add(&written.history, &tally);
}

Test(chronicle, what_was_published_last_is_taken)
{
    chronicle_begin(&page);
    cr_assert_eq(take(1000), STATUS_NONE);
    for (uint64_t i = 1; i < 5; i++) {
        add(i * 1000);
        chronicle_publish(&page, &written);
        cr_assert_eq(take(i * 1000), STATUS_OK);
        cr_assert_arr_eq(&taken, &written, sizeof taken);
    }
}

Test(chronicle, a_page_of_another_build_is_refused)
{
    chronicle_begin(&page);
    add(1000);
    chronicle_publish(&page, &written);
    cr_assert_eq(take(1000), STATUS_OK);
    cr_assert_eq(chronicle_take(&page, sizeof page - 1, 1000, &taken), STATUS_INVALID);
    cr_assert_eq(taken.history.has_newest, 0, "nothing is left of what was taken before");
    cr_assert_eq(chronicle_take(NULL, 0, 1000, &taken), STATUS_INVALID);
    uint64_t *const heads[] = {&page.magic, &page.version, &page.bytes};
    for (unsigned i = 0; i < 3; i++) {
        (*heads[i])++;
        cr_expect_eq(take(1000), STATUS_INVALID, "%u", i);
        (*heads[i])--;
    }
    cr_assert_eq(take(1000), STATUS_OK);
}

Test(chronicle, of_times_that_have_not_come_nothing_is_believed)
{
    chronicle_begin(&page);
    add(10 * VIEW_SCENE_S);
    chronicle_publish(&page, &written);
    cr_assert_eq(take(9 * VIEW_SCENE_S), STATUS_OK, "the clock was read before the page");
    cr_assert_eq(take(9 * VIEW_SCENE_S - 1), STATUS_AGAIN);
    cr_assert_eq(taken.history.has_newest, 0);
    written.history.points[0].at_us++;
    chronicle_publish(&page, &written);
    cr_assert_eq(take(20 * VIEW_SCENE_S), STATUS_INVALID, "a point after the newest reading");
}

Test(chronicle, no_index_of_the_page_is_followed_out_of_it)
{
    unsigned *const numbers[] = {&written.history.tallies_count, &written.history.tallies_next,
                                 &written.history.points_count, &written.history.points_next};
    static const unsigned least[] = {HISTORY_TALLIES + 1, HISTORY_TALLIES, HISTORY_POINTS + 1,
                                     HISTORY_POINTS};
    chronicle_begin(&page);
    add(1000);
    for (unsigned i = 0; i < 4; i++) {
        unsigned right = *numbers[i];
        *numbers[i] = least[i];
        chronicle_publish(&page, &written);
        cr_expect_eq(take(1000), STATUS_INVALID, "%u", i);
        *numbers[i] = UINT32_MAX;
        chronicle_publish(&page, &written);
        cr_expect_eq(take(1000), STATUS_INVALID, "%u", i);
        *numbers[i] = right;
    }
}

static atomic_bool is_over;

/* Each that it publishes is full of one number. */
static void *
publishes(void *unused)
{
    for (uint64_t i = 1; i == 1 || !is_over; i++) { /* once, however late it runs */
        for (unsigned k = 0; k < JUDGE_KINDS; k++)
            for (unsigned up = 0; up < STATS_UPSTREAMS; up++)
                written.judge.watches[k][up].since_us[1] = i;
        written.history.newest.at_us = i;
        chronicle_publish(&page, &written);
    }
    return unused;
}

Test(chronicle, is_never_torn)
{
    pthread_t thread;
    unsigned found = 0;
    chronicle_begin(&page);
    written.history.has_newest = 1;
    cr_assert_eq(pthread_create(&thread, NULL, publishes, NULL), 0);
    for (unsigned i = 0; i < 2000; i++) {
        enum status status = take(UINT64_MAX / 2);
        cr_assert(status == STATUS_OK || status == STATUS_NONE || status == STATUS_AGAIN);
        found += status == STATUS_OK;
        for (unsigned k = 0; status == STATUS_OK && k < JUDGE_KINDS; k++)
            for (unsigned up = 0; up < STATS_UPSTREAMS; up++)
                cr_assert_eq(taken.judge.watches[k][up].since_us[1], taken.history.newest.at_us);
    }
    is_over = true;
    cr_assert_eq(pthread_join(thread, NULL), 0);
    cr_assert_eq(take(UINT64_MAX / 2), STATUS_OK, "a writer that rests keeps nobody from it");
    cr_log_info("%u were taken", found);
}
