/* test_habits.c - closing before the server does, and no more queries than it answers
 * SPDX-License-Identifier: ISC
 */
#include "upstream/habits.h"

#include <criterion/criterion.h>

#define S 1000000ULL

Test(habits, closes_before_a_known_server_does)
{
    cr_assert_eq(habits_idle_us(0, 30 * S), 30 * S);
    cr_assert_eq(habits_idle_us(10 * S, 30 * S), 8 * S);
    cr_assert_eq(habits_idle_us(100 * S, 30 * S), 30 * S);
}

Test(habits, a_close_at_once_teaches_nothing)
{
    cr_assert_eq(habits_idle_closed(0, UPSTREAM_IDLE_LEARN_US - 1), 0);
    cr_assert_eq(habits_idle_closed(7 * S, 0), 7 * S);
    cr_assert_eq(habits_idle_closed(0, 10 * S), 10 * S);
    cr_assert_eq(habits_idle_closed(10 * S, 5 * S), 5 * S);
}

Test(habits, a_limit_that_was_lifted_is_forgotten_step_by_step)
{
    uint64_t server = 2 * S;
    unsigned steps = 0;
    for (; server != 0 && steps < 1000; steps++) {
        uint64_t next = habits_idle_outlived(server, 30 * S);
        cr_assert(next == 0 || next > server);
        /* never so far that the server's limit is missed by more than the fifth we keep */
        cr_assert(next == 0 || habits_idle_us(next, 30 * S) < server);
        server = next;
    }
    cr_assert(steps > 20 && steps < 100, "%u steps", steps);
    cr_assert_eq(habits_idle_outlived(0, 30 * S), 0);
}

/* A server that closes at its quota, or only at the first query beyond it; 0: never. */
struct server {
    uint32_t quota;
    int at_excess;
};

static uint64_t now;
static unsigned lost, connections;

/* One connection, one query after the other as long as it may be used. */
static void
connect_and_ask(struct habits_quota *quota, const struct server *server, uint32_t most)
{
    uint64_t since = ++now;
    connections++;
    for (uint32_t asked = 1; asked <= most; asked++) {
        now += 10;
        if (server->quota != 0 && asked > server->quota) { /* never answered */
            lost++;
            habits_quota_closed(quota, server->quota, since, now);
            return;
        }
        habits_quota_answered(quota, asked, since);
        if (asked == server->quota && !server->at_excess) {
            lost += quota->known != asked; /* the next was written already */
            habits_quota_closed(quota, asked, since, now);
            return;
        }
        if (asked == quota->known) {
            habits_quota_outlived(quota);
            return;
        }
    }
}

static void
use(struct habits_quota *quota, struct server server, unsigned count)
{
    lost = connections = 0;
    for (unsigned i = 0; i < count; i++)
        connect_and_ask(quota, &server, 2000);
}

Test(habits, is_learned_from_two_connections_and_kept)
{
    static const uint32_t quotas[] = {1, 2, 10, 100};
    for (unsigned i = 0; i < 4; i++) {
        struct habits_quota quota = {0};
        use(&quota, (struct server){quotas[i], 0}, 2);
        cr_assert_eq(quota.known, quotas[i]);
        use(&quota, (struct server){quotas[i], 0}, 1000);
        cr_assert_eq(quota.known, quotas[i]);
        cr_assert_eq(lost, 0);
    }
}

Test(habits, one_close_proves_nothing)
{
    struct habits_quota quota = {0};
    habits_quota_closed(&quota, 3, 10, 100);
    cr_assert_eq(quota.known, 0);
    /* a restart ends all connections at once */
    for (uint32_t answers = 1; answers < 9; answers++)
        habits_quota_closed(&quota, answers, 10 + answers, 100 + answers);
    cr_assert_eq(quota.known, 0);
    habits_quota_answered(&quota, 4, 200);
    habits_quota_closed(&quota, 500, 200, 300);
    cr_assert_eq(quota.known, 0, "the one after it was used for longer");
    habits_quota_closed(&quota, 0, 400, 500);
    habits_quota_closed(&quota, 0, 600, 700);
    cr_assert_eq(quota.known, 0, "no answer teaches nothing");
}

Test(habits, grows_where_the_server_closes_no_more)
{
    struct habits_quota quota = {0};
    use(&quota, (struct server){3, 0}, 2);
    cr_assert_eq(quota.known, 3);
    use(&quota, (struct server){0, 0}, 20);
    cr_assert_gt(quota.known, 2000, "as many as anybody asked");
    cr_assert_leq(connections, 20);
}

Test(habits, a_server_that_closes_at_the_excess_costs_less_and_less)
{
    struct habits_quota quota = {0};
    use(&quota, (struct server){5, 1}, 1000);
    cr_assert_lt(lost, 60, "%u", lost);
    use(&quota, (struct server){5, 1}, 1000);
    cr_assert_lt(lost, 40, "%u", lost);
    cr_assert(quota.known == 5 || quota.known == 10);
}

Test(habits, follows_a_server_that_allows_less)
{
    struct habits_quota quota = {0};
    use(&quota, (struct server){100, 0}, 5);
    use(&quota, (struct server){7, 0}, 2);
    cr_assert_eq(quota.known, 7);
}
