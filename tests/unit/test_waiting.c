/* test_waiting.c - who gives way, and whose question is asked next
 * SPDX-License-Identifier: ISC
 */
#include "front_scene.h"

#include "lane/handoff.h"

static void
setup(void)
{
    scene_config();
    config.queries = 8;
    config.queue_per_prefix = 4;
    scene_open();
}

/* Keep a query, and let it wait. @return NULL: it was not kept */
static struct query *
wait_for(const char *client, enum query_transport transport, const char *name)
{
    enum why why;
    struct inflight_question *question;
    struct query *draft = scene_draft(client, transport, name, DNS_TYPE_A);
    if (waiting_keep(&front.waiting, draft, &why) != NULL)
        return NULL;
    cr_assert_neq(waiting_join(&front.waiting, draft, &scene_now, &question), INFLIGHT_TOO_MANY);
    return draft;
}

static struct query *
keep(const char *client, enum query_transport transport, enum why *why)
{
    struct query *draft = scene_draft(client, transport, "shed.example", DNS_TYPE_A);
    return waiting_keep(&front.waiting, draft, why);
}

Test(waiting, a_network_at_its_bound_sheds_its_own, .init = setup)
{
    enum why why;
    struct query *last = NULL;
    for (int i = 0; i < 4; i++)
        cr_assert_not_null(last = wait_for("127.0.0.2", QUERY_UDP, "a.example"));
    struct query *draft = inflight_draft(&front.waiting.queries);
    cr_expect_eq(keep("127.0.0.2", QUERY_UDP, &why), draft, "the newcomer has as much as any");
    cr_expect_eq(why, WHY_PREFIX_FULL);
    cr_expect_eq(keep("127.0.0.3", QUERY_UDP, &why), last, "its neighbour's youngest");
    cr_expect_eq(why, WHY_PREFIX_FULL);
    waiting_replace(&front.waiting, last, draft);
    cr_expect_eq(front.waiting.queries.alive, 4);
    cr_expect_eq(inflight_draft(&front.waiting.queries), last, "its place is the next draft's");
    cr_expect_null(keep("127.0.1.2", QUERY_UDP, &why), "others have room");
}

Test(waiting, a_full_table_sheds_of_the_network_that_has_most, .init = setup)
{
    enum why why;
    for (int i = 0; i < 4; i++)
        cr_assert_not_null(wait_for("127.0.0.2", QUERY_UDP, "a.example"));
    for (int i = 0; i < 3; i++)
        cr_assert_not_null(wait_for("127.0.1.2", QUERY_UDP, "b.example"));
    cr_assert_not_null(wait_for("127.0.2.2", QUERY_UDP, "c.example"));
    struct query *shed = keep("127.0.3.2", QUERY_UDP, &why);
    cr_assert_not_null(shed);
    cr_expect_eq(why, WHY_QUEUE_FULL);
    cr_expect(
        addr_is_equal(&shed->client.addr,
                      &(struct addr){.family = ADDR_IPV4, .port = 4000, .bytes = {127, 0, 0, 2}}));
}

Test(waiting, of_a_client_the_unproven_give_way_first, .init = setup)
{
    enum why why;
    struct query *unproven = wait_for("127.0.0.2", QUERY_UDP, "a.example");
    for (int i = 0; i < 3; i++)
        cr_assert_not_null(wait_for("127.0.0.2", QUERY_TCP, "a.example"));
    cr_expect_eq(keep("127.0.0.2", QUERY_TCP, &why), unproven, "even for one of its own");
    struct query *draft = inflight_draft(&front.waiting.queries);
    cr_expect_eq(keep("127.0.0.2", QUERY_UDP, &why), draft);
    waiting_leave(&front.waiting, unproven);
    cr_assert_not_null(wait_for("127.0.0.2", QUERY_TCP, "a.example"));
    draft = inflight_draft(&front.waiting.queries);
    cr_expect_eq(keep("127.0.0.2", QUERY_TCP, &why), draft, "none of them is unproven");
}

Test(waiting, the_last_to_leave_ends_a_question_that_was_not_asked, .init = setup)
{
    struct query *a = wait_for("127.0.0.2", QUERY_UDP, "a.example");
    struct query *b = wait_for("127.0.1.2", QUERY_UDP, "a.example");
    cr_assert_eq(front.waiting.inflight.alive, 1, "one question for both");
    waiting_leave(&front.waiting, a);
    cr_expect_eq(front.waiting.inflight.alive, 1);
    waiting_leave(&front.waiting, b);
    cr_expect_eq(front.waiting.inflight.alive, 0);
    cr_expect_null(waiting_next(&front.waiting));
    waiting_give(&front.waiting, b); /* twice is once */
    for (uint32_t i = 1; i <= front.waiting.networks.touched; i++)
        cr_assert_eq(front.waiting.networks.nodes[i].refs, 0, "nothing holds a network");
}

Test(waiting, finds_the_queries_of_one_connection_the_youngest_first, .init = setup)
{
    struct query *of_one[3];
    for (int i = 0; i < 4; i++) {
        struct query *draft = scene_draft("127.0.0.2", QUERY_TCP, "a.example", DNS_TYPE_A);
        enum why why;
        struct inflight_question *question;
        draft->client.connection = i == 1 ? 2 : 1;
        draft->client.connection_generation = 1;
        cr_assert_null(waiting_keep(&front.waiting, draft, &why));
        cr_assert_neq(waiting_join(&front.waiting, draft, &scene_now, &question),
                      INFLIGHT_TOO_MANY);
        if (i != 1)
            of_one[i == 0 ? 0 : i - 1] = draft;
    }
    struct query_client client = of_one[0]->client;
    struct query *found = waiting_on_connection(&front.waiting, &client, NULL), *older;
    for (int i = 2; i >= 0; i--, found = older) {
        cr_assert_eq(found, of_one[i]);
        older = waiting_on_connection(&front.waiting, &client, found);
        waiting_leave(&front.waiting, found);
    }
    cr_expect_null(found);
    client.connection = 3;
    cr_expect_null(waiting_on_connection(&front.waiting, &client, NULL));
}

Test(waiting, a_query_over_udp_is_on_no_connection_whatever_its_slot_held_before, .init = setup)
{
    struct query *draft = scene_draft("127.0.0.2", QUERY_UDP, "a.example", DNS_TYPE_A);
    struct query_client client = {.addr = draft->client.addr,
                                  .transport = QUERY_TCP,
                                  .connection = 1,
                                  .connection_generation = 1};
    enum why why;
    draft->client.is_proven = true;
    draft->client.connection = 1;
    draft->client.connection_generation = 1;
    cr_assert_null(waiting_keep(&front.waiting, draft, &why));
    cr_expect_null(waiting_on_connection(&front.waiting, &client, NULL));
    waiting_give(&front.waiting, draft);
}

Test(waiting, questions_are_asked_in_turn_and_one_without_room_stays_the_next, .init = setup)
{
    struct inflight_question *first, *second;
    cr_assert_not_null(wait_for("127.0.0.2", QUERY_UDP, "a.example"));
    cr_assert_not_null(wait_for("127.0.0.2", QUERY_UDP, "b.example"));
    cr_assert_not_null(wait_for("127.0.1.2", QUERY_UDP, "c.example"));
    cr_assert_not_null(first = waiting_next(&front.waiting));
    waiting_put_back(&front.waiting, first);
    cr_expect_eq(waiting_next(&front.waiting), first);
    cr_assert_not_null(second = waiting_next(&front.waiting));
    struct dns_name other = name_of("c.example");
    cr_expect_arr_eq(second->question.name.wire, other.wire, other.size, "another network's turn");
    cr_expect_eq(waiting_rank(&front.waiting, first), HANDOFF_LIGHT);
    waiting_put_back(&front.waiting, second);
    struct query *query = waiting_pop(&front.waiting, second);
    waiting_give(&front.waiting, query);
    waiting_end(&front.waiting, second);
    waiting_end(&front.waiting, second); /* twice is once */
    cr_expect_neq(waiting_next(&front.waiting), second, "it has ended");
}

Test(waiting, who_joins_a_question_far_back_in_line_brings_it_forward, .init = setup)
{
    struct dns_name last = name_of("d.example");
    cr_assert_not_null(wait_for("127.0.0.2", QUERY_UDP, "a.example"));
    cr_assert_not_null(wait_for("127.0.0.2", QUERY_UDP, "b.example"));
    cr_assert_not_null(wait_for("127.0.0.2", QUERY_UDP, "c.example"));
    cr_assert_not_null(wait_for("127.0.0.2", QUERY_UDP, "d.example"));
    cr_assert_not_null(wait_for("127.0.1.2", QUERY_UDP, "d.example"));
    cr_expect_eq(front.waiting.inflight.alive, 4);
    (void)waiting_next(&front.waiting);
    const struct inflight_question *second = waiting_next(&front.waiting);
    cr_expect_arr_eq(second->question.name.wire, last.wire, last.size, "its own network's turn");
}

Test(waiting, asks_with_nobody_waiting_once, .init = setup)
{
    struct query *draft = scene_draft("127.0.0.2", QUERY_UDP, "a.example", DNS_TYPE_A);
    cr_expect_eq(waiting_ask(&front.waiting, draft, &scene_now), INFLIGHT_STARTED);
    cr_expect_eq(waiting_ask(&front.waiting, draft, &scene_now), INFLIGHT_JOINED);
    cr_expect_eq(front.waiting.queries.alive, 0);
    cr_expect_not_null(waiting_next(&front.waiting));
}

Test(waiting, what_a_dead_worker_had_is_asked_again_if_anybody_waits, .init = setup)
{
    cr_assert_not_null(wait_for("127.0.0.2", QUERY_UDP, "a.example"));
    struct inflight_question *waited = waiting_next(&front.waiting);
    inflight_asked(&front.waiting.inflight, waited, 7);
    struct query *draft = scene_draft("127.0.0.2", QUERY_UDP, "b.example", DNS_TYPE_A);
    cr_assert_eq(waiting_ask(&front.waiting, draft, &scene_now), INFLIGHT_STARTED);
    inflight_asked(&front.waiting.inflight, waiting_next(&front.waiting), 7);
    waiting_refill(&front.waiting, 8, true);
    cr_expect_null(waiting_next(&front.waiting), "that ring had none");
    waiting_refill(&front.waiting, 7, true);
    cr_expect_eq(front.waiting.inflight.alive, 1, "nobody waits for the other");
    for (int i = 1; i < INFLIGHT_ASKED_MAX; i++) {
        cr_assert_eq(waiting_next(&front.waiting), waited);
        inflight_asked(&front.waiting.inflight, waited, 7);
        waiting_refill(&front.waiting, 7, true);
    }
    cr_expect_null(waiting_next(&front.waiting), "it has killed enough of them");
    cr_expect_eq(front.waiting.inflight.alive, 1, "and waits for its deadline");
}

Test(waiting, another_configuration_changes_bounds_and_lives, .init = setup)
{
    struct config other = config;
    enum why why;
    for (int i = 0; i < 4; i++)
        cr_assert_not_null(wait_for("127.0.0.2", QUERY_UDP, "a.example"));
    other.queue_per_prefix = 5;
    other.query_ms = 500;
    other.upstream_in_flight = 100;
    waiting_change(&front.waiting, &other);
    cr_expect_eq(front.waiting.life_ms, 500 - WAITING_MARGIN_MS);
    cr_expect_eq(front.waiting.line.places, 8, "at most as many as there are queries");
    cr_expect_null(keep("127.0.0.2", QUERY_UDP, &why));
}
