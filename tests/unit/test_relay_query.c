/* test_relay_query.c - a query asked, asked again, asked elsewhere, and how it ends
 * SPDX-License-Identifier: ISC
 */
#include "relay_scene.h"

#include "dns/dns_edns.h"
#include "prng.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static void
assert_one(uint32_t slot, enum handoff_outcome outcome)
{
    cr_assert_eq(answers_count, 1, "%u answers", answers_count);
    cr_assert_eq(answers[0].slot, slot);
    cr_assert_eq(answers[0].outcome, outcome);
    cr_assert_eq(relay.table.alive, 0);
}

/* A response to the query at hand that is none: a header that promises an answer section. */
static void
spoil(struct peer *peer)
{
    struct peer_query *query = &peer->asked[0];
    size_t size = peer_question_end(query);
    uint8_t reply[2 + 512] = {(uint8_t)(size >> 8), (uint8_t)size};
    memcpy(reply + 2, query->wire, size);
    reply[4] = DNS_QR >> 8;
    memset(reply + 8, 0, 6);
    reply[9] = 1;
    peer_write(peer, reply, 2 + size);
    peer->asked[0] = peer->asked[--peer->asked_count];
}

/* An error without the question. */
static void
err(struct peer *peer, uint8_t rcode)
{
    const struct peer_query *query = &peer->asked[0];
    uint8_t reply[2 + 12] = {0, 12, query->wire[0], query->wire[1], DNS_QR >> 8, rcode};
    peer_write(peer, reply, sizeof reply);
    peer->asked[0] = peer->asked[--peer->asked_count];
}

Test(relay_query, is_answered)
{
    relay_scene_begin(1, 1);
    relay_scene_ask(3);
    relay_scene_turn_for(2 * TURN_US);
    cr_assert_eq(relay_scene_asked(0), 1);
    peer_answer_all(scene_peer(0, 0));
    relay_scene_turn();
    assert_one(3, HANDOFF_ANSWERED);
    cr_assert_eq(answers[0].upstream, 0);
    cr_assert_gt(answers[0].size, DNS_HEADER_SIZE);
    cr_assert_eq(scene_count(STAT_UPSTREAM_RETRIES), 0);
}

Test(relay_query, a_response_of_no_use_is_asked_once_more_elsewhere)
{
    relay_scene_begin(2, 1);
    relay_scene_ask(3);
    relay_scene_turn_for(2 * TURN_US);
    spoil(scene_peer(0, 0));
    relay_scene_turn_for(3 * TURN_US);
    cr_assert_eq(relay_scene_asked(1), 1);
    cr_assert_eq(scene_count(STAT_UPSTREAM_BAD), 1);
    cr_assert_eq(scene_count(STAT_UPSTREAM_RETRIES), 1);
    cr_assert_eq(scene.pool.upstreams[0].ready, 1, "its connection goes on");
    peer_answer_all(scene_peer(1, 0));
    relay_scene_turn();
    assert_one(3, HANDOFF_ANSWERED);
}

Test(relay_query, one_that_was_spoilt_twice_fails_with_the_reason)
{
    relay_scene_begin(2, 1);
    relay_scene_ask(3);
    relay_scene_turn_for(2 * TURN_US);
    spoil(scene_peer(0, 0));
    relay_scene_turn_for(3 * TURN_US);
    spoil(scene_peer(1, 0));
    relay_scene_turn_for(3 * TURN_US);
    assert_one(3, HANDOFF_FAILED);
    cr_assert_eq(answers[0].ede, DNS_EDE_NETWORK_ERROR);
}

Test(relay_query, retries_have_a_budget)
{
    relay_scene_begin(1, 1);
    (void)leak_take(&relay.retries, RELAY_RETRY_BURST, scene.now_us / 1000);
    relay_scene_ask(3);
    relay_scene_turn_for(2 * TURN_US);
    spoil(scene_peer(0, 0));
    relay_scene_turn_for(2 * TURN_US);
    assert_one(3, HANDOFF_FAILED);
    cr_assert_eq(scene_count(STAT_RETRIES_REFUSED), 1);
}

Test(relay_query, an_error_without_the_question_is_kept_for_the_case_that_nobody_says_more)
{
    relay_scene_begin(2, 1);
    relay_scene_ask(3);
    relay_scene_turn_for(2 * TURN_US);
    err(scene_peer(0, 0), DNS_REFUSED);
    relay_scene_turn_for(3 * TURN_US);
    cr_assert_eq(relay_scene_asked(1), 1);
    cr_assert_eq(scene_count(STAT_UPSTREAM_ERRORS), 1);
    spoil(scene_peer(1, 0));
    relay_scene_turn_for(3 * TURN_US);
    assert_one(3, HANDOFF_ANSWERED);
    cr_assert(answers[0].size == DNS_HEADER_SIZE && answers[0].rcode == DNS_REFUSED);
}

Test(relay_query, a_lone_upstream_is_not_asked_again_for_an_error)
{
    relay_scene_begin(1, 1);
    relay_scene_ask(3);
    relay_scene_turn_for(2 * TURN_US);
    err(scene_peer(0, 0), DNS_SERVFAIL);
    relay_scene_turn_for(2 * TURN_US);
    assert_one(3, HANDOFF_ANSWERED);
    cr_assert_eq(answers[0].rcode, DNS_SERVFAIL);
    cr_assert_eq(scene_peer(0, 0)->asked_ever, 1);
}

Test(relay_query, an_answer_to_another_query_closes_the_connection_and_both_are_asked_elsewhere)
{
    relay_scene_begin(2, 1);
    relay_scene_ask(3);
    relay_scene_ask(4);
    relay_scene_turn_for(2 * TURN_US);
    struct peer *peer = scene_peer(0, 0);
    cr_assert_eq(peer->asked_count, 2);
    memcpy(peer->asked[0].wire, (uint8_t[]){peer->asked[1].wire[0], peer->asked[1].wire[1]}, 2);
    peer_answer(peer, 0, DNS_NOERROR);
    relay_scene_turn_for(3 * TURN_US);
    cr_assert_eq(scene_count(STAT_UPSTREAM_BAD), 1);
    cr_assert_eq(relay_scene_asked(1), 2);
    peer_answer_all(scene_peer(1, 0));
    relay_scene_turn();
    cr_assert_eq(answers_count, 2);
}

Test(relay_query, a_connection_that_is_lost_is_failed_over)
{
    relay_scene_begin(2, 1);
    scene.is_refusing[0] = true;
    relay_scene_ask(3);
    relay_scene_turn_for(2 * TURN_US);
    peer_close(scene_peer(0, 0), false);
    relay_scene_turn_for(4 * TURN_US);
    cr_assert_eq(relay_scene_asked(1), 1);
    cr_assert_eq(relay.table.queries[1].asks, 0, "nothing was heard: no attempt");
    cr_assert_eq(relay.table.queries[1].unheard, 1);
    peer_answer_all(scene_peer(1, 0));
    relay_scene_turn();
    assert_one(3, HANDOFF_ANSWERED);
}

Test(relay_query, a_late_one_is_hedged_and_the_first_response_counts)
{
    scene_begin(2, 1);
    scene.config.strategy = CONFIG_ORDERED;
    scene.config.hedge_percent = 100;
    relay_scene_start();
    relay_scene_turn_for(10 * TURN_US);
    scene.is_prompt = true;
    for (unsigned i = 10; i < 20; i++) { /* a share of traffic */
        relay_scene_ask(i);
        relay_scene_turn_for(3 * TURN_US);
    }
    scene.is_prompt = false;
    answers_count = 0;
    relay_scene_ask(3);
    relay_scene_turn_for(UPSTREAM_HEDGE_MIN_US + 10 * TURN_US);
    cr_assert_eq(scene_count(STAT_HEDGES), 1);
    cr_assert_eq(relay_scene_asked(0) + relay_scene_asked(1), 2);
    struct peer *second = scene_peer(0, 0)->asked_count > 0 ? scene_peer(1, 0) : NULL;
    cr_assert_not_null(second);
    cr_assert_eq(second->asked_count, 1);
    peer_answer_all(second);
    relay_scene_turn();
    assert_one(3, HANDOFF_ANSWERED);
    cr_assert_eq(scene_count(STAT_SECONDS_FIRST), 1);
    peer_answer_all(scene_peer(0, 0));
    relay_scene_turn_for(2 * TURN_US);
    cr_assert_eq(answers_count, 1, "the other one is late");
    cr_assert_eq(scene_count(STAT_UPSTREAM_STRAY), 0);
    cr_assert_eq(scene_count(STAT_UPSTREAM_BAD), 0, "and not taken for an answer to another");
}

Test(relay_query, hedges_are_a_share_of_the_traffic)
{
    scene_begin(2, 1);
    scene.config.strategy = CONFIG_ORDERED;
    scene.config.hedge_percent = 1;
    relay_scene_start();
    relay_scene_turn_for(10 * TURN_US);
    relay_scene_ask(3);
    relay_scene_turn_for(UPSTREAM_HEDGE_MIN_US + 10 * TURN_US);
    cr_assert_eq(scene_count(STAT_HEDGES), 0);
    cr_assert_eq(scene_count(STAT_HEDGES_REFUSED), 1);
}

Test(relay_query, a_refusal_waits_for_another_place_that_may_know_more)
{
    relay_scene_begin(2, 1);
    scene.pool.shared.is_hedging = true;
    relay.hedges = leak_make(1, 1, 0);
    relay_scene_ask(3);
    relay_scene_turn_for(UPSTREAM_HEDGE_MIN_US + 10 * TURN_US);
    cr_assert_eq(relay_scene_asked(0) + relay_scene_asked(1), 2);
    peer_answer(scene_peer(1, 0), 0, DNS_SERVFAIL);
    relay_scene_turn_for(2 * TURN_US);
    cr_assert_eq(answers_count, 0);
    peer_answer_all(scene_peer(0, 0));
    relay_scene_turn();
    assert_one(3, HANDOFF_ANSWERED);
    cr_assert_eq(answers[0].rcode, DNS_NOERROR);
    cr_assert_eq(scene.stats.upstreams[1].rcodes[stats_rcode(DNS_SERVFAIL)], 1);
    cr_assert_eq(scene.stats.upstreams[1].errors, 1);
    cr_assert_eq(scene.stats.upstreams[0].rcodes[stats_rcode(DNS_NOERROR)], 1);
    cr_assert_eq(scene.stats.upstreams[0].errors, 0);
}

Test(relay_query, a_silent_connection_has_its_queries_asked_elsewhere)
{
    relay_scene_begin(2, 1);
    scene_peer(0, 0)->is_deaf = true;
    relay_scene_ask(3);
    relay_scene_turn_for(UPSTREAM_SUSPECT_MIN_US + UPSTREAM_ANSWER_MIN_US + 10 * TURN_US);
    cr_assert_eq(scene_count(STAT_FAILOVERS), 1);
    cr_assert_eq(relay_scene_asked(1), 1);
    peer_answer_all(scene_peer(1, 0));
    relay_scene_turn();
    assert_one(3, HANDOFF_ANSWERED);
}

Test(relay_query, one_that_was_asked_eight_times_is_asked_no_more)
{
    relay_scene_begin(2, 1);
    scene_peer(0, 0)->is_deaf = true;
    relay_scene_ask(3);
    relay_scene_turn_for(2 * TURN_US);
    relay.table.queries[1].moves = RELAY_MOVES_MAX;
    relay_scene_turn_for(UPSTREAM_SUSPECT_MIN_US + UPSTREAM_ANSWER_MIN_US + 10 * TURN_US);
    cr_assert_eq(scene_count(STAT_FAILOVERS), 0);
    cr_assert_eq(relay_scene_asked(1), 0);
}

Test(relay_query, a_slow_name_is_asked_at_another_upstream_within_the_retries)
{
    relay_scene_begin(2, 1);
    relay_scene_ask(3);
    for (unsigned i = 0; i < 40; i++) { /* probes and others are answered, it is not */
        relay_scene_turn_for(5 * TURN_US);
        struct peer *peer = scene_peer(0, 0);
        while (peer->asked_count > 1)
            peer_answer(peer, 1, DNS_NOERROR);
    }
    cr_assert_eq(scene_count(STAT_FAILOVERS), 0);
    cr_assert_eq(scene_count(STAT_UPSTREAM_RETRIES), 1);
    cr_assert_geq(relay_scene_asked(1), 1);
}

Test(relay_query, after_two_ways_without_a_word_one_that_was_heard_is_waited_for)
{
    relay_scene_begin(1, 3);
    cr_assert(pool_open(&scene.pool, &scene.pool.upstreams[0]));
    relay_scene_turn_for(10 * TURN_US);
    scene.is_mute[0] = true;
    relay_scene_ask(3);
    for (unsigned i = 0; i < 2; i++) {
        relay_scene_turn_for(2 * TURN_US);
        peer_close(scene_peer(0, i), false);
    }
    relay_scene_turn_for(300000);
    const struct relay_query *q = &relay.table.queries[1];
    cr_assert_eq(q->unheard, 2);
    cr_assert_eq(q->asks, 0);
    cr_assert_eq(q->state, RELAY_PICKY, "one is being opened");
    cr_assert_eq(answers_count, 0);
    relay_scene_turn_for(4000000);
    assert_one(3, HANDOFF_FAILED);
}

Test(relay_query, a_response_larger_than_the_ring_could_hold_fails_its_query)
{
    relay_scene_begin(1, 1);
    relay_scene_ask(3);
    relay_scene_turn_for(2 * TURN_US);
    struct peer *peer = scene_peer(0, 0);
    static uint8_t reply[2 + 6000];
    size_t question = peer_question_end(&peer->asked[0]), data = 6000 - question - 11;
    memcpy(reply + 2, peer->asked[0].wire, question);
    reply[0] = 6000 >> 8;
    reply[1] = 6000 & 255;
    reply[4] = DNS_QR >> 8;
    memset(reply + 8, 0, 6);
    reply[9] = 1;
    uint8_t record[] = {0, 0, 16, 0, 1, 0, 0, 0, 9, (uint8_t)(data >> 8), (uint8_t)data};
    memcpy(reply + 2 + question, record, sizeof record);
    peer_write(peer, reply, sizeof reply);
    relay_scene_turn_for(3 * TURN_US);
    assert_one(3, HANDOFF_FAILED);
    cr_assert_eq(answers[0].ede, DNS_EDE_OTHER);
    cr_assert_eq(scene.pool.upstreams[0].ready, 1);
}

/* --- the table ------------------------------------------------------------------------------- */

#define COUNT 40

static struct relay_table table;

static void
begin(void)
{
    relay_query_table(&table, calloc(COUNT + 1, sizeof(struct relay_query)),
                      calloc(1, deadlines_bytes(COUNT + 1)), COUNT,
                      calloc(ROUTES_GROUPS_MAX, sizeof(uint32_t)));
}

static unsigned
length(const struct list *list)
{
    struct list_table links = LIST_TABLE(table.queries, links);
    unsigned count = 0;
    for (uint32_t at = list_first(list); at != LIST_NONE; at = list_next(list, links, at))
        count++;
    return count;
}

Test(relay_query, holds_so_many_and_no_more)
{
    begin();
    for (unsigned i = 0; i < COUNT; i++) {
        cr_assert_not(relay_query_is_full(&table));
        struct relay_query *q = relay_query_take(&table);
        cr_assert_eq(relay_query_number(&table, q), i + 1);
        relay_query_move(&table, q, RELAY_ASKED);
    }
    cr_assert(relay_query_is_full(&table));
    relay_query_give(&table, &table.queries[7]);
    cr_assert_not(relay_query_is_full(&table));
    cr_assert_null(relay_query_alive(&table, 7));
    cr_assert_not_null(relay_query_alive(&table, 8));
    cr_assert_eq(relay_query_take(&table), &table.queries[7]);
}

Test(relay_query, an_entry_that_is_given_back_is_wiped)
{
    begin();
    struct relay_query *q = relay_query_take(&table);
    memset(&q->handoff.question, 'x', sizeof q->handoff.question);
    q->asks = 2;
    q->ways_count = 1;
    relay_query_move(&table, q, RELAY_ASKED);
    relay_query_give(&table, q);
    for (unsigned i = 0; i < sizeof q->handoff.question; i++)
        cr_assert_eq(((const uint8_t *)&q->handoff.question)[i], 0);
    cr_assert_eq(relay_query_take(&table), q);
    cr_assert(q->asks == 0 && q->ways_count == 0 && q->upstream == CONFIG_UPSTREAMS_MAX);
}

Test(relay_query, the_first_that_waits_goes_first_within_its_rank)
{
    begin();
    struct relay_query *q[4];
    for (unsigned i = 0; i < 4; i++) {
        q[i] = relay_query_take(&table);
        q[i]->handoff.rank = (uint8_t)(i % 2);
        relay_query_move(&table, q[i], RELAY_WAITING);
    }
    cr_assert_eq(relay_query_first(&table, &table.waiting[ROUTES_REST][0]), q[0]);
    cr_assert_eq(relay_query_first(&table, &table.waiting[ROUTES_REST][1]), q[1]);
    relay_query_move(&table, q[0], RELAY_WAITING);
    cr_assert_eq(relay_query_first(&table, &table.waiting[ROUTES_REST][0]), q[2],
                 "moved behind it");
    cr_assert_eq(table.waiting_count, 4);
    cr_assert_null(relay_query_first(&table, &table.failed));
}

Test(relay_query, is_due_until_it_ends)
{
    begin();
    struct relay_query *early = relay_query_take(&table), *late = relay_query_take(&table);
    deadlines_set(&table.deadlines, relay_query_number(&table, late), 200);
    deadlines_set(&table.deadlines, relay_query_number(&table, early), 100);
    cr_assert_null(relay_query_due(&table, 99));
    cr_assert_eq(relay_query_due(&table, 100), early);
    relay_query_move(&table, early, RELAY_FAILED);
    cr_assert_null(relay_query_due(&table, 199), "it waits for room alone now");
    cr_assert_eq(relay_query_due(&table, 200), late);
}

Test(relay_query, is_in_the_list_of_its_state_and_in_no_other_whatever_comes)
{
    struct prng prng = prng_begin("relay_query");
    begin();
    for (unsigned round = 0; round < 20000; round++) {
        uint32_t number = 1 + prng_below(&prng, COUNT);
        struct relay_query *q = &table.queries[number];
        unsigned what = prng_below(&prng, 6);
        if (what == 0 && !relay_query_is_full(&table)) {
            q = relay_query_take(&table);
            q->handoff.rank = (uint8_t)prng_below(&prng, HANDOFF_RANKS);
            relay_query_move(&table, q, RELAY_WAITING);
        } else if (number <= table.used && relay_query_alive(&table, number) != NULL) {
            if (what == 1)
                relay_query_give(&table, q);
            else
                relay_query_move(&table, q, RELAY_WAITING + prng_below(&prng, 4));
        }
        unsigned states[RELAY_FAILED + 1] = {0}, waiting = 0;
        for (uint32_t at = 1; at <= table.used; at++)
            states[table.queries[at].state]++;
        for (unsigned rank = 0; rank < HANDOFF_RANKS; rank++)
            waiting += length(&table.waiting[ROUTES_REST][rank]);
        cr_assert_eq(waiting, states[RELAY_WAITING]);
        cr_assert_eq(table.waiting_count, states[RELAY_WAITING]);
        cr_assert_eq(length(&table.picky), states[RELAY_PICKY]);
        cr_assert_eq(length(&table.failed), states[RELAY_FAILED]);
        cr_assert_eq(length(&table.free), states[RELAY_FREE]);
        cr_assert_eq(table.alive, table.used - states[RELAY_FREE]);
    }
}
