/* test_tls_session.c - bytes in, bytes out, tickets, ends; test_tls_trust.c: whom it trusts
 * SPDX-License-Identifier: ISC
 */
#include "tls_scene.h"

TestSuite(tls_session, .init = setup);

Test(tls_session, bytes_may_come_one_at_a_time)
{
    struct scene s;
    play(&s, policy(CONFIG_VERIFY_PIN_CA, NAME, &leaf, NULL), &root, CHAIN(&leaf, &inter));
    cr_assert_eq(meet(&s.client, &s.server, 1), TLS_OK);
    assert_talks(&s.client, &s.server);
    client_fini(&s.client);
    server_fini(&s.server);
}

/* The pinned certificate comes before the proof that its sender has the key. */
Test(tls_session, nothing_is_written_before_the_handshake_is_over)
{
    struct scene s;
    unsigned tries = 0;
    size_t taken;
    uint8_t byte;
    play(&s, policy(CONFIG_VERIFY_PIN, NAME, &leaf, NULL), NULL, CHAIN(&leaf, &inter));
    server_begin(&s.server);
    cr_assert_eq(tls_session_open(s.client.session, s.client.context, s.client.in, s.client.out,
                                  s.client.now_ms),
                 STATUS_OK);
    for (; tls_session_handshake(s.client.session) == TLS_AGAIN_READ; tries++) {
        cr_assert_eq(tls_session_write(s.client.session, (const uint8_t *)QUESTION, 5, &taken),
                     TLS_FAILED);
        cr_assert_eq(tls_session_read(s.client.session, &byte, 1, &taken), TLS_FAILED);
        carry(&s.client, &s.server, 1);
        server_step(&s.server);
    }
    cr_assert_gt(tries, 500, "octet by octet");
    cr_assert_eq(tls_session_handshake(s.client.session), TLS_OK);
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
