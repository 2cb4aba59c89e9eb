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
    cr_expect_eq(front.waiting.queues[0].places, 8, "at most as many as there are queries");
    cr_expect_null(keep("127.0.0.2", QUERY_UDP, &why));
}

/* Names of corp.example are asked of an upstream of their own. */
static void
setup_route(void)
{
    scene_config();
    config.queries = 256;
    config.queue_per_prefix = 256;
    config.upstreams_count = 2;
    snprintf(config.upstreams[0].name, CONFIG_NAME_MAX, "public");
    snprintf(config.upstreams[1].name, CONFIG_NAME_MAX, "corp");
    config.upstream_connections = 1;
    config.upstream_in_flight = 64;
    config.routes_count = 1;
    config.routes[0].names_count = config.routes[0].upstreams_count = 1;
    snprintf(config.routes[0].names[0], CONFIG_DOMAIN_MAX, "corp.example");
    snprintf(config.routes[0].upstreams[0], CONFIG_NAME_MAX, "corp");
    scene_open();
}

static struct inflight_question *
ask_next(void)
{
    struct inflight_question *question = waiting_next(&front.waiting);
    if (question != NULL)
        inflight_asked(&front.waiting.inflight, question, 1);
    return question;
}

static bool
is_corp(const struct inflight_question *question)
{
    struct dns_name corp = name_of("corp.example");
    return dns_name_is_below(&question->question.name, &corp);
}

Test(waiting, names_of_a_route_have_places_of_their_own, .init = setup_route)
{
    char name[32];
    unsigned corp = 0, others = 0;
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "a%d.corp.example", i);
        cr_assert_not_null(wait_for("127.0.0.2", QUERY_UDP, name));
    }
    while (ask_next() != NULL)
        corp++;
    cr_expect_eq(corp, 48, "what its upstream takes, but for what is kept for other networks");
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "a%d.example", i);
        cr_assert_not_null(wait_for("127.0.0.2", QUERY_UDP, name), "of the same client");
    }
    for (struct inflight_question *question; (question = ask_next()) != NULL; others++)
        cr_expect_not(is_corp(question));
    cr_expect_eq(others, 48);
}

Test(waiting, queues_of_groups_take_turns, .init = setup_route)
{
    cr_assert_not_null(wait_for("127.0.0.2", QUERY_UDP, "a.corp.example"));
    cr_assert_not_null(wait_for("127.0.0.2", QUERY_UDP, "b.corp.example"));
    cr_assert_not_null(wait_for("127.0.0.2", QUERY_UDP, "a.example"));
    cr_assert_not_null(wait_for("127.0.0.2", QUERY_UDP, "b.example"));
    bool was_corp = is_corp(ask_next());
    for (int i = 0; i < 3; i++, was_corp = !was_corp)
        cr_expect_eq(is_corp(ask_next()), !was_corp);
    cr_expect_null(ask_next());
}

Test(waiting, groups_together_have_no_more_places_than_there_are_queries, .init = setup_route)
{
    struct config other = config;
    other.upstream_in_flight = 1000;
    waiting_change(&front.waiting, &other);
    cr_expect_eq(front.waiting.queues[0].places, 128);
    cr_expect_eq(front.waiting.queues[1].places, 128);
    other.queries = 300;
    other.upstreams_count = 3; /* two of them for other names */
    other.upstream_in_flight = 100;
    snprintf(other.upstreams[2].name, CONFIG_NAME_MAX, "second");
    waiting_change(&front.waiting, &other);
    cr_expect_eq(front.waiting.queues[0].places, 200);
    cr_expect_eq(front.waiting.queues[1].places, 100);
}

Test(waiting, a_flood_of_a_route_gives_way_in_a_full_table, .init = setup_route)
{
    char name[32], client[16];
    enum why why;
    for (int i = 0; i < 56; i++) {
        snprintf(name, sizeof name, "a%d.corp.example", i);
        cr_assert_not_null(wait_for("127.0.0.2", QUERY_UDP, name));
    }
    for (int i = 0; i < 200; i++) { /* each of another network */
        snprintf(name, sizeof name, "a%d.example", i);
        snprintf(client, sizeof client, "127.1.%d.2", i);
        cr_assert_not_null(wait_for(client, QUERY_UDP, name));
    }
    struct query *shed = keep("127.2.0.2", QUERY_UDP, &why);
    cr_assert_not_null(shed);
    cr_expect_eq(why, WHY_QUEUE_FULL);
    struct dns_name corp = name_of("corp.example");
    cr_expect(dns_name_is_below(&shed->dns.question.name, &corp),
              "whose network has most, though fewer queries are of its group");
}

Test(waiting, who_joins_after_a_change_of_routes_stands_where_the_question_does, .init = setup)
{
    struct config other = config;
    front.waiting.queues[0].places = 1; /* taken by: */
    cr_assert_not_null(wait_for("127.0.0.2", QUERY_UDP, "x.example"));
    cr_assert_not_null(ask_next());
    struct query *first = wait_for("127.0.0.2", QUERY_UDP, "a.corp.example");
    other.upstreams_count = 2;
    other.routes_count = 1;
    other.routes[0].names_count = other.routes[0].upstreams_count = 1;
    snprintf(other.upstreams[0].name, CONFIG_NAME_MAX, "public");
    snprintf(other.upstreams[1].name, CONFIG_NAME_MAX, "corp");
    snprintf(other.routes[0].names[0], CONFIG_DOMAIN_MAX, "corp.example");
    snprintf(other.routes[0].upstreams[0], CONFIG_NAME_MAX, "corp");
    waiting_change(&front.waiting, &other);
    front.waiting.queues[0].places = 1;
    routes_make(&front.local.routing.now, &other);
    struct query *joined = wait_for("127.0.1.2", QUERY_UDP, "a.corp.example");
    cr_assert(first != NULL && joined != NULL);
    cr_expect_eq(front.waiting.inflight.alive, 2);
    cr_expect_null(ask_next(), "of the old queue, whose place is taken");
    cr_assert_not_null(wait_for("127.0.1.2", QUERY_UDP, "b.corp.example"));
    cr_expect_not_null(ask_next(), "and this one of the new");
    waiting_leave(&front.waiting, first);
    waiting_leave(&front.waiting, joined);
    cr_expect_eq(front.waiting.inflight.alive, 2, "the question nobody waits for is gone");
    cr_expect_eq(fairqueue_waiting(&front.waiting.queues[0], front.waiting.queues[0].top), 0);
    cr_expect_eq(fairqueue_waiting(&front.waiting.queues[1], front.waiting.queues[1].top), 0);
}
