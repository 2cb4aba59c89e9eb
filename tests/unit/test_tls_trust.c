/* test_tls_trust.c - whom a session trusts, in whose name, and what a stranger can make us compute
 * SPDX-License-Identifier: ISC
 */
#include "tls_scene.h"

#include "worker/tls_internal.h"

TestSuite(tls_trust, .init = setup);

Test(tls_trust, pin_and_ca_together_are_trusted)
{
    expect_trusted(policy(CONFIG_VERIFY_PIN_CA, NAME, &leaf, NULL), &root, CHAIN(&leaf, &inter), 0,
                   0);
}

Test(tls_trust, ca_and_name_alone_are_trusted_when_configured)
{
    expect_trusted(policy(CONFIG_VERIFY_CA, NAME, NULL, NULL), &root, CHAIN(&leaf, &inter), -1, 0);
}

Test(tls_trust, right_pin_under_a_wrong_ca_is_refused)
{
    expect_refused(policy(CONFIG_VERIFY_PIN_CA, NAME, &leaf, NULL), &other_root,
                   CHAIN(&leaf, &inter), TLS_CAUSE_CA, "not signed by a CA we trust");
    expect_refused(policy(CONFIG_VERIFY_CA, NAME, NULL, NULL), &other_root, CHAIN(&leaf, &inter),
                   TLS_CAUSE_CA, "not signed by a CA we trust");
}

Test(tls_trust, right_pin_with_a_wrong_name_is_refused)
{
    expect_refused(policy(CONFIG_VERIFY_PIN_CA, "dns.example.net", &leaf, NULL), &root,
                   CHAIN(&leaf, &inter), TLS_CAUSE_NAME, "is not for dns.example.net");
}

Test(tls_trust, pin_alone_does_not_ask_for_name_issuer_or_time)
{
    struct party lone;
    make_key(&lone);
    sign(&lone, "CN=whatever", "CN=whatever", &lone, false, NULL, "20100101000000",
         "20110101000000");
    expect_trusted(policy(CONFIG_VERIFY_PIN, NAME, &lone, NULL), NULL, CHAIN(&lone), 0, 0);
    expect_trusted(policy(CONFIG_VERIFY_PIN, "", &lone, NULL), NULL, CHAIN(&lone), 0, 0);
}

Test(tls_trust, pinned_certificate_that_is_merely_sent_along_proves_nothing)
{
    /* everything an attacker can copy: the true leaf, the true issuers */
    expect_refused(policy(CONFIG_VERIFY_PIN, NAME, &leaf, &inter), NULL,
                   CHAIN(&other_leaf, &inter, &leaf), TLS_CAUSE_PIN, "sent along");
    expect_refused(policy(CONFIG_VERIFY_PIN, NAME, &inter, NULL), NULL,
                   CHAIN(&other_leaf, &inter, &other_root), TLS_CAUSE_PIN, "sent along");
    /* and with a certificate that a CA of ours issued to the attacker for its own purposes */
    struct party mallory;
    make_leaf(&mallory, &root, NAME);
    expect_refused(policy(CONFIG_VERIFY_PIN_CA, NAME, &leaf, &inter), &root,
                   CHAIN(&mallory, &inter, &leaf), TLS_CAUSE_PIN, "no pin of 2 matches");
}

Test(tls_trust, what_follows_a_pinned_certificate_is_no_anchor)
{
    /* mbedTLS takes lists of anchors: the attacker's root stands right behind the pinned one */
    expect_refused(policy(CONFIG_VERIFY_PIN, NAME, &inter, NULL), NULL,
                   CHAIN(&other_leaf, &inter, &other_root), TLS_CAUSE_PIN, "not signed through it");
    expect_refused(policy(CONFIG_VERIFY_PIN, NAME, &root, NULL), NULL,
                   CHAIN(&other_leaf, &other_root, &root, &other_root), TLS_CAUSE_PIN,
                   "not signed through it");
}

Test(tls_trust, certificate_that_names_a_pinned_issuer_without_its_signature_is_refused)
{
    struct party forged;
    make_key(&forged);
    sign(&forged, "CN=leaf", inter.subject, &forged, false, NAME, GOOD_FROM, GOOD_TO);
    expect_refused(policy(CONFIG_VERIFY_PIN, NAME, &inter, NULL), NULL, CHAIN(&forged, &inter),
                   TLS_CAUSE_PIN, "not signed through it");
    /* one step further up: a false intermediate under the pinned root */
    struct party false_inter, below;
    make_key(&false_inter);
    sign(&false_inter, "CN=Inter", root.subject, &false_inter, true, NULL, GOOD_FROM, GOOD_TO);
    make_leaf(&below, &false_inter, NAME);
    expect_refused(policy(CONFIG_VERIFY_PIN, NAME, &root, NULL), NULL,
                   CHAIN(&below, &false_inter, &root), TLS_CAUSE_PIN, "not signed through it");
    /* the pinned public key in a certificate of the attacker's making */
    struct party dressed;
    make_key(&dressed);
    mbedtls_pk_context own = dressed.key;
    dressed.key = inter.key;
    sign(&dressed, "CN=Inter", "CN=Inter", &other_root, true, NULL, GOOD_FROM, GOOD_TO);
    cr_assert(memcmp(dressed.pin, inter.pin, CONFIG_PIN_BYTES) == 0);
    dressed.key = own;
    sign(&forged, "CN=leaf", "CN=Inter", &dressed, false, NAME, GOOD_FROM, GOOD_TO);
    expect_refused(policy(CONFIG_VERIFY_PIN, NAME, &inter, NULL), NULL, CHAIN(&forged, &dressed),
                   TLS_CAUSE_PIN, "not signed through it");
}

Test(tls_trust, issuer_pin_alone_counts_with_the_right_name_and_time_only)
{
    expect_trusted(policy(CONFIG_VERIFY_PIN, NAME, &inter, NULL), NULL, CHAIN(&leaf, &inter), 0, 1);
    expect_trusted(policy(CONFIG_VERIFY_PIN, NAME, &root, NULL), NULL, CHAIN(&leaf, &inter, &root),
                   0, 2);
    expect_refused(policy(CONFIG_VERIFY_PIN, "dns.example.net", &inter, NULL), NULL,
                   CHAIN(&leaf, &inter), TLS_CAUSE_NAME, "is not for dns.example.net");
    expect_refused(policy(CONFIG_VERIFY_PIN, "", &inter, NULL), NULL, CHAIN(&leaf, &inter),
                   TLS_CAUSE_PIN, "only together with tls_name");
    struct party old;
    make_key(&old);
    sign(&old, "CN=old", inter.subject, &inter, false, NAME, "20100101000000", "20110101000000");
    expect_refused(policy(CONFIG_VERIFY_PIN, NAME, &inter, NULL), NULL, CHAIN(&old, &inter),
                   TLS_CAUSE_EXPIRED, "until 2011-01-01");
}

Test(tls_trust, a_leaf_is_no_issuer)
{
    /* somebody with an honest certificate of a pinned CA makes one for us with it */
    struct party customer, victim;
    make_leaf(&customer, &inter, "customer.example");
    sign(&customer, "CN=customer", inter.subject, &inter, false, "customer.example", GOOD_FROM,
         GOOD_TO);
    make_leaf(&victim, &customer, NAME);
    expect_refused(policy(CONFIG_VERIFY_PIN, NAME, &inter, NULL), NULL,
                   CHAIN(&victim, &customer, &inter), TLS_CAUSE_PIN, "not signed through it");
    expect_refused(policy(CONFIG_VERIFY_PIN_CA, NAME, &inter, NULL), &root,
                   CHAIN(&victim, &customer, &inter), TLS_CAUSE_PIN, "no pin");
}

/* --- versions -------------------------------------------------------------------------------- */

/* CVE-2026-115490: a hello of TLS 1.2 that names 1.3 where 1.2 has to stand, and a suite of 1.3. */
Test(tls_trust, a_hello_that_confuses_versions_ends_the_session)
{
    struct scene s;
    struct config_upstream upstream = policy(CONFIG_VERIFY_PIN, NAME, &leaf, NULL);
    server_init(&s.server, CHAIN(&leaf, &inter));
    mbedtls_ssl_conf_max_tls_version(&s.server.config, MBEDTLS_SSL_VERSION_TLS1_2);
    client_init(&s.client, &upstream, CONFIG_TLS12 | CONFIG_TLS13, NULL);
    server_begin(&s.server);
    cr_assert_eq(tls_session_open(s.client.session, s.client.context, s.client.in, s.client.out, 1),
                 STATUS_OK);
    cr_assert_eq(tls_session_handshake(s.client.session), TLS_AGAIN_READ);
    carry(&s.client, &s.server, SIZE_MAX);
    server_step(&s.server);
    uint8_t *hello = s.server.to_client.data + 5; /* behind the record's header */
    cr_assert_eq(hello[0], MBEDTLS_SSL_HS_SERVER_HELLO);
    cr_assert_eq(hello[5], 3);
    hello[5] = 4;
    memset(hello + 6 + 24, 0, 8); /* no mark of a server that could do better */
    uint8_t *suite = hello + 4 + 2 + 32 + 1 + hello[4 + 2 + 32];
    suite[0] = 0x13;
    suite[1] = 0x01;
    carry(&s.client, &s.server, SIZE_MAX);
    cr_assert_eq(tls_session_handshake(s.client.session), TLS_FAILED);
    cr_assert(strstr(tls_session_error(s.client.session), "0x0304") != NULL, "%s",
              tls_session_error(s.client.session));
    assert_silent(&s.client, &s.server);
    client_fini(&s.client);
    server_fini(&s.server);
}
