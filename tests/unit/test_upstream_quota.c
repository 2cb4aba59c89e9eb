/* test_upstream_quota.c - what a server does with its connections, and what is learned from it
 * SPDX-License-Identifier: ISC
 */
#include "upstream/upstream_quota.h"

#include <criterion/criterion.h>

/* A server that closes at its quota, or only at the first query beyond it; 0: never. */
struct server {
    uint32_t quota;
    int at_excess;
};

static uint64_t now;
static unsigned lost, connections;

/* One connection, one query after the other as long as it may be used. */
static void
connect_and_ask(struct upstream_quota *quota, const struct server *server, uint32_t most)
{
    uint64_t since = ++now;
    connections++;
    for (uint32_t asked = 1; asked <= most; asked++) {
        now += 10;
        if (server->quota != 0 && asked > server->quota) { /* never answered */
            lost++;
            upstream_quota_closed(quota, server->quota, since, now);
            return;
        }
        upstream_quota_answered(quota, asked, since);
        if (asked == server->quota && !server->at_excess) {
            lost += quota->known != asked; /* the next was written already */
            upstream_quota_closed(quota, asked, since, now);
            return;
        }
        if (asked == quota->known) {
            upstream_quota_outlived(quota);
            return;
        }
    }
}

static void
use(struct upstream_quota *quota, struct server server, unsigned count)
{
    lost = connections = 0;
    for (unsigned i = 0; i < count; i++)
        connect_and_ask(quota, &server, 2000);
}

Test(upstream_quota, is_learned_from_two_connections_and_kept)
{
    static const uint32_t quotas[] = {1, 2, 10, 100};
    for (unsigned i = 0; i < 4; i++) {
        struct upstream_quota quota = {0};
        use(&quota, (struct server){quotas[i], 0}, 2);
        cr_assert_eq(quota.known, quotas[i]);
        use(&quota, (struct server){quotas[i], 0}, 1000);
        cr_assert_eq(quota.known, quotas[i]);
        cr_assert_eq(lost, 0);
    }
}

Test(upstream_quota, one_close_proves_nothing)
{
    struct upstream_quota quota = {0};
    upstream_quota_closed(&quota, 3, 10, 100);
    cr_assert_eq(quota.known, 0);
    /* a restart ends all connections at once */
    for (uint32_t answers = 1; answers < 9; answers++)
        upstream_quota_closed(&quota, answers, 10 + answers, 100 + answers);
    cr_assert_eq(quota.known, 0);
    upstream_quota_answered(&quota, 4, 200);
    upstream_quota_closed(&quota, 500, 200, 300);
    cr_assert_eq(quota.known, 0, "the one after it was used for longer");
    upstream_quota_closed(&quota, 0, 400, 500);
    upstream_quota_closed(&quota, 0, 600, 700);
    cr_assert_eq(quota.known, 0, "no answer teaches nothing");
}

Test(upstream_quota, grows_where_the_server_closes_no_more)
{
    struct upstream_quota quota = {0};
    use(&quota, (struct server){3, 0}, 2);
    cr_assert_eq(quota.known, 3);
    use(&quota, (struct server){0, 0}, 20);
    cr_assert_gt(quota.known, 2000, "as many as anybody asked");
    cr_assert_leq(connections, 20);
}

Test(upstream_quota, a_server_that_closes_at_the_excess_costs_less_and_less)
{
    struct upstream_quota quota = {0};
    use(&quota, (struct server){5, 1}, 1000);
    cr_assert_lt(lost, 60, "%u", lost);
    use(&quota, (struct server){5, 1}, 1000);
    cr_assert_lt(lost, 40, "%u", lost);
    cr_assert(quota.known == 5 || quota.known == 10);
}

Test(upstream_quota, follows_a_server_that_allows_less)
{
    struct upstream_quota quota = {0};
    use(&quota, (struct server){100, 0}, 5);
    use(&quota, (struct server){7, 0}, 2);
    cr_assert_eq(quota.known, 7);
}
