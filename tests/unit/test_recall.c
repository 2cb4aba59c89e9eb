/* test_recall.c - fresh, stale and refreshed answers, and the signs that upstreams fail
 * SPDX-License-Identifier: ISC
 */
#include "front_scene.h"

#include "dns/dns_traits.h"

static uint8_t message[4096];
static struct dns_answer answer;

/* A query waits for this name. @return its question */
static struct inflight_question *
wait_for(const char *name)
{
    enum why why;
    struct inflight_question *question;
    struct verdict verdict;
    struct query *draft = scene_draft("127.0.0.2", QUERY_UDP, name, DNS_TYPE_A);
    cr_assert(recall_pass(&front.recall, draft, &scene_now, &verdict));
    cr_assert_null(waiting_keep(&front.waiting, draft, &why));
    if (waiting_join(&front.waiting, draft, &scene_now, &question) == INFLIGHT_STARTED)
        recall_watch(&front.recall, question, draft, &scene_now);
    return question;
}

static void
end_question(struct inflight_question *question)
{
    struct query *query;
    while ((query = waiting_pop(&front.waiting, question)) != NULL)
        waiting_give(&front.waiting, query);
    waiting_end(&front.waiting, question);
}

/* It is asked, and answered by an upstream. */
static void
learn(const char *name, unsigned rcode, uint16_t count, uint32_t ttl)
{
    struct inflight_question *question = wait_for(name);
    (void)scene_answer(&question->question, rcode, count, ttl, message, &answer);
    recall_note_word(&front.recall, question, &answer, &scene_now);
    recall_keep(&front.recall, question, message, &answer, false, &scene_now);
    end_question(question);
}

static struct verdict
ask(const char *name)
{
    struct verdict verdict = {.why = WHY_COUNT};
    struct query *draft = scene_draft("127.0.0.2", QUERY_UDP, name, DNS_TYPE_A);
    bool passed = recall_pass(&front.recall, draft, &scene_now, &verdict);
    cr_assert(!passed || verdict.why == WHY_COUNT);
    return verdict;
}

static uint32_t
ttl_of(const struct verdict *verdict)
{
    struct dns_answer seen;
    struct dns_question question = question_of("a.example", DNS_TYPE_A);
    cr_assert_eq(dns_answer_parse(verdict->message, verdict->answer->end, &question, &seen),
                 DNS_ANSWER_OK);
    return seen.ttl_min;
}

Test(recall, what_is_kept_is_answered_until_its_time_and_aged, .init = scene_setup)
{
    cr_expect_eq(ask("a.example").why, WHY_COUNT);
    learn("a.example", DNS_NOERROR, 2, 100);
    struct verdict verdict = ask("a.example");
    cr_assert_eq(verdict.why, WHY_CACHE_HIT);
    cr_expect_eq(verdict.end, VERDICT_ANSWER);
    cr_expect_eq(ttl_of(&verdict), 100);
    scene_pass(60000);
    verdict = ask("a.example");
    cr_expect_eq(ttl_of(&verdict), 40);
    scene_pass(41000);
    cr_expect_eq(ask("a.example").why, WHY_COUNT);
    cr_expect(inflight_draft(&front.waiting.queries)->has_stale);
}

Test(recall, a_failure_is_kept_for_a_while_and_says_so, .init = scene_setup)
{
    learn("a.example", DNS_SERVFAIL, 0, 0);
    struct verdict verdict = ask("a.example");
    cr_assert_eq(verdict.why, WHY_CACHE_HIT);
    cr_expect_eq(verdict.answer->ede, DNS_EDE_CACHED_ERROR);
    scene_pass(6000);
    cr_expect_eq(ask("a.example").why, WHY_COUNT);
    cr_expect_not(inflight_draft(&front.waiting.queries)->has_stale);
}

Test(recall, a_failure_does_not_take_the_place_of_an_answer, .init = scene_setup)
{
    learn("a.example", DNS_NOERROR, 1, 10);
    scene_pass(11000);
    learn("a.example", DNS_SERVFAIL, 0, 0);
    cr_expect_eq(ask("a.example").why, WHY_COUNT);
    cr_expect(inflight_draft(&front.waiting.queries)->has_stale);
}

Test(recall, a_popular_answer_is_asked_for_ahead_of_its_end, .init = scene_setup)
{
    learn("a.example", DNS_NOERROR, 1, 100);
    for (int i = 0; i < 60; i++)
        cr_assert_eq(ask("a.example").why, WHY_CACHE_HIT);
    cr_expect_eq(scene_stat(STAT_CACHE_PREFETCHED), 0);
    scene_pass(91000);
    cr_assert_eq(ask("a.example").why, WHY_CACHE_HIT);
    cr_expect_eq(scene_stat(STAT_CACHE_PREFETCHED), 1);
    cr_assert_eq(ask("a.example").why, WHY_CACHE_HIT);
    cr_expect_eq(scene_stat(STAT_CACHE_PREFETCHED), 1, "it is under way");
    cr_expect_eq(front.waiting.inflight.alive, 1);
    cr_expect_eq(front.waiting.queries.alive, 0);
}

Test(recall, asking_ahead_costs_upstreams_no_more_than_its_share, .init = scene_setup)
{
    char name[32];
    for (unsigned i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "n%u.example", i);
        learn(name, DNS_NOERROR, 1, 100);
    }
    scene_pass(91000);
    for (unsigned i = 0; i < 100 * RECALL_PREFETCH_HITS; i++) {
        snprintf(name, sizeof name, "n%u.example", i / RECALL_PREFETCH_HITS);
        cr_assert_eq(ask(name).why, WHY_CACHE_HIT);
    }
    uint64_t earned = 100 * RECALL_PREFETCH_HITS * RECALL_PREFETCH_MILLI / 1000;
    cr_expect_geq(scene_stat(STAT_CACHE_PREFETCHED), RECALL_PREFETCH_BURST);
    cr_expect_leq(scene_stat(STAT_CACHE_PREFETCHED), RECALL_PREFETCH_BURST + earned);
}

/* Answers come from memory only: an upstream is asked, and does not answer. */
static struct inflight_question *
stale(const char *name)
{
    learn(name, DNS_NOERROR, 1, 10);
    scene_pass(11000);
    return wait_for(name);
}

Test(recall, a_stale_answer_stands_in_when_a_client_has_waited, .init = scene_setup)
{
    struct verdict verdict;
    struct inflight_question *question = stale("a.example");
    cr_expect_null(recall_next_due(&front.recall, &scene_now, &verdict));
    uint64_t due_us = recall_deadline_us(&front.recall);
    cr_assert_eq(due_us, scene_now.now_us + 500000, "half of its patience");
    scene_pass(500);
    cr_expect_null(recall_next_due(&front.recall, &scene_now, &verdict));
    cr_expect_eq(scene_stat(STAT_PROBES), 1, "nothing was heard");
    scene_pass(500);
    cr_assert_eq(recall_next_due(&front.recall, &scene_now, &verdict), question);
    cr_expect_eq(verdict.why, WHY_CACHE_STALE);
    cr_expect_eq(verdict.answer->ede, DNS_EDE_STALE_ANSWER);
    cr_expect_eq(ttl_of(&verdict), RECALL_STALE_TTL_S);
    cr_expect(question->is_stood_in);
    cr_expect_null(recall_next_due(&front.recall, &scene_now, &verdict));
    cr_expect_eq(recall_deadline_us(&front.recall), UINT64_MAX);
    cr_expect_eq(ask("a.example").why, WHY_CACHE_STALE, "nobody waits for it again");
}

Test(recall, where_upstreams_fail_every_stale_name_is_answered_at_once, .init = scene_setup)
{
    struct verdict verdict;
    learn("b.example", DNS_NOERROR, 1, 10);
    struct inflight_question *question = stale("a.example");
    (void)question;
    scene_pass(500);
    (void)recall_next_due(&front.recall, &scene_now, &verdict);
    scene_pass(500);
    cr_assert_not_null(recall_next_due(&front.recall, &scene_now, &verdict));
    struct verdict other = ask("b.example");
    cr_expect_eq(other.why, WHY_CACHE_STALE, "the query of our own was not answered either");
    cr_expect_eq(other.price, LIMITER_PRICE_MISS, "it is asked with nobody waiting");
    other = ask("b.example");
    cr_expect_eq(other.price, 0, "once");
}

Test(recall, one_late_name_is_no_sign_that_upstreams_fail, .init = scene_setup)
{
    struct verdict verdict;
    learn("b.example", DNS_NOERROR, 1, 10);
    cr_assert_not_null(stale("a.example"));
    scene_pass(500);
    (void)recall_next_due(&front.recall, &scene_now, &verdict);
    learn("c.example", DNS_NOERROR, 1, 10); /* a word of an upstream */
    scene_pass(500);
    cr_assert_not_null(recall_next_due(&front.recall, &scene_now, &verdict));
    cr_expect_eq(ask("b.example").why, WHY_COUNT);
}

Test(recall, what_the_worker_says_is_a_sign_until_an_upstream_answers, .init = scene_setup)
{
    learn("a.example", DNS_NOERROR, 1, 10);
    scene_pass(11000);
    struct inflight_question *failed = wait_for("other.example");
    recall_note_down(&front.recall, failed, &scene_now);
    end_question(failed);
    cr_expect_eq(ask("a.example").why, WHY_CACHE_STALE);
    learn("b.example", DNS_SERVFAIL, 0, 0);
    cr_expect_eq(ask("a.example").why, WHY_CACHE_STALE, "that it fails is no answer");
    learn("c.example", DNS_NOERROR, 1, 10);
    cr_expect_eq(ask("a.example").why, WHY_COUNT);
}

Test(recall, nothing_stands_in_for_whom_nobody_waits_or_what_has_no_answer, .init = scene_setup)
{
    struct verdict verdict;
    struct inflight_question *question = wait_for("a.example");
    cr_expect_not(recall_stand_in(&front.recall, question, &scene_now, &verdict));
    question = stale("b.example");
    struct query *query = waiting_pop(&front.waiting, question);
    cr_expect_not(recall_stand_in(&front.recall, question, &scene_now, &verdict));
    waiting_give(&front.waiting, query);
    question = wait_for("c.example");
    (void)scene_answer(&question->question, DNS_SERVFAIL, 0, 0, message, &answer);
    recall_keep(&front.recall, question, message, &answer, false, &scene_now);
    cr_expect_not(recall_stand_in(&front.recall, question, &scene_now, &verdict), "a failure");
}

Test(recall, records_of_strangers_and_what_is_too_large_are_not_kept, .init = scene_setup)
{
    struct inflight_question *question = wait_for("a.example");
    struct dns_question other = question_of("b.example", DNS_TYPE_A);
    struct bytes_writer w = bytes_writer(message, sizeof message);
    build_header(&w, 0, DNS_QR | DNS_RA, 1, 1, 0, 0);
    build_question(&w, &question->question);
    bytes_put_copy(&w, other.name.wire, other.name.size);
    build_record(&w, DNS_TYPE_A, 60, 4);
    bytes_put_u32(&w, 1);
    cr_assert_eq(dns_answer_parse(message, w.pos, &question->question, &answer), DNS_ANSWER_OK);
    recall_keep(&front.recall, question, message, &answer, false, &scene_now);
    cr_expect_eq(scene_stat(STAT_CACHE_STRANGE), 1);
    (void)scene_answer(&question->question, DNS_NOERROR, 1, 60, message, &answer);
    answer.end = UINT16_MAX;
    recall_keep(&front.recall, question, message, &answer, false, &scene_now);
    cr_expect_eq(scene_stat(STAT_CACHE_TOO_LARGE), 1);
    (void)scene_answer(&question->question, DNS_NOERROR, 1, 0, message, &answer);
    recall_keep(&front.recall, question, message, &answer, false, &scene_now);
    end_question(question);
    cr_expect_eq(ask("a.example").why, WHY_COUNT, "none of them, nor a TTL of 0");
}

static void
refusing(void)
{
    scene_config();
    config.local_refuse_private = 1;
    scene_open();
}

Test(recall, that_an_answer_is_refused_is_kept_and_asked_again_when_policy_changes,
     .init = refusing)
{
    struct inflight_question *question = wait_for("a.example");
    (void)scene_answer(&question->question, DNS_NOERROR, 1, 0, message, &answer);
    answer.traits |= DNS_TRAIT_PRIVATE; /* as if its address were */
    recall_keep(&front.recall, question, message, &answer, true, &scene_now);
    end_question(question);
    cr_expect_eq(ask("a.example").why, WHY_PRIVATE);
    struct config other = config;
    other.local_refuse_private = 0;
    local_change(&front.local, &other);
    cr_expect_eq(ask("a.example").why, WHY_COUNT, "its TTL was 0");
}

static void
without_cache(void)
{
    scene_config();
    config.cache_bytes = 0;
    scene_open();
}

Test(recall, without_a_cache_everything_goes_on, .init = without_cache)
{
    struct verdict verdict;
    learn("a.example", DNS_NOERROR, 1, 100);
    cr_expect_eq(ask("a.example").why, WHY_COUNT);
    struct inflight_question *question = wait_for("a.example");
    cr_expect_not(recall_stand_in(&front.recall, question, &scene_now, &verdict));
    cr_expect_eq(recall_deadline_us(&front.recall), UINT64_MAX);
}

/* Twice as many questions can be under way as queries wait, and each can have a stale answer. */
Test(recall, there_is_a_place_for_every_question_that_can_be_under_way, .init = scene_setup)
{
    char name[32];
    for (unsigned i = 0; i < config.queries * WAITING_QUESTIONS; i++) {
        snprintf(name, sizeof name, "n%u.example", i);
        learn(name, DNS_NOERROR, 1, 10);
    }
    scene_pass(11000);
    for (unsigned i = 0; i < config.queries * WAITING_QUESTIONS; i++) {
        snprintf(name, sizeof name, "n%u.example", i);
        struct inflight_question *question = wait_for(name);
        cr_assert_lt(inflight_slot(&front.waiting.inflight, question), front.recall.dues.capacity);
        struct query *query = waiting_pop(&front.waiting, question); /* it is asked on */
        waiting_give(&front.waiting, query);
    }
    cr_expect_eq(front.waiting.inflight.alive, config.queries * WAITING_QUESTIONS);
}

/* The upstream may have answered before the operator asked. */
Test(recall, what_was_asked_before_a_flush_is_answered_and_not_kept, .init = scene_setup)
{
    struct dns_name name;
    struct inflight_question *before = wait_for("a.example"), *other = wait_for("b.example");
    cr_assert_eq(dns_name_parse("a.example", &name), STATUS_OK);
    flush_begin(&front.recall.flush, &front.waiting.inflight, &name, false, 1);
    cr_assert(flush_step(&front.recall.flush, front.recall.cache));
    struct inflight_question *after = wait_for("a.example");
    cr_assert_neq(after, before, "who asks now gets no response of before");
    (void)scene_answer(&before->question, DNS_NOERROR, 1, 100, message, &answer);
    recall_keep(&front.recall, before, message, &answer, false, &scene_now);
    end_question(before);
    cr_expect_eq(ask("a.example").why, WHY_COUNT);
    (void)scene_answer(&other->question, DNS_NOERROR, 1, 100, message, &answer);
    recall_keep(&front.recall, other, message, &answer, false, &scene_now);
    end_question(other);
    cr_expect_eq(ask("b.example").why, WHY_CACHE_HIT);
    (void)scene_answer(&after->question, DNS_NOERROR, 1, 100, message, &answer);
    recall_keep(&front.recall, after, message, &answer, false, &scene_now);
    end_question(after);
    cr_expect_eq(ask("a.example").why, WHY_CACHE_HIT);
}

/* From the next worker on, corp.example is asked of the first upstream. */
static void
plan_route(struct config *other)
{
    *other = config;
    other->routes_count = 1;
    other->routes[0].names_count = other->routes[0].upstreams_count = 1;
    strcpy(other->routes[0].names[0], "corp.example");
    strcpy(other->routes[0].upstreams[0], other->upstreams[0].name);
    other->upstreams_count = 2;
    strcpy(other->upstreams[1].name, "another");
    local_change(&front.local, other);
    waiting_change(&front.waiting, other);
}

Test(recall, that_upstreams_fail_says_nothing_of_those_of_a_route, .init = scene_setup)
{
    struct config other;
    plan_route(&other);
    cr_assert(routing_turn(&front.local.routing, scene_now.now_s));
    scene_pass(2000);
    learn("a.corp.example", DNS_NOERROR, 1, 10);
    learn("b.example", DNS_NOERROR, 1, 10);
    scene_pass(11000);
    struct inflight_question *failed = wait_for("other.example");
    recall_note_down(&front.recall, failed, &scene_now);
    end_question(failed);
    cr_expect_eq(ask("b.example").why, WHY_CACHE_STALE);
    cr_expect_eq(ask("a.corp.example").why, WHY_COUNT, "it is asked");
}

Test(recall, what_was_kept_before_its_name_came_to_a_route_is_not_given, .init = scene_setup)
{
    learn("a.corp.example", DNS_NOERROR, 1, 100);
    learn("b.example", DNS_NOERROR, 1, 100);
    struct inflight_question *question = wait_for("c.corp.example");
    struct config other;
    plan_route(&other);
    cr_expect_eq(ask("a.corp.example").why, WHY_CACHE_HIT, "the worker is the old one still");
    cr_expect(routing_turn(&front.local.routing, scene_now.now_s));
    cr_expect_eq(ask("a.corp.example").why, WHY_COUNT);
    cr_expect_eq(ask("b.example").why, WHY_CACHE_HIT);
    (void)scene_answer(&question->question, DNS_NOERROR, 1, 100, message, &answer);
    recall_keep(&front.recall, question, message, &answer, false, &scene_now);
    end_question(question);
    cr_expect_eq(ask("c.corp.example").why, WHY_COUNT, "it was asked of the old one");
}
