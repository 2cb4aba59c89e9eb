/* test_inflight.c - questions under way and who waits for them
 * SPDX-License-Identifier: ISC
 */
#include "lane/inflight.h"
#include "lane/query.h"

#include "prng.h"

#include <criterion/criterion.h>

#define COUNT   64
#define SLOTS   8
#define LIFE_MS 4000
#define RING    7

static struct query_table queries, slots; /* one of each size */
static struct inflight table;

static void
setup(void)
{
    struct hash_key key = {.k0 = 1, .k1 = 2};
    inflight_queries_init(&queries, calloc(1, inflight_queries_bytes(COUNT)), COUNT);
    inflight_queries_init(&slots, calloc(1, inflight_queries_bytes(SLOTS)), SLOTS);
    inflight_init(&table, calloc(1, inflight_bytes(COUNT)), COUNT, key);
}

static void
teardown(void)
{
    free(queries.slots);
    free(slots.slots);
    free(table.slots);
}

TestSuite(inflight, .init = setup, .fini = teardown);

static struct query *
ask(const char *name, uint16_t type, uint16_t flags, bool dnssec_ok)
{
    struct query *query = inflight_draft(&queries);
    query->dns = (struct dns_query){.flags = flags};
    query->dns.question.type = type;
    query->dns.question.class = DNS_CLASS_IN;
    query->dns.edns.present = query->dns.edns.dnssec_ok = dnssec_ok;
    cr_assert_eq(dns_name_parse(name, &query->dns.question.name), STATUS_OK);
    query->dns.spelling = dns_name_fold(&query->dns.question.name);
    query->hash = inflight_hash(&table.key, &query->dns);
    cr_assert_eq(inflight_keep(&queries, query), STATUS_OK);
    return query;
}

static struct inflight_question *joined; /* by the last join() */

static enum inflight_result
join(struct query *query, uint64_t now_ms)
{
    enum inflight_result result = inflight_join(&table, &queries, query, now_ms, LIFE_MS, &joined);
    cr_assert_eq(joined == NULL, result == INFLIGHT_TOO_MANY);
    return result;
}

static struct inflight_question *
start(const char *name, uint64_t now_ms)
{
    cr_assert_eq(join(ask(name, DNS_TYPE_A, DNS_RD, false), now_ms), INFLIGHT_STARTED);
    return joined;
}

static struct inflight_question *
oldest_queued(void)
{
    struct inflight_question *question = inflight_oldest(&table);
    while (question != NULL && question->state != INFLIGHT_QUEUED)
        question = inflight_younger(&table, question);
    return question;
}

static void
lose_the_ring(void)
{
    for (struct inflight_question *q = inflight_oldest(&table); q != NULL;
         q = inflight_younger(&table, q)) {
        bool again = q->state == INFLIGHT_ASKED && q->asked < INFLIGHT_ASKED_MAX;
        cr_assert_eq(inflight_ask_again(&table, q, true), again);
    }
}

/* What deliver.c does: everybody is answered, the question ends. */
static unsigned
finish(struct inflight_question *question)
{
    unsigned answered = 0;
    struct query *query;
    while ((query = inflight_pop_waiting(&table, &queries, question)) != NULL) {
        inflight_give(&queries, query);
        answered++;
    }
    inflight_end(&table, question);
    return answered;
}

Test(inflight, joins_the_same_question_whatever_its_case)
{
    struct query *first = ask("www.Example.com", DNS_TYPE_A, DNS_RD, false);
    struct query *second = ask("WWW.example.COM", DNS_TYPE_A, DNS_RD, false);
    cr_assert_eq(join(first, 0), INFLIGHT_STARTED);
    cr_assert_eq(join(second, 1), INFLIGHT_JOINED);
    struct inflight_question *question = inflight_oldest(&table);
    cr_assert_eq(question->waiting_count, 2);
    cr_assert_eq(question->question.name.wire[5], 'e');
    cr_assert_eq(inflight_pop_waiting(&table, &queries, question), first);
    cr_assert_eq(inflight_pop_waiting(&table, &queries, question), second);
    cr_assert_null(inflight_pop_waiting(&table, &queries, question));
}

Test(inflight, keeps_apart_what_is_asked_differently)
{
    cr_assert_eq(join(ask("a.test", DNS_TYPE_A, DNS_RD, false), 0), INFLIGHT_STARTED);
    cr_assert_eq(join(ask("b.test", DNS_TYPE_A, DNS_RD, false), 0), INFLIGHT_STARTED);
    cr_assert_eq(join(ask("a.test", DNS_TYPE_AAAA, DNS_RD, false), 0), INFLIGHT_STARTED);
    cr_assert_eq(join(ask("a.test", DNS_TYPE_A, 0, false), 0), INFLIGHT_STARTED);
    cr_assert_eq(join(ask("a.test", DNS_TYPE_A, DNS_RD | DNS_AD, false), 0), INFLIGHT_JOINED);
    cr_assert_eq(join(ask("a.test", DNS_TYPE_A, DNS_RD | DNS_CD, false), 0), INFLIGHT_STARTED);
    cr_assert_eq(join(ask("a.test", DNS_TYPE_A, DNS_RD, true), 0), INFLIGHT_STARTED);
    struct query *chaos = ask("a.test", DNS_TYPE_A, DNS_RD, false);
    chaos->dns.question.class = DNS_CLASS_CHAOS;
    cr_assert_eq(join(chaos, 0), INFLIGHT_STARTED);
    cr_assert_eq(table.alive, 7);
}

Test(inflight, keeps_apart_what_has_the_same_hash)
{
    struct query *asked[] = {
        ask("a.test", DNS_TYPE_A, DNS_RD, false),    ask("b.test", DNS_TYPE_A, DNS_RD, false),
        ask("a.test", DNS_TYPE_AAAA, DNS_RD, false), ask("a.test", DNS_TYPE_A, 0, false),
        ask("a.test", DNS_TYPE_A, DNS_RD, true),     ask("aa.test", DNS_TYPE_A, DNS_RD, false),
    };
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
        asked[i]->hash = asked[0]->hash;
        cr_expect_eq(join(asked[i], 0), INFLIGHT_STARTED, "%zu", i);
    }
}

Test(inflight, leaves_everybody_half_a_life)
{
    start("a.test", 1000);
    cr_assert_eq(join(ask("a.test", DNS_TYPE_A, DNS_RD, false), 1000 + LIFE_MS / 2),
                 INFLIGHT_JOINED);
    cr_assert_eq(join(ask("a.test", DNS_TYPE_A, DNS_RD, false), 1001 + LIFE_MS / 2),
                 INFLIGHT_STARTED);
    cr_assert_eq(join(ask("a.test", DNS_TYPE_A, DNS_RD, false), 1002 + LIFE_MS / 2),
                 INFLIGHT_JOINED, "the new question has taken the old one's place");
    cr_assert_eq(finish(inflight_oldest(&table)), 2);
    cr_assert_eq(finish(inflight_oldest(&table)), 2);
}

Test(inflight, bounds_how_many_wait_for_one_question)
{
    struct query_table many;
    inflight_queries_init(&many, calloc(1, inflight_queries_bytes(2000)), 2000);
    for (int i = 0; i < 1000; i++) {
        struct query *query = inflight_draft(&many);
        cr_assert_eq(dns_name_parse("a.test", &query->dns.question.name), STATUS_OK);
        cr_assert_eq(inflight_keep(&many, query), STATUS_OK);
        cr_assert_neq(inflight_join(&table, &many, query, 0, LIFE_MS, &joined), INFLIGHT_TOO_MANY);
    }
    cr_assert_eq(table.alive, 4);
    cr_assert_eq(inflight_oldest(&table)->waiting_count, INFLIGHT_WAITING_MAX);
    free(many.slots);
}

Test(inflight, is_found_by_its_name_only_while_asked)
{
    struct inflight_question *question = start("a.test", 0);
    uint32_t slot = inflight_slot(&table, question), generation = question->generation;
    cr_assert_null(inflight_find(&table, slot, generation), "not asked yet");
    inflight_asked(&table, question, RING);
    cr_assert_eq(inflight_find(&table, slot, generation), question);
    cr_assert_null(inflight_find(&table, slot, generation + 2));
    cr_assert_null(inflight_find(&table, slot, generation + 1));
    cr_assert_null(inflight_find(&table, 0, generation));
    cr_assert_null(inflight_find(&table, slot + 1, generation));
    cr_assert_null(inflight_find(&table, UINT32_MAX, generation));
    finish(question);
    cr_assert_null(inflight_find(&table, slot, generation), "stale");
    start("b.test", 0);
    inflight_asked(&table, question, RING);
    cr_assert_null(inflight_find(&table, slot, generation), "another question in the same slot");
}

Test(inflight, is_queued_in_order_and_again_when_the_ring_is_lost)
{
    struct inflight_question *a = start("a.test", 0), *b = start("b.test", 1);
    cr_assert_eq(oldest_queued(), a);
    inflight_asked(&table, a, RING);
    cr_assert_eq(oldest_queued(), b);
    cr_assert_eq(table.queued, 1);
    lose_the_ring();
    cr_assert_eq(table.queued, 2);
    cr_assert_eq(oldest_queued(), a, "the oldest first");
}

Test(inflight, is_not_asked_for_ever_when_workers_die_of_it)
{
    struct inflight_question *question = start("a.test", 0);
    for (int i = 0; i < INFLIGHT_ASKED_MAX; i++) {
        cr_assert_eq(oldest_queued(), question);
        inflight_asked(&table, question, RING);
        lose_the_ring();
    }
    cr_assert_null(oldest_queued());
    cr_assert_eq(inflight_oldest(&table), question, "its deadline still ends it");
}

Test(inflight, is_asked_as_often_as_workers_end_in_order)
{
    struct inflight_question *question = start("a.test", 0);
    for (uint32_t ring = 1; ring <= 100; ring++) {
        cr_assert_not(inflight_is_in_ring(question, ring));
        inflight_asked(&table, question, ring);
        cr_assert(inflight_is_in_ring(question, ring));
        cr_assert_not(inflight_is_in_ring(question, ring + 1));
        cr_assert(inflight_ask_again(&table, question, false));
        cr_assert_not(inflight_ask_again(&table, question, false), "not asked");
    }
    for (int i = 0; i < INFLIGHT_ASKED_MAX; i++) {
        inflight_asked(&table, question, RING);
        cr_assert_eq(inflight_ask_again(&table, question, true), i + 1 < INFLIGHT_ASKED_MAX,
                     "only deaths count");
    }
}

Test(inflight, the_first_due_need_not_be_the_oldest)
{
    struct inflight_question *patient = start("a.test", 0), *hasty;
    cr_assert_eq(
        inflight_join(&table, &queries, ask("b.test", DNS_TYPE_A, DNS_RD, false), 10, 100, &hasty),
        INFLIGHT_STARTED, "a reload has shortened the time");
    cr_assert_eq(inflight_oldest(&table), patient);
    cr_assert_eq(inflight_first_due(&table), hasty);
    finish(hasty);
    cr_assert_eq(inflight_first_due(&table), patient);
    finish(patient);
    cr_assert_null(inflight_first_due(&table));
}

Test(inflight, ends_once_and_wipes_the_name)
{
    struct inflight_question *question = start("secret.test", 0);
    finish(question);
    inflight_end(&table, question);
    cr_assert_eq(table.alive, 0);
    cr_assert_eq(question->question.name.wire[1], 0);
    cr_assert_null(inflight_oldest(&table));
    cr_assert_null(oldest_queued());
}

Test(inflight, refuses_more_questions_than_it_has_room_for)
{
    struct query_table many;
    inflight_queries_init(&many, calloc(1, inflight_queries_bytes(2 * COUNT)), 2 * COUNT);
    for (int i = 0; i < COUNT + 3; i++) {
        struct query *query = inflight_draft(&many);
        char name[16];
        snprintf(name, sizeof name, "n%d.test", i);
        cr_assert_eq(dns_name_parse(name, &query->dns.question.name), STATUS_OK);
        cr_assert_eq(inflight_keep(&many, query), STATUS_OK);
        cr_assert_eq(inflight_join(&table, &many, query, 0, LIFE_MS, &joined),
                     i < COUNT ? INFLIGHT_STARTED : INFLIGHT_TOO_MANY);
    }
    cr_assert_eq(table.alive, COUNT);
    free(many.slots);
}

/* Against a plain list: who waits, in which order things are due, that nothing is lost. */
Test(inflight, agrees_with_a_plain_model)
{
    struct prng prng = prng_begin("inflight");
    uint64_t now_ms = 0;
    unsigned waiting = 0;
    for (int step = 0; step < 50000; step++) {
        unsigned what = prng_below(&prng, 8);
        now_ms += prng_below(&prng, 100);
        struct inflight_question *due = inflight_first_due(&table);
        struct inflight_question *queued = oldest_queued();
        if (what < 4 && queries.alive < COUNT) {
            char name[16];
            snprintf(name, sizeof name, "n%u.test", prng_below(&prng, 20));
            cr_assert_neq(inflight_join(&table, &queries, ask(name, DNS_TYPE_A, 0, false), now_ms,
                                        1 + prng_below(&prng, LIFE_MS), &joined),
                          INFLIGHT_TOO_MANY);
            waiting++;
        } else if (what == 4 && queued != NULL) {
            inflight_asked(&table, queued, RING);
        } else if (what == 5 && due != NULL && due->deadline_ms <= now_ms) {
            waiting -= finish(due);
        } else if (what == 6) {
            lose_the_ring();
        } else {
            uint32_t slot = 1 + prng_below(&prng, COUNT);
            struct inflight_question *any =
                inflight_find(&table, slot, table.slots[slot].generation);
            if (any != NULL)
                waiting -= finish(any);
        }
        cr_assert_eq(queries.alive, waiting);
        cr_assert_leq(table.alive, waiting);
        cr_assert_eq(table.alive == 0, waiting == 0, "no question without a query");
        uint64_t least = UINT64_MAX;
        unsigned sum = 0;
        unsigned queued_count = 0;
        for (struct inflight_question *q = inflight_oldest(&table); q != NULL;
             q = inflight_younger(&table, q)) {
            least = q->deadline_ms < least ? q->deadline_ms : least;
            sum += q->waiting_count;
            queued_count += q->state == INFLIGHT_QUEUED;
            cr_assert_eq(inflight_at(&table, inflight_slot(&table, q)), q);
        }
        cr_assert_eq(queued_count, table.queued);
        cr_assert_eq(sum, waiting);
        due = inflight_first_due(&table);
        cr_assert_eq(due != NULL ? due->deadline_ms : UINT64_MAX, least);
    }
}

/* --- slots of waiting queries */

static struct query *
keep(void)
{
    struct query *draft = inflight_draft(&slots);
    draft->dns.question.name.size = 5;
    memcpy(draft->dns.question.name.wire, "\3abc", 5);
    draft->client.addr.family = ADDR_IPV4;
    return inflight_keep(&slots, draft) == STATUS_OK ? draft : NULL;
}

Test(inflight, keeps_as_many_as_it_was_made_for)
{
    for (int i = 0; i < SLOTS; i++)
        cr_assert_not_null(keep());
    cr_assert_null(keep());
    cr_assert_eq(slots.alive, SLOTS);
}

Test(inflight, has_a_draft_even_when_full)
{
    struct query *kept[SLOTS];
    for (int i = 0; i < SLOTS; i++)
        kept[i] = keep();
    struct query *draft = inflight_draft(&slots);
    cr_assert_eq(draft, inflight_draft(&slots));
    for (int i = 0; i < SLOTS; i++)
        cr_assert_neq(draft, kept[i]);
    cr_assert_lt(inflight_query_index(&slots, draft), SLOTS + 2);
}

Test(inflight, hands_out_the_slot_freed_last)
{
    struct query *a = keep(), *b = keep(), *c = keep();
    inflight_give(&slots, a);
    inflight_give(&slots, b);
    inflight_give(&slots, c);
    cr_assert_eq(keep(), c);
    cr_assert_eq(keep(), b);
    cr_assert_eq(keep(), a);
    cr_assert_eq(slots.touched, 3, "no fresh memory is touched while old is free");
}

Test(inflight, keeps_its_draft_while_others_are_given_back)
{
    struct query *kept[SLOTS];
    for (int i = 0; i < SLOTS; i++)
        kept[i] = keep();
    struct query *draft = inflight_draft(&slots);
    inflight_give(&slots, kept[0]);
    inflight_give(&slots, kept[1]);
    cr_assert_eq(inflight_draft(&slots), draft);
    cr_assert_eq(keep(), draft);
    cr_assert_eq(keep(), kept[1], "nothing was lost");
    cr_assert_eq(slots.alive, SLOTS);
    cr_assert_eq(inflight_draft(&slots), kept[0]);
}

Test(inflight, gives_a_slot_back_once)
{
    struct query *a = keep();
    inflight_give(&slots, a);
    inflight_give(&slots, a);
    cr_assert_eq(slots.alive, 0);
    cr_assert_neq(keep(), keep());
}

Test(inflight, wipes_what_the_client_sent)
{
    struct query *a = keep();
    a->dns.edns.cookie_size = 8;
    memset(a->dns.edns.cookie, 7, 8);
    inflight_give(&slots, a);
    cr_assert_eq(a->dns.question.name.wire[1], 0);
    cr_assert_eq(a->dns.edns.cookie[7], 0);
    cr_assert_eq(a->client.addr.family, ADDR_NONE);
}

Test(inflight, finds_only_what_is_in_use)
{
    struct query *a = keep();
    uint32_t index = inflight_query_index(&slots, a);
    cr_assert_eq(inflight_query_at(&slots, index), a);
    cr_assert_null(inflight_query_at(&slots, QUERY_NONE));
    cr_assert_null(inflight_query_at(&slots, index + 1));
    cr_assert_null(inflight_query_at(&slots, UINT32_MAX));
    inflight_give(&slots, a);
    cr_assert_null(inflight_query_at(&slots, index));
}

Test(inflight, never_hands_out_a_slot_twice)
{
    struct prng prng = prng_begin("query");
    struct query *held[SLOTS] = {0};
    for (int step = 0; step < 20000; step++) {
        unsigned at = prng_below(&prng, SLOTS);
        if (held[at] != NULL) {
            inflight_give(&slots, held[at]);
            held[at] = NULL;
            continue;
        }
        held[at] = keep();
        cr_assert_not_null(held[at]);
        for (unsigned i = 0; i < SLOTS; i++)
            cr_assert(i == at || held[i] != held[at]);
    }
}
