/* test_tls_fault.c - the words for what went wrong
 * SPDX-License-Identifier: ISC
 */
#include "tls_scene.h"

#include <criterion/criterion.h>

TestSuite(tls_fault, .init = setup);

Test(tls_fault, a_stream_that_ends_in_the_handshake_fails)
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

Test(tls_fault, noise_instead_of_tls_fails)
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

Test(tls_fault, wrong_pin_is_refused_and_the_seen_key_is_named)
{
    char base64[BASE64_TEXT_SIZE(CONFIG_PIN_BYTES)], words[80];
    snprintf(words, sizeof words, "sha256//%s", base64_encode(leaf.pin, CONFIG_PIN_BYTES, base64));
    expect_refused(policy(CONFIG_VERIFY_PIN_CA, NAME, &other_leaf, &other_root), &root,
                   CHAIN(&leaf, &inter), TLS_CAUSE_PIN, words);
    expect_refused(policy(CONFIG_VERIFY_PIN, "", &other_leaf, NULL), NULL, CHAIN(&leaf, &inter),
                   TLS_CAUSE_PIN, words);
}

Test(tls_fault, expired_and_not_yet_valid_name_the_clock)
{
    struct party old, early;
    make_key(&old);
    sign(&old, "CN=old", root.subject, &root, false, NAME, "20100101000000", "20110101000000");
    expect_refused(policy(CONFIG_VERIFY_PIN_CA, NAME, &old, NULL), &root, CHAIN(&old),
                   TLS_CAUSE_EXPIRED, "until 2011-01-01");
    make_key(&early);
    sign(&early, "CN=early", root.subject, &root, false, NAME, "20480101000000", GOOD_TO);
    expect_refused(policy(CONFIG_VERIFY_PIN_CA, NAME, &early, NULL), &root, CHAIN(&early),
                   TLS_CAUSE_NOT_YET, "the clock of this machine is likely wrong");
}
