/* test_tls_ticket.c - resumed sessions: each ticket once, and none beyond what it was given for
 * SPDX-License-Identifier: ISC
 */
#include "tls_scene.h"

#include "worker/tls_internal.h"

#include <criterion/criterion.h>

TestSuite(tls_ticket, .init = setup);

Test(tls_ticket, second_session_is_resumed_and_each_ticket_used_once)
{
    struct scene s;
    play(&s, policy(CONFIG_VERIFY_PIN_CA, NAME, &other_leaf, &leaf), &root, CHAIN(&leaf, &inter));
    cr_assert_eq(meet(&s.client, &s.server, SIZE_MAX), TLS_OK);
    cr_assert_eq(tls_ticket_count(s.client.context, s.client.now_ms), 0);
    assert_talks(&s.client, &s.server);
    cr_assert_eq(tls_ticket_count(s.client.context, s.client.now_ms), 2);
    for (unsigned i = 0; i < 5; i++) {
        cr_assert_eq(meet(&s.client, &s.server, SIZE_MAX), TLS_OK);
        const struct tls_facts *facts = tls_session_facts(s.client.session);
        cr_assert(facts->resumed);
        cr_assert_eq(facts->pin_index, 1);
        cr_assert(memcmp(facts->leaf_pin, leaf.pin, CONFIG_PIN_BYTES) == 0);
        unsigned before = tls_ticket_count(s.client.context, s.client.now_ms);
        assert_talks(&s.client, &s.server);
        unsigned after = tls_ticket_count(s.client.context, s.client.now_ms);
        cr_assert(after > before || after == TLS_TICKETS);
    }
    client_fini(&s.client);
    server_fini(&s.server);
}

Test(tls_ticket, resumed_sessions_do_not_put_off_the_certificate_for_ever)
{
    struct scene s;
    play(&s, policy(CONFIG_VERIFY_PIN_CA, NAME, &leaf, NULL), &root, CHAIN(&leaf, &inter));
    cr_assert_eq(meet(&s.client, &s.server, SIZE_MAX), TLS_OK);
    assert_talks(&s.client, &s.server);
    uint64_t hour = 3600 * 1000;
    for (unsigned i = 1; i < 24; i++) {
        s.client.now_ms = 1000 + i * hour;
        wall_ahead_s = (int64_t)i * 3600;
        cr_assert_eq(meet(&s.client, &s.server, SIZE_MAX), TLS_OK);
        cr_assert(tls_session_facts(s.client.session)->resumed);
        assert_talks(&s.client, &s.server);
    }
    s.client.now_ms = 1000 + 24 * hour;
    wall_ahead_s = 24 * 3600;
    cr_assert_eq(tls_ticket_count(s.client.context, s.client.now_ms), 0);
    cr_assert_eq(meet(&s.client, &s.server, SIZE_MAX), TLS_OK);
    cr_assert_not(tls_session_facts(s.client.session)->resumed);
    client_fini(&s.client);
    server_fini(&s.server);
}

Test(tls_ticket, a_ticket_that_nobody_saw_can_be_offered_again)
{
    struct scene s;
    play(&s, policy(CONFIG_VERIFY_PIN_CA, NAME, &leaf, NULL), &root, CHAIN(&leaf, &inter));
    cr_assert_eq(meet(&s.client, &s.server, SIZE_MAX), TLS_OK);
    assert_talks(&s.client, &s.server);
    tls_session_close(s.client.session);
    uint64_t now = s.client.now_ms;
    for (unsigned i = 0; i < 10; i++) { /* connections that are never made */
        cr_assert_eq(
            tls_session_open(s.client.session, s.client.context, s.client.in, s.client.out, now),
            STATUS_OK);
        cr_assert_eq(tls_session_handshake(s.client.session), TLS_AGAIN_READ);
        tls_session_close(s.client.session);
        cr_assert_eq(tls_ticket_count(s.client.context, now), 2);
    }
    for (unsigned i = 0; i < 2; i++) { /* the first octet leaves, and the peer with it */
        cr_assert_eq(
            tls_session_open(s.client.session, s.client.context, s.client.in, s.client.out, now),
            STATUS_OK);
        cr_assert_eq(tls_session_handshake(s.client.session), TLS_AGAIN_READ);
        tls_session_sent(s.client.session, 1);
        tls_session_close(s.client.session);
        cr_assert_eq(tls_ticket_count(s.client.context, now), 1 - i);
    }
    client_fini(&s.client);
    server_fini(&s.server);
}

Test(tls_ticket, a_ticket_does_not_outlive_the_clock_it_was_dated_by)
{
    struct scene s;
    play(&s, policy(CONFIG_VERIFY_PIN_CA, NAME, &leaf, NULL), &root, CHAIN(&leaf, &inter));
    static const int64_t steps[] = {3600, -3600, 59, 86400 * 365};
    static const bool is_resumed[] = {false, false, true, false};
    for (unsigned i = 0; i < 4; i++) {
        wall_ahead_s = 0;
        tls_ticket_forget(s.client.context);
        cr_assert_eq(meet(&s.client, &s.server, SIZE_MAX), TLS_OK);
        assert_talks(&s.client, &s.server);
        wall_ahead_s = steps[i];
        cr_assert_eq(meet(&s.client, &s.server, SIZE_MAX), TLS_OK);
        cr_assert_eq(tls_session_facts(s.client.session)->resumed, is_resumed[i], "step %d",
                     (int)steps[i]);
    }
    client_fini(&s.client);
    server_fini(&s.server);
}

Test(tls_ticket, a_new_policy_uses_no_old_ticket)
{
    struct scene s;
    play(&s, policy(CONFIG_VERIFY_PIN_CA, NAME, &leaf, NULL), &root, CHAIN(&leaf, &inter));
    cr_assert_eq(meet(&s.client, &s.server, SIZE_MAX), TLS_OK);
    assert_talks(&s.client, &s.server);
    tls_session_close(s.client.session);
    tls_context_fini(s.client.context);
    struct config_upstream stricter = policy(CONFIG_VERIFY_PIN_CA, NAME, &other_leaf, NULL);
    struct tls_anchors *anchors = anchors_of(&root);
    cr_assert_eq(tls_context_init(s.client.context, &stricter, "",
                                  (struct tls_rules){.versions = CONFIG_TLS13}, anchors),
                 STATUS_OK);
    cr_assert_eq(tls_ticket_count(s.client.context, s.client.now_ms), 0);
    cr_assert_eq(meet(&s.client, &s.server, SIZE_MAX), TLS_FAILED);
    cr_assert_eq(tls_session_cause(s.client.session), TLS_CAUSE_PIN);
    assert_silent(&s.client, &s.server);
    client_fini(&s.client);
    server_fini(&s.server);
}

/* What a session of the policy before is told by its server counts for nothing. */
Test(tls_ticket, a_session_of_another_policy_keeps_no_ticket)
{
    struct scene s;
    play(&s, policy(CONFIG_VERIFY_PIN_CA, NAME, &leaf, NULL), &root, CHAIN(&leaf, &inter));
    cr_assert_eq(meet(&s.client, &s.server, SIZE_MAX), TLS_OK);
    s.client.context->generation++;
    assert_talks(&s.client, &s.server);
    cr_assert_eq(tls_ticket_count(s.client.context, s.client.now_ms), 0);
    client_fini(&s.client);
    server_fini(&s.server);
}

Test(tls_ticket, a_ticket_opens_nothing_at_another_server)
{
    struct scene s;
    play(&s, policy(CONFIG_VERIFY_PIN_CA, NAME, &leaf, NULL), &root, CHAIN(&leaf, &inter));
    cr_assert_eq(meet(&s.client, &s.server, SIZE_MAX), TLS_OK);
    assert_talks(&s.client, &s.server);
    struct server mallory;
    server_init(&mallory, CHAIN(&other_leaf, &other_root));
    cr_assert_eq(meet(&s.client, &mallory, SIZE_MAX), TLS_FAILED);
    cr_assert_eq(tls_session_cause(s.client.session), TLS_CAUSE_PIN);
    assert_silent(&s.client, &mallory);
    client_fini(&s.client);
    server_fini(&s.server);
    server_fini(&mallory);
}
