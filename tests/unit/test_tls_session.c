/* test_tls_session.c - bytes in, bytes out, tickets, ends; test_tls_trust.c: whom it trusts
 * SPDX-License-Identifier: ISC
 */
#include "tls_scene.h"

TestSuite(tls_session, .init = setup);

Test(tls_session, second_session_is_resumed_and_each_ticket_used_once)
{
    struct scene s;
    play(&s, policy(CONFIG_VERIFY_PIN_CA, NAME, &other_leaf, &leaf), &root, CHAIN(&leaf, &inter));
    cr_assert_eq(meet(&s.client, &s.server, SIZE_MAX), TLS_OK);
    cr_assert_eq(tls_context_tickets(s.client.context, s.client.now_ms), 0);
    assert_talks(&s.client, &s.server);
    cr_assert_eq(tls_context_tickets(s.client.context, s.client.now_ms), 2);
    for (unsigned i = 0; i < 5; i++) {
        cr_assert_eq(meet(&s.client, &s.server, SIZE_MAX), TLS_OK);
        const struct tls_facts *facts = tls_session_facts(s.client.session);
        cr_assert(facts->resumed);
        cr_assert_eq(facts->pin_index, 1);
        cr_assert(memcmp(facts->leaf_pin, leaf.pin, CONFIG_PIN_BYTES) == 0);
        unsigned before = tls_context_tickets(s.client.context, s.client.now_ms);
        assert_talks(&s.client, &s.server);
        unsigned after = tls_context_tickets(s.client.context, s.client.now_ms);
        cr_assert(after > before || after == TLS_TICKETS);
    }
    client_fini(&s.client);
    server_fini(&s.server);
}

Test(tls_session, resumed_sessions_do_not_put_off_the_certificate_for_ever)
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
    cr_assert_eq(tls_context_tickets(s.client.context, s.client.now_ms), 0);
    cr_assert_eq(meet(&s.client, &s.server, SIZE_MAX), TLS_OK);
    cr_assert_not(tls_session_facts(s.client.session)->resumed);
    client_fini(&s.client);
    server_fini(&s.server);
}

Test(tls_session, a_ticket_that_nobody_saw_can_be_offered_again)
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
        cr_assert_eq(tls_context_tickets(s.client.context, now), 2);
    }
    for (unsigned i = 0; i < 2; i++) { /* the first octet leaves, and the peer with it */
        cr_assert_eq(
            tls_session_open(s.client.session, s.client.context, s.client.in, s.client.out, now),
            STATUS_OK);
        cr_assert_eq(tls_session_handshake(s.client.session), TLS_AGAIN_READ);
        tls_session_sent(s.client.session, 1);
        tls_session_close(s.client.session);
        cr_assert_eq(tls_context_tickets(s.client.context, now), 1 - i);
    }
    client_fini(&s.client);
    server_fini(&s.server);
}

Test(tls_session, a_ticket_does_not_outlive_the_clock_it_was_dated_by)
{
    struct scene s;
    play(&s, policy(CONFIG_VERIFY_PIN_CA, NAME, &leaf, NULL), &root, CHAIN(&leaf, &inter));
    static const int64_t steps[] = {3600, -3600, 59, 86400 * 365};
    static const bool is_resumed[] = {false, false, true, false};
    for (unsigned i = 0; i < 4; i++) {
        wall_ahead_s = 0;
        tls_context_forget(s.client.context);
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

Test(tls_session, a_new_policy_uses_no_old_ticket)
{
    struct scene s;
    play(&s, policy(CONFIG_VERIFY_PIN_CA, NAME, &leaf, NULL), &root, CHAIN(&leaf, &inter));
    cr_assert_eq(meet(&s.client, &s.server, SIZE_MAX), TLS_OK);
    assert_talks(&s.client, &s.server);
    tls_session_close(s.client.session);
    tls_context_fini(s.client.context);
    struct config_upstream stricter = policy(CONFIG_VERIFY_PIN_CA, NAME, &other_leaf, NULL);
    struct tls_anchors *anchors = anchors_of(&root);
    cr_assert_eq(tls_context_init(s.client.context, &stricter, "", CONFIG_TLS13, anchors),
                 STATUS_OK);
    cr_assert_eq(tls_context_tickets(s.client.context, s.client.now_ms), 0);
    cr_assert_eq(meet(&s.client, &s.server, SIZE_MAX), TLS_FAILED);
    cr_assert_eq(tls_session_cause(s.client.session), TLS_CAUSE_PIN);
    assert_silent(&s.client, &s.server);
    client_fini(&s.client);
    server_fini(&s.server);
}

Test(tls_session, a_ticket_opens_nothing_at_another_server)
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

Test(tls_session, tls_12_is_refused_unless_configured)
{
    struct scene s;
    play(&s, policy(CONFIG_VERIFY_PIN_CA, NAME, &leaf, NULL), &root, CHAIN(&leaf, &inter));
    mbedtls_ssl_conf_max_tls_version(&s.server.config, MBEDTLS_SSL_VERSION_TLS1_2);
    cr_assert_eq(meet(&s.client, &s.server, SIZE_MAX), TLS_FAILED);
    /* this server says "handshake failure", others "protocol version" */
    enum tls_cause cause = tls_session_cause(s.client.session);
    cr_assert(cause == TLS_CAUSE_VERSION || cause == TLS_CAUSE_ALERT, "%s",
              tls_session_error(s.client.session));
    assert_silent(&s.client, &s.server);
    client_fini(&s.client);

    struct config_upstream both = policy(CONFIG_VERIFY_PIN_CA, NAME, &leaf, NULL);
    client_init(&s.client, &both, CONFIG_TLS12 | CONFIG_TLS13, anchors_of(&root));
    cr_assert_eq(meet(&s.client, &s.server, SIZE_MAX), TLS_OK, "%s",
                 tls_session_error(s.client.session));
    cr_assert_eq(tls_session_facts(s.client.session)->version, 0x0303);
    assert_talks(&s.client, &s.server);
    cr_assert_eq(meet(&s.client, &s.server, SIZE_MAX), TLS_OK);
    cr_assert_not(tls_session_facts(s.client.session)->resumed);
    client_fini(&s.client);

    /* the pin is asked for there too */
    struct config_upstream wrong = policy(CONFIG_VERIFY_PIN_CA, NAME, &other_leaf, NULL);
    client_init(&s.client, &wrong, CONFIG_TLS12, anchors_of(&root));
    cr_assert_eq(meet(&s.client, &s.server, SIZE_MAX), TLS_FAILED);
    cr_assert_eq(tls_session_cause(s.client.session), TLS_CAUSE_PIN);
    assert_silent(&s.client, &s.server);
    client_fini(&s.client);
    server_fini(&s.server);
}

Test(tls_session, bytes_may_come_one_at_a_time)
{
    struct scene s;
    play(&s, policy(CONFIG_VERIFY_PIN_CA, NAME, &leaf, NULL), &root, CHAIN(&leaf, &inter));
    cr_assert_eq(meet(&s.client, &s.server, 1), TLS_OK);
    assert_talks(&s.client, &s.server);
    client_fini(&s.client);
    server_fini(&s.server);
}

Test(tls_session, a_close_in_order_is_no_failure)
{
    struct scene s;
    play(&s, policy(CONFIG_VERIFY_PIN_CA, NAME, &leaf, NULL), &root, CHAIN(&leaf, &inter));
    char text[64];
    size_t got;
    cr_assert_eq(meet(&s.client, &s.server, SIZE_MAX), TLS_OK);
    mbedtls_ssl_close_notify(&s.server.ssl);
    cr_assert_eq(hear(&s.client, &s.server, text, sizeof text, &got), TLS_CLOSED);
    cr_assert_str_eq(tls_session_error(s.client.session), "");

    cr_assert_eq(meet(&s.client, &s.server, SIZE_MAX), TLS_OK);
    tls_session_fed(s.client.session, 0);
    cr_assert_eq(hear(&s.client, &s.server, text, sizeof text, &got), TLS_CLOSED);

    cr_assert_eq(meet(&s.client, &s.server, SIZE_MAX), TLS_OK);
    tls_session_goodbye(s.client.session);
    carry(&s.client, &s.server, SIZE_MAX);
    server_step(&s.server);
    cr_assert_eq(s.server.last, MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY);
    client_fini(&s.client);
    server_fini(&s.server);
}

Test(tls_session, a_stream_that_ends_in_the_handshake_fails)
{
    struct scene s;
    play(&s, policy(CONFIG_VERIFY_PIN_CA, NAME, &leaf, NULL), &root, CHAIN(&leaf, &inter));
    server_begin(&s.server);
    cr_assert_eq(tls_session_open(s.client.session, s.client.context, s.client.in, s.client.out, 1),
                 STATUS_OK);
    cr_assert_eq(tls_session_handshake(s.client.session), TLS_AGAIN_READ);
    tls_session_fed(s.client.session, 0);
    cr_assert_eq(tls_session_handshake(s.client.session), TLS_FAILED);
    cr_assert_eq(tls_session_cause(s.client.session), TLS_CAUSE_CLOSED);
    assert_silent(&s.client, &s.server);
    client_fini(&s.client);
    server_fini(&s.server);
}

Test(tls_session, noise_instead_of_tls_fails)
{
    struct scene s;
    play(&s, policy(CONFIG_VERIFY_PIN, "", &leaf, NULL), NULL, CHAIN(&leaf, &inter));
    cr_assert_eq(tls_session_open(s.client.session, s.client.context, s.client.in, s.client.out, 1),
                 STATUS_OK);
    cr_assert_eq(tls_session_handshake(s.client.session), TLS_AGAIN_READ);
    size_t room;
    uint8_t *to = tls_session_room(s.client.session, &room);
    memset(to, 'x', 512);
    tls_session_fed(s.client.session, 512);
    cr_assert_eq(tls_session_handshake(s.client.session), TLS_FAILED);
    cr_assert_eq(tls_session_cause(s.client.session), TLS_CAUSE_PROTOCOL);
    client_fini(&s.client);
    server_fini(&s.server);
}

Test(tls_session, a_full_out_buffer_asks_to_send_first)
{
    struct scene s;
    play(&s, policy(CONFIG_VERIFY_PIN_CA, NAME, &leaf, NULL), &root, CHAIN(&leaf, &inter));
    cr_assert_eq(meet(&s.client, &s.server, SIZE_MAX), TLS_OK);
    static uint8_t block[40000];
    size_t taken, records = 0, due;
    enum tls_result result;
    while ((result = tls_session_write(s.client.session, block, sizeof block, &taken)) == TLS_OK) {
        cr_assert(taken > TLS_WRITE_MAX - 64 && taken <= TLS_WRITE_MAX);
        records++;
    }
    cr_assert_eq(result, TLS_AGAIN_WRITE);
    cr_assert_eq(records, 2);
    tls_session_due(s.client.session, &due);
    tls_session_sent(s.client.session, due);
    cr_assert_eq(tls_session_write(s.client.session, block, 100, &taken), TLS_OK);
    client_fini(&s.client);
    server_fini(&s.server);
}

Test(tls_session, a_look_shows_the_chain_and_can_ask_nothing)
{
    struct server server;
    server_init(&server, CHAIN(&leaf, &inter));
    struct client c;
    client_init(&c, NULL, CONFIG_TLS13, NULL);
    cr_assert_eq(meet(&c, &server, SIZE_MAX), TLS_OK);
    struct tls_chain_item item;
    cr_assert_eq(tls_session_chain(c.session, 0, &item), STATUS_OK);
    cr_assert(memcmp(item.pin, leaf.pin, CONFIG_PIN_BYTES) == 0);
    cr_assert_str_eq(item.text, "CN=leaf, valid 2020-01-01 to 2049-01-01");
    cr_assert_eq(tls_session_chain(c.session, 1, &item), STATUS_OK);
    cr_assert(memcmp(item.pin, inter.pin, CONFIG_PIN_BYTES) == 0);
    cr_assert_eq(tls_session_chain(c.session, 2, &item), STATUS_NONE);
    size_t taken;
    cr_assert_eq(tls_session_write(c.session, (const uint8_t *)"x", 1, &taken), TLS_FAILED);
    cr_assert_eq(server.heard_size, 0);
    client_fini(&c);
    server_fini(&server);
}

Test(tls_session, an_incomplete_policy_is_no_policy)
{
    struct tls_context *context = calloc(1, tls_context_bytes());
    struct tls_anchors *anchors = anchors_of(&root);
    struct config_upstream bad[] = {policy(CONFIG_VERIFY_PIN_CA, NAME, NULL, NULL),
                                    policy(CONFIG_VERIFY_PIN_CA, "", &leaf, NULL),
                                    policy(CONFIG_VERIFY_PIN, NAME, NULL, NULL),
                                    policy(CONFIG_VERIFY_CA, "", NULL, NULL),
                                    policy((enum config_verify)77, NAME, &leaf, NULL)};
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_assert_eq(tls_context_init(context, &bad[i], "", CONFIG_TLS13, anchors), STATUS_INVALID);
    struct config_upstream ca = policy(CONFIG_VERIFY_PIN_CA, NAME, &leaf, NULL);
    cr_assert_eq(tls_context_init(context, &ca, "", CONFIG_TLS13, NULL), STATUS_INVALID);
    free(context);
}

Test(tls_session, a_bundle_without_certificate_is_refused)
{
    struct tls_anchors *anchors;
    unsigned count, skipped;
    cr_assert_eq(tls_anchors_load("no certificate", 14, &anchors, &count, &skipped),
                 STATUS_INVALID);
    cr_assert_null(anchors);
    cr_assert_eq(tls_anchors_load("", 0, &anchors, &count, &skipped), STATUS_INVALID);
}
