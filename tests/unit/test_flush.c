/* test_flush.c - tests of flush
 * SPDX-License-Identifier: ISC
 */
#include "front/flush.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static struct inflight questions;
static struct flush flush;

static void
begin(const char *name, bool is_below)
{
    struct dns_name parsed;
    cr_assert_eq(dns_name_parse(name, &parsed), STATUS_OK);
    flush_begin(&flush, &questions, &parsed, is_below, 9);
}

/* A question that started when there had been so many flushes. */
static bool
lets_keep(const char *name, uint32_t flushes)
{
    struct inflight_question question = {.flushes = flushes};
    cr_assert_eq(dns_name_parse(name, &question.question.name), STATUS_OK);
    return flush_lets_keep(&flush, &question);
}

Test(flush, what_was_asked_before_is_not_kept_and_nothing_else)
{
    cr_assert(lets_keep("a.example", 0));
    begin("A.example", false);
    cr_assert_eq(questions.flushes, 1);
    cr_assert_not(lets_keep("a.example", 0));
    cr_assert(lets_keep("www.a.example", 0));
    cr_assert(lets_keep("a.example", 1));
    begin("example", true);
    cr_assert_not(lets_keep("b.example", 0));
    cr_assert_not(lets_keep("b.example", 1));
    cr_assert(lets_keep("b.test", 0));
    cr_assert(lets_keep("b.example", 2));
}

Test(flush, a_question_older_than_what_is_remembered_is_not_kept)
{
    for (unsigned i = 0; i < FLUSH_NAMES; i++)
        begin("a.example", false);
    cr_assert(lets_keep("b.example", 0));
    begin("a.example", false);
    cr_assert_not(lets_keep("b.example", 0));
    cr_assert(lets_keep("b.example", 1));
}

/* What is kept of the names concerned is front/routing.c's to say. */
Test(flush, other_routes_let_nobody_join_and_drop_no_name)
{
    begin("b.test", false);
    flush_reroute(&flush, &questions);
    cr_assert_eq(questions.flushes, 2);
    cr_assert(lets_keep("a.example", 0));
    cr_assert_not(lets_keep("b.test", 0));
    cr_assert(lets_keep("b.test", 1));
}

Test(flush, without_a_cache_it_ends_at_once)
{
    begin("a.example", false);
    cr_assert(flush.is_under_way);
    cr_assert(flush_step(&flush, NULL));
    cr_assert_not(flush.is_under_way);
    cr_assert_eq(flush.walk.dropped, 0);
}

Test(flush, looks_at_a_part_of_the_cache_in_a_step)
{
    static const struct hash_key key = {1, 2};
    size_t bytes = 1 << 20, stored = 0;
    void *memory = calloc(1, bytes);
    struct cache *cache = cache_init(memory, bytes);
    for (uint32_t i = 0; i < 3 * FLUSH_STEP; i++) {
        uint8_t message[64] = {0};
        struct dns_question question = {.type = 1, .class = 1, .name = {.size = 7}};
        snprintf((char *)question.name.wire, 8, "%c%05u", 5, i);
        memcpy(message + 12, question.name.wire, 7);
        memcpy(message + 19, (uint8_t[]){0, 1, 0, 1}, 4);
        struct dns_answer answer = {.question_end = 23, .end = 40};
        struct cache_key at = {&question, DNS_RD, false,
                               (uint32_t)hash_siphash24(&key, question.name.wire, 7)};
        stored += cache_put(cache, &at, message, &answer, 60, 0, 0) == STATUS_OK;
    }
    cr_assert_eq(cache_counts(cache)->entries, stored);
    begin(".", true);
    unsigned steps = 1;
    for (; !flush_step(&flush, cache); steps++)
        cr_assert_leq(flush.walk.dropped, steps * FLUSH_STEP);
    cr_assert_eq(steps, 3);
    cr_assert_eq(flush.walk.dropped, stored);
    free(memory);
}
