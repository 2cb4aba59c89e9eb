/* test_upstream.c - what handshakes and their bad ends mean for an upstream, and who is told
 * SPDX-License-Identifier: ISC
 */
#include "worker/tls_internal.h"
#include "worker/upstream.h"

#include <criterion/criterion.h>
#include <errno.h>

#define NOW_US 1000

static struct stats_page page;
static struct config config;
static struct health health;
static struct upstream upstream;
static struct tls_session session;

static void
begin(enum tls_cause cause, uint64_t cost_us)
{
    page = (struct stats_page){0};
    health = (struct health){0};
    upstream = (struct upstream){.index = 3,
                                 .config = &config.upstreams[3],
                                 .health = &health,
                                 .stats = &page,
                                 .shown = &page.upstreams[3],
                                 .query_ms = 4000};
    session = (struct tls_session){.cause = cause, .cpu_us = cost_us, .facts = {.pin_index = -1}};
}

/* @return what `counter` says; `told_us` is written: the cost that the supervisor is told, or 0 */
static uint64_t
refuse(enum tls_cause cause, uint64_t cost_us, enum stats_counter counter, uint64_t *told_us)
{
    begin(cause, cost_us);
    *told_us = upstream_refused(&upstream, &session, EPIPE).dear_us;
    return page.counts[counter];
}

Test(upstream, a_refused_handshake_that_cost_too_much_is_told_to_the_supervisor)
{
    uint64_t told_us;
    cr_assert_eq(refuse(TLS_CAUSE_CA, TLS_DEAR_US + 1, STAT_HANDSHAKES_DEAR, &told_us), 1);
    cr_assert_eq(told_us, TLS_DEAR_US + 1);
    cr_assert_eq(refuse(TLS_CAUSE_CA, TLS_DEAR_US + 1, STAT_HANDSHAKES_FAILED, &told_us), 1);
}

Test(upstream, one_that_did_not_is_counted_alone)
{
    uint64_t told_us;
    cr_assert_eq(refuse(TLS_CAUSE_CA, TLS_DEAR_US, STAT_HANDSHAKES_DEAR, &told_us), 0);
    cr_assert_eq(told_us, 0);
    cr_assert_eq(refuse(TLS_CAUSE_CA, TLS_DEAR_US, STAT_HANDSHAKES_FAILED, &told_us), 1);
}

Test(upstream, what_was_refused_unchecked_has_a_counter)
{
    uint64_t told_us;
    cr_assert_eq(refuse(TLS_CAUSE_DEAR, 10, STAT_CHAINS_DEAR, &told_us), 1);
    cr_assert_eq(refuse(TLS_CAUSE_DEAR, 10, STAT_PIN_MISMATCH, &told_us), 0);
    cr_assert_eq(refuse(TLS_CAUSE_PIN, 10, STAT_CHAINS_DEAR, &told_us), 0);
    cr_assert_eq(refuse(TLS_CAUSE_PIN, 10, STAT_PIN_MISMATCH, &told_us), 1);
}

static uint64_t
shown(const _Atomic uint64_t *value)
{
    return atomic_load(value);
}

Test(upstream, the_page_says_how_it_is_since_when_and_why)
{
    const struct stats_upstream *up = &page.upstreams[3];
    begin(TLS_CAUSE_PIN, 10);
    cr_assert_eq(shown(&up->state), STATS_UPSTREAM_UNASKED);
    (void)upstream_refused(&upstream, &session, EPIPE);
    upstream_failed(&upstream, NOW_US);
    cr_assert_eq(shown(&up->state), STATS_UPSTREAM_REFUSED);
    cr_assert_eq(shown(&up->cause), STATS_CAUSE_PIN);
    cr_assert_eq(shown(&up->pin_mismatches), 1);
    cr_assert_eq(shown(&up->changed_us), NOW_US);
    (void)upstream_refused(&upstream, &session, EPIPE);
    upstream_failed(&upstream, NOW_US + 1);
    cr_assert_eq(shown(&up->changed_us), NOW_US, "it is as it was");
    cr_assert_eq(shown(&up->tried_us), NOW_US + 1, "and was tried again");
    upstream_failed(&upstream, NOW_US + 2);
    cr_assert_eq(shown(&up->state), STATS_UPSTREAM_DOWN, "this time it was not there at all");
    cr_assert_eq(shown(&up->cause), STATS_CAUSE_LOST);
    cr_assert_eq(shown(&up->changed_us), NOW_US + 2);
    session.cause = TLS_CAUSE_NONE;
    upstream_connected(&upstream, &session, 10, NOW_US + 3);
    cr_assert_eq(shown(&up->state), STATS_UPSTREAM_USABLE);
    cr_assert_eq(shown(&up->cause), STATS_CAUSE_NONE);
    cr_assert_eq(shown(&up->changed_us), NOW_US + 3);
    cr_assert_eq(shown(&up->tried_us), NOW_US + 3);
    cr_assert_eq(shown(&up->failures), 3);
}

Test(upstream, one_connection_of_several_that_fails_changes_nothing)
{
    begin(TLS_CAUSE_NONE, 10);
    upstream_connected(&upstream, &session, 10, NOW_US);
    upstream.ready = 1;
    upstream_failed(&upstream, NOW_US + 1);
    cr_assert_eq(shown(&page.upstreams[3].state), STATS_UPSTREAM_USABLE);
    cr_assert_eq(shown(&page.upstreams[3].failures), 1);
}

Test(upstream, a_second_try_is_no_failure)
{
    uint64_t told_us;
    cr_assert_eq(refuse(TLS_CAUSE_AGAIN, TLS_DEAR_US + 1, STAT_HANDSHAKES_FAILED, &told_us), 0);
    cr_assert_eq(told_us, 0);
    cr_assert_eq(upstream_refused(&upstream, &session, 0).event, CONN_ON_RETIRE);
}

Test(upstream, who_cannot_prove_itself_is_untrusted_and_what_breaks_is_broken)
{
    for (unsigned cause = 0; cause <= TLS_CAUSE_PROTOCOL; cause++) {
        begin((enum tls_cause)cause, 10);
        enum conn_event event = upstream_refused(&upstream, &session, EPIPE).event;
        bool is_trust = cause >= TLS_CAUSE_PIN && cause <= TLS_CAUSE_DEAR;
        cr_assert_eq(event, is_trust                   ? CONN_ON_UNTRUSTED
                            : cause == TLS_CAUSE_AGAIN ? CONN_ON_RETIRE
                                                       : CONN_ON_BROKEN);
    }
}

Test(upstream, keyupdate_before_any_answer_means_a_minute_without_connections)
{
    begin(TLS_CAUSE_REKEY, 10);
    cr_assert_not(upstream_ended(&upstream, &session, false, NOW_US));
    cr_assert_eq(upstream.dial_us, NOW_US + AVOID_FIRST_US);
    begin(TLS_CAUSE_REKEY, 10);
    cr_assert(upstream_ended(&upstream, &session, true, NOW_US));
    cr_assert_eq(upstream.dial_us, 0);
}

Test(upstream, a_session_that_is_held_otherwise_next_time_is_not_lost)
{
    begin(TLS_CAUSE_AGAIN, 10);
    cr_assert(upstream_ended(&upstream, &session, false, NOW_US));
    begin(TLS_CAUSE_ALERT, 10);
    cr_assert_not(upstream_ended(&upstream, &session, false, NOW_US));
    cr_assert_not(upstream_ended(&upstream, &session, true, NOW_US));
}

Test(upstream, a_handshake_is_counted_and_shown)
{
    begin(TLS_CAUSE_NONE, 10);
    session.facts = (struct tls_facts){.version = 0x0304,
                                       .cipher = 0x1301,
                                       .pin_index = 1,
                                       .valid_s = 90 * 86400,
                                       .ends_s = 2000000000};
    config.upstreams[3].pins_count = 2;
    upstream_connected(&upstream, &session, 30000, NOW_US);
    cr_assert_eq(page.counts[STAT_HANDSHAKES_FULL], 1);
    cr_assert_eq(page.upstreams[3].handshakes_full, 1);
    cr_assert_eq(page.upstreams[3].pin_seen, 2);
    cr_assert_eq(page.upstreams[3].tls, 0x03041301);
    cr_assert_eq(page.upstreams[3].ends_s, 2000000000);
    cr_assert_eq(health.srtt_us, 15000, "half of connect and handshake");
    cr_assert_eq(upstream.times.suspect_us, UPSTREAM_SUSPECT_MIN_US);
    session.facts.resumed = true;
    session.facts.pin_index = 0;
    upstream_connected(&upstream, &session, 30000, NOW_US);
    cr_assert_eq(page.counts[STAT_HANDSHAKES_RESUMED], 1);
    cr_assert_eq(upstream.keys.pin, 2, "what a ticket vouches for is no news");
    session.facts.resumed = false;
    upstream_connected(&upstream, &session, 30000, NOW_US);
    cr_assert_eq(page.upstreams[3].pin_changes, 1);
}

Test(upstream, an_answer_moves_its_health_and_the_times_that_follow)
{
    begin(TLS_CAUSE_NONE, 10);
    for (unsigned i = 0; i < 40; i++)
        upstream_answered(&upstream, 200000, true, NOW_US + i);
    cr_assert_eq(upstream.heard_us, NOW_US + 39);
    cr_assert_eq(page.upstreams[3].answers, 40);
    cr_assert_eq(page.upstreams[3].rtt_us, health.srtt_us);
    cr_assert_eq(upstream.times.suspect_us, 800000);
    cr_assert_eq(upstream.times.answer_us, 400000);
}

Test(upstream, a_rate_is_spent_by_queries_and_none_is_no_limit)
{
    begin(TLS_CAUSE_NONE, 10);
    for (unsigned i = 0; i < 1000; i++)
        upstream_spend(&upstream, NOW_US);
    cr_assert(upstream_is_in_rate(&upstream, NOW_US));
    upstream.qps = 10;
    upstream.rate = leak_make(10, 2, 0);
    upstream_spend(&upstream, NOW_US);
    cr_assert(upstream_is_in_rate(&upstream, NOW_US));
    upstream_spend(&upstream, NOW_US);
    cr_assert_not(upstream_is_in_rate(&upstream, NOW_US));
    cr_assert(upstream_is_in_rate(&upstream, NOW_US + 200000));
}

Test(upstream, the_same_trouble_is_told_less_and_less_often)
{
    begin(TLS_CAUSE_NONE, 10);
    unsigned warnings = 0;
    for (health.failures = 0; health.failures < 64; health.failures++)
        warnings += upstream_trouble(&upstream) == LOG_WARNING;
    cr_assert_eq(warnings, 7, "0, 1, 2, 4, 8, 16, 32");
}
