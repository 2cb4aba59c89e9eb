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

Test(tls_trust, backup_pin_matches)
{
    expect_trusted(policy(CONFIG_VERIFY_PIN_CA, NAME, &other_leaf, &leaf), &root,
                   CHAIN(&leaf, &inter), 1, 0);
    expect_trusted(policy(CONFIG_VERIFY_PIN, "", &other_leaf, &leaf), NULL, CHAIN(&leaf, &inter), 1,
                   0);
}

Test(tls_trust, pin_of_an_issuer_in_the_validated_chain_matches)
{
    expect_trusted(policy(CONFIG_VERIFY_PIN_CA, NAME, &inter, NULL), &root, CHAIN(&leaf, &inter), 0,
                   1);
    /* the root is ours, the server did not send it */
    expect_trusted(policy(CONFIG_VERIFY_PIN_CA, NAME, &root, NULL), &root, CHAIN(&leaf, &inter), 0,
                   2);
}

Test(tls_trust, wrong_pin_is_refused_and_the_seen_key_is_named)
{
    char base64[BASE64_TEXT_SIZE(CONFIG_PIN_BYTES)], words[80];
    snprintf(words, sizeof words, "sha256//%s", base64_encode(leaf.pin, CONFIG_PIN_BYTES, base64));
    expect_refused(policy(CONFIG_VERIFY_PIN_CA, NAME, &other_leaf, &other_root), &root,
                   CHAIN(&leaf, &inter), TLS_CAUSE_PIN, words);
    expect_refused(policy(CONFIG_VERIFY_PIN, "", &other_leaf, NULL), NULL, CHAIN(&leaf, &inter),
                   TLS_CAUSE_PIN, words);
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

Test(tls_trust, expired_and_not_yet_valid_name_the_clock)
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

/* --- names ---------------------------------------------------------------------------------- */

Test(tls_trust, an_address_is_looked_for_among_the_addresses)
{
    static const uint8_t four[] = {192, 0, 2, 1};
    static const uint8_t six[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
    struct party with_four, with_six, text;
    extras = (struct extras){.ip = four, .ip_size = 4};
    make_leaf(&with_four, &root, NULL);
    extras = (struct extras){.ip = six, .ip_size = 16};
    make_leaf(&with_six, &root, NAME);
    extras = (struct extras){0};
    make_leaf(&text, &root, "192.0.2.1"); /* as a DNS name, which no address is */
    expect_trusted(policy(CONFIG_VERIFY_CA, "192.0.2.1", NULL, NULL), &root, CHAIN(&with_four), -1,
                   0);
    expect_trusted(policy(CONFIG_VERIFY_PIN_CA, "2001:db8::1", &with_six, NULL), &root,
                   CHAIN(&with_six), 0, 0);
    expect_trusted(policy(CONFIG_VERIFY_PIN, "2001:DB8:0::1", &root, NULL), NULL,
                   CHAIN(&with_six, &root), 0, 1);
    expect_refused(policy(CONFIG_VERIFY_CA, "192.0.2.2", NULL, NULL), &root, CHAIN(&with_four),
                   TLS_CAUSE_NAME, "is not for 192.0.2.2");
    expect_refused(policy(CONFIG_VERIFY_CA, "192.0.2.1", NULL, NULL), &root, CHAIN(&text),
                   TLS_CAUSE_NAME, "is not for 192.0.2.1");
    expect_refused(policy(CONFIG_VERIFY_CA, "192.0.2.1", NULL, NULL), &root, CHAIN(&with_six),
                   TLS_CAUSE_NAME, "is not for 192.0.2.1");
}

Test(tls_trust, without_a_name_the_upstreams_address_is_what_counts)
{
    static const uint8_t four[] = {192, 0, 2, 1};
    struct party at_home;
    extras = (struct extras){.ip = four, .ip_size = 4};
    make_leaf(&at_home, &root, NULL);
    struct config_upstream upstream = policy(CONFIG_VERIFY_PIN_CA, "", &at_home, NULL);
    upstream.address = (struct addr){.family = ADDR_IPV4, .port = 853, .bytes = {192, 0, 2, 1}};
    expect_trusted(upstream, &root, CHAIN(&at_home), 0, 0);
    upstream.address.bytes[3] = 2;
    expect_refused(upstream, &root, CHAIN(&at_home), TLS_CAUSE_NAME, "is not for 192.0.2.2");
    upstream.verify = CONFIG_VERIFY_PIN; /* which asks for no name with a key of the server's own */
    expect_trusted(upstream, NULL, CHAIN(&at_home), 0, 0);
}

static char seen_sni[64];

static int
note_sni(void *owner, mbedtls_ssl_context *ssl, const unsigned char *name, size_t size)
{
    (void)owner, (void)ssl;
    snprintf(seen_sni, sizeof seen_sni, "%.*s", (int)size, (const char *)name);
    return 0;
}

Test(tls_trust, an_address_is_never_sent_as_sni)
{
    static const uint8_t four[] = {192, 0, 2, 1};
    static const char *const names[] = {NAME, "192.0.2.1"};
    struct party both;
    extras = (struct extras){.ip = four, .ip_size = 4};
    make_leaf(&both, &root, NAME);
    for (unsigned i = 0; i < 2; i++) {
        struct scene s;
        play(&s, policy(CONFIG_VERIFY_CA, names[i], NULL, NULL), &root, CHAIN(&both));
        mbedtls_ssl_conf_sni(&s.server.config, note_sni, NULL);
        seen_sni[0] = '\0';
        cr_assert_eq(meet(&s.client, &s.server, SIZE_MAX), TLS_OK);
        cr_assert_str_eq(seen_sni, i == 0 ? NAME : "");
        client_fini(&s.client);
        server_fini(&s.server);
    }
}

Test(tls_trust, a_name_in_the_subject_is_no_name)
{
    struct party bare, other;
    make_key(&bare);
    sign(&bare, "CN=" NAME, root.subject, &root, false, NULL, GOOD_FROM, GOOD_TO);
    expect_refused(policy(CONFIG_VERIFY_CA, NAME, NULL, NULL), &root, CHAIN(&bare), TLS_CAUSE_NAME,
                   "no subjectAltName");
    expect_refused(policy(CONFIG_VERIFY_PIN_CA, NAME, &bare, NULL), &root, CHAIN(&bare),
                   TLS_CAUSE_NAME, "RFC 9525");
    expect_refused(policy(CONFIG_VERIFY_PIN, NAME, &root, NULL), NULL, CHAIN(&bare, &root),
                   TLS_CAUSE_NAME, "no subjectAltName");
    make_key(&other);
    sign(&other, "CN=" NAME, root.subject, &root, false, "other.example", GOOD_FROM, GOOD_TO);
    expect_refused(policy(CONFIG_VERIFY_CA, NAME, NULL, NULL), &root, CHAIN(&other), TLS_CAUSE_NAME,
                   "is not for " NAME);
}

Test(tls_trust, a_star_is_one_label)
{
    struct party wild, bare_star;
    make_leaf(&wild, &root, "*.example");
    expect_trusted(policy(CONFIG_VERIFY_CA, NAME, NULL, NULL), &root, CHAIN(&wild), -1, 0);
    expect_trusted(policy(CONFIG_VERIFY_CA, "DNS.Example", NULL, NULL), &root, CHAIN(&wild), -1, 0);
    expect_refused(policy(CONFIG_VERIFY_CA, "a.dns.example", NULL, NULL), &root, CHAIN(&wild),
                   TLS_CAUSE_NAME, "is not for a.dns.example");
    expect_refused(policy(CONFIG_VERIFY_CA, "example", NULL, NULL), &root, CHAIN(&wild),
                   TLS_CAUSE_NAME, "is not for example");
    make_leaf(&bare_star, &root, "*");
    expect_refused(policy(CONFIG_VERIFY_CA, "example", NULL, NULL), &root, CHAIN(&bare_star),
                   TLS_CAUSE_NAME, "is not for example");
}

/* --- what certificates are for --------------------------------------------------------------- */

static const char for_servers[] = MBEDTLS_OID_SERVER_AUTH;
static const char for_clients[] = MBEDTLS_OID_CLIENT_AUTH;

/* Under an issuer's pin alone and under our CAs, the same must hold. */
static void
expect_unfit(struct party *pinned, struct party *ca, struct party **chain, enum tls_cause cause,
             const char *words)
{
    expect_refused(policy(CONFIG_VERIFY_PIN, NAME, pinned, NULL), NULL, chain, cause, words);
    expect_refused(policy(CONFIG_VERIFY_CA, NAME, NULL, NULL), ca, chain,
                   cause == TLS_CAUSE_PIN ? TLS_CAUSE_CA : cause,
                   cause == TLS_CAUSE_PIN ? "not signed by a CA" : words);
}

/* The server of these tests would not show such a certificate of its own. */
static uint32_t
flags_of(const struct party *own)
{
    struct tls_path path;
    mbedtls_x509_crt crt, anchor;
    mbedtls_x509_crt_init(&crt);
    mbedtls_x509_crt_init(&anchor);
    cr_assert_eq(mbedtls_x509_crt_parse_der(&crt, own->der, own->der_size), 0);
    cr_assert_eq(mbedtls_x509_crt_parse_der(&anchor, root.der, root.der_size), 0);
    tls_chain_walk(&crt, &anchor, &path);
    mbedtls_x509_crt_free(&crt);
    mbedtls_x509_crt_free(&anchor);
    return path.flags;
}

Test(tls_trust, a_certificate_that_is_not_for_servers_is_refused)
{
    struct party client;
    extras = (struct extras){.ext_key_usage = for_clients};
    make_leaf(&client, &root, NAME);
    cr_assert_eq(flags_of(&client), MBEDTLS_X509_BADCERT_EXT_KEY_USAGE);
    extras = (struct extras){.key_usage = MBEDTLS_X509_KU_KEY_ENCIPHERMENT};
    make_leaf(&client, &root, NAME);
    cr_assert_eq(flags_of(&client), MBEDTLS_X509_BADCERT_KEY_USAGE);
    extras = (struct extras){.ext_key_usage = for_servers,
                             .key_usage = MBEDTLS_X509_KU_DIGITAL_SIGNATURE};
    make_leaf(&client, &root, NAME);
    expect_trusted(policy(CONFIG_VERIFY_PIN, NAME, &root, NULL), NULL, CHAIN(&client, &root), 0, 1);
}

Test(tls_trust, an_issuer_that_is_not_for_servers_vouches_for_none)
{
    struct party narrow, below;
    extras = (struct extras){.ext_key_usage = for_clients};
    make_ca(&narrow, "CN=Narrow", &root);
    extras = (struct extras){0};
    make_leaf(&below, &narrow, NAME);
    expect_unfit(&root, &root, CHAIN(&below, &narrow, &root), TLS_CAUSE_USAGE,
                 "not for TLS servers");
    expect_refused(policy(CONFIG_VERIFY_PIN, NAME, &narrow, NULL), NULL, CHAIN(&below, &narrow),
                   TLS_CAUSE_USAGE, "not for TLS servers");
    extras = (struct extras){.key_usage = MBEDTLS_X509_KU_DIGITAL_SIGNATURE};
    make_ca(&narrow, "CN=Narrow", &root);
    extras = (struct extras){0};
    make_leaf(&below, &narrow, NAME);
    expect_unfit(&narrow, &root, CHAIN(&below, &narrow), TLS_CAUSE_PIN, "not signed through it");
}

Test(tls_trust, a_path_is_no_longer_than_an_issuer_says)
{
    struct party top, middle, below;
    extras = (struct extras){.path_length = 1}; /* none below it */
    make_ca(&top, "CN=Top", NULL);
    extras = (struct extras){0};
    make_ca(&middle, "CN=Middle", &top);
    make_leaf(&below, &middle, NAME);
    expect_unfit(&top, &top, CHAIN(&below, &middle, &top), TLS_CAUSE_PIN, "not signed through it");
    make_leaf(&below, &top, NAME);
    expect_trusted(policy(CONFIG_VERIFY_PIN, NAME, &top, NULL), NULL, CHAIN(&below, &top), 0, 1);
}

Test(tls_trust, an_issuer_past_its_time_vouches_for_nothing)
{
    struct party old, below;
    make_key(&old);
    sign(&old, "CN=Old", root.subject, &root, true, NULL, "20100101000000", "20110101000000");
    make_leaf(&below, &old, NAME);
    expect_unfit(&old, &root, CHAIN(&below, &old), TLS_CAUSE_EXPIRED,
                 "issuer's certificate is expired");
}

Test(tls_trust, of_two_certificates_over_a_pinned_key_the_fit_one_counts)
{
    struct party renewed, old, below;
    make_ca(&renewed, "CN=Twice", NULL);
    old = renewed;
    sign(&old, "CN=Twice", "CN=Twice", &renewed, true, NULL, "20100101000000", "20110101000000");
    make_leaf(&below, &renewed, NAME);
    expect_trusted(policy(CONFIG_VERIFY_PIN, NAME, &renewed, NULL), NULL,
                   CHAIN(&below, &old, &renewed), 0, 1);
    expect_trusted(policy(CONFIG_VERIFY_PIN, NAME, &renewed, NULL), NULL,
                   CHAIN(&below, &renewed, &old), 0, 1);
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

/* Anybody on the way can send an alert in the clear: it must not decide for long. */
Test(tls_trust, an_alert_ends_a_fallback_and_forbids_the_next_one_for_a_minute_at_most)
{
    static const uint8_t alert[] = {21, 3, 3, 0, 2, 2, MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE};
    static const enum tls_fallback whys[] = {TLS_FALLBACK_PSS, TLS_FALLBACK_REKEY};
    for (unsigned i = 0; i < 2; i++) {
        struct client c;
        size_t room;
        struct config_upstream upstream = policy(CONFIG_VERIFY_PIN, NAME, &leaf, NULL);
        client_init(&c, &upstream, CONFIG_TLS12 | CONFIG_TLS13, NULL);
        c.context->fallback = whys[i];
        c.context->fallback_ms = UINT64_MAX;
        cr_assert_eq(tls_session_open(c.session, c.context, c.in, c.out, 1000), STATUS_OK);
        cr_assert_eq(tls_session_handshake(c.session), TLS_AGAIN_READ);
        memcpy(tls_session_room(c.session, &room), alert, sizeof alert);
        tls_session_fed(c.session, sizeof alert);
        cr_assert_eq(tls_session_handshake(c.session), TLS_FAILED);
        cr_assert_eq(tls_session_cause(c.session), TLS_CAUSE_ALERT);
        tls_session_close(c.session);
        cr_assert_eq(c.context->fallback, TLS_FALLBACK_NONE);
        cr_assert_eq(tls_session_open(c.session, c.context, c.in, c.out, 2000), STATUS_OK);
        cr_assert_eq(tls_context_fall_back(c.session, whys[i]), whys[i] == TLS_FALLBACK_PSS);
        tls_session_close(c.session);
        c.context->fallback = TLS_FALLBACK_NONE;
        cr_assert_eq(tls_session_open(c.session, c.context, c.in, c.out, 1000 + TLS_REFUSED_MS),
                     STATUS_OK);
        cr_assert(tls_context_fall_back(c.session, whys[i]));
        client_fini(&c);
    }
}

/* --- what a check costs ----------------------------------------------------------------------- */

/* A public key of any size, as nobody has to own: it is never to be computed with. */
static void
make_rsa(struct party *p, size_t bits, size_t exponent_bits)
{
    unsigned char n[2048], e[2048];
    size_t n_size = bits / 8, e_size = (exponent_bits + 7) / 8;
    memset(n, 0xff, n_size);
    memset(e, 0, e_size);
    e[0] = (unsigned char)(1U << ((exponent_bits - 1) % 8));
    e[e_size - 1] |= 1;
    mbedtls_pk_init(&p->key);
    cr_assert_eq(mbedtls_pk_setup(&p->key, mbedtls_pk_info_from_type(MBEDTLS_PK_RSA)), 0);
    cr_assert_eq(mbedtls_rsa_import_raw(mbedtls_pk_rsa(p->key), n, n_size, NULL, 0, NULL, 0, NULL,
                                        0, e, e_size),
                 0);
    cr_assert_eq(mbedtls_rsa_complete(mbedtls_pk_rsa(p->key)), 0);
}

static void
expect_dear(struct party *stranger, struct party *signer)
{
    sign(stranger, "CN=dear", signer->subject, signer, true, NAME, GOOD_FROM, GOOD_TO);
    struct config_upstream asks[] = {policy(CONFIG_VERIFY_PIN_CA, NAME, &leaf, NULL),
                                     policy(CONFIG_VERIFY_PIN, NAME, &inter, NULL),
                                     policy(CONFIG_VERIFY_CA, NAME, NULL, NULL)};
    for (unsigned i = 0; i < sizeof asks / sizeof asks[0]; i++) {
        expect_refused(asks[i], &root, CHAIN(stranger, &inter, &leaf), TLS_CAUSE_DEAR,
                       "not computed with");
        expect_refused(asks[i], &root, CHAIN(&leaf, stranger, &inter), TLS_CAUSE_DEAR,
                       "certificate 1 of");
    }
}

Test(tls_trust, a_key_that_is_dear_to_compute_with_is_not_computed_with)
{
    static const size_t bits[][2] = {{8192, 8192}, {8192, 18}, {4096, 33}, {2048, 2048}};
    for (unsigned i = 0; i < sizeof bits / sizeof bits[0]; i++) {
        struct party stranger;
        make_rsa(&stranger, bits[i][0], bits[i][1]);
        expect_dear(&stranger, &other_root);
    }
    struct party strange_curve;
    mbedtls_pk_init(&strange_curve.key);
    cr_assert_eq(mbedtls_pk_setup(&strange_curve.key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)),
                 0);
    cr_assert_eq(
        mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_BP512R1, mbedtls_pk_ec(strange_curve.key), rng, NULL),
        0);
    sign(&strange_curve, "CN=dear", other_root.subject, &other_root, true, NULL, GOOD_FROM,
         GOOD_TO);
    expect_refused(policy(CONFIG_VERIFY_PIN, NAME, &leaf, NULL), NULL, CHAIN(&leaf, &strange_curve),
                   TLS_CAUSE_DEAR, "not computed with");
}

Test(tls_trust, a_key_of_the_largest_size_in_use_is_no_obstacle)
{
    struct party along;
    make_rsa(&along, 8192, 17);
    sign(&along, "CN=along", other_root.subject, &other_root, true, NULL, GOOD_FROM, GOOD_TO);
    expect_trusted(policy(CONFIG_VERIFY_PIN_CA, NAME, &leaf, NULL), &root,
                   CHAIN(&leaf, &inter, &along), 0, 0);
}

Test(tls_trust, a_chain_of_many_certificates_is_not_looked_at)
{
    static struct party along[9];
    struct party *chain[12] = {&leaf, &inter};
    for (unsigned i = 0; i < 9; i++) {
        char subject[] = "CN=A";
        subject[3] = (char)('A' + i);
        make_ca(&along[i], subject, NULL);
        chain[2 + i] = &along[i];
    }
    expect_refused(policy(CONFIG_VERIFY_PIN, NAME, &leaf, NULL), NULL, chain, TLS_CAUSE_DEAR,
                   "more than 10 certificates");
    chain[10] = NULL;
    expect_trusted(policy(CONFIG_VERIFY_PIN, NAME, &leaf, NULL), NULL, chain, 0, 0);
}

static void
make_curve(struct party *p, mbedtls_ecp_group_id curve)
{
    mbedtls_pk_init(&p->key);
    cr_assert_eq(mbedtls_pk_setup(&p->key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)), 0);
    cr_assert_eq(mbedtls_ecp_gen_key(curve, mbedtls_pk_ec(p->key), rng, NULL), 0);
}

/* Issuers past their time, so that none ends the search, and none has really signed: `names` says
 * who might be whose, each by its first letter; the issuer's is the second. */
static void
make_maze(struct party maze[], const char *names[], unsigned count, mbedtls_ecp_group_id curve)
{
    for (unsigned i = 0; i < count; i++) {
        char subject[] = "CN=?", issuer[] = "CN=?";
        subject[3] = names[i][0];
        issuer[3] = names[i][1];
        make_curve(&maze[i], curve);
        sign(&maze[i], subject, issuer, &other_leaf, i > 0, NAME,
             i > 0 ? "20100101000000" : GOOD_FROM, i > 0 ? "20110101000000" : GOOD_TO);
    }
}

Test(tls_trust, a_chain_in_which_all_may_have_signed_all_is_not_walked)
{
    static const char *names[] = {"la", "aa", "AA", "aa"}; /* pairs: 3 + 2 + 1 */
    static const char *more[] = {"la", "aa", "aA", "Aa", "xa"};
    static struct party maze[5];
    make_maze(maze, names, 4, MBEDTLS_ECP_DP_SECP256R1);
    expect_refused(policy(CONFIG_VERIFY_CA, NAME, NULL, NULL), &root,
                   CHAIN(&maze[0], &maze[1], &maze[2], &maze[3]), TLS_CAUSE_CA,
                   "not signed by a CA");
    make_maze(maze, more, 5, MBEDTLS_ECP_DP_SECP256R1);
    sign(&maze[4], "CN=a", "CN=b", &other_leaf, true, NULL, GOOD_FROM, GOOD_TO);
    expect_refused(policy(CONFIG_VERIFY_CA, NAME, NULL, NULL), &root,
                   CHAIN(&maze[0], &maze[1], &maze[2], &maze[3], &maze[4]), TLS_CAUSE_DEAR,
                   "too many could be issuers");
}

/* Nothing but what the measures let pass, at its dearest. */
Test(tls_trust, the_dearest_chain_that_passes_costs_little)
{
    static const char *names[] = {"la", "aa", "aa", "aa"};
    static struct party maze[4];
    struct scene s;
    make_maze(maze, names, 4, MBEDTLS_ECP_DP_SECP521R1);
    play(&s, policy(CONFIG_VERIFY_CA, NAME, NULL, NULL), &root,
         CHAIN(&maze[0], &maze[1], &maze[2], &maze[3]));
    cr_assert_eq(meet(&s.client, &s.server, SIZE_MAX), TLS_FAILED);
    cr_assert_eq(tls_session_cause(s.client.session), TLS_CAUSE_CA, "%s",
                 tls_session_error(s.client.session));
    uint64_t cost_us = tls_session_cpu_us(s.client.session);
    client_fini(&s.client);
    server_fini(&s.server);
    /* against one that is trusted, on this machine as it is now */
    play(&s, policy(CONFIG_VERIFY_CA, NAME, NULL, NULL), &root, CHAIN(&leaf, &inter));
    cr_assert_eq(meet(&s.client, &s.server, SIZE_MAX), TLS_OK);
    uint64_t plain_us = tls_session_cpu_us(s.client.session);
    client_fini(&s.client);
    server_fini(&s.server);
    printf("dearest: %u us, plain: %u us\n", (unsigned)cost_us, (unsigned)plain_us);
    cr_assert(cost_us > 0 && cost_us < 25 * plain_us, "%u us against %u us", (unsigned)cost_us,
              (unsigned)plain_us);
}

Test(tls_trust, keys_are_exchanged_over_curves_alone)
{
    static const uint16_t fields[] = {MBEDTLS_SSL_IANA_TLS_GROUP_FFDHE2048,
                                      MBEDTLS_SSL_IANA_TLS_GROUP_NONE};
    struct scene s;
    play(&s, policy(CONFIG_VERIFY_PIN, NAME, &leaf, NULL), NULL, CHAIN(&leaf, &inter));
    mbedtls_ssl_conf_groups(&s.server.config, fields);
    cr_assert_neq(meet(&s.client, &s.server, SIZE_MAX), TLS_OK); /* nothing in common */
    cr_assert_not(mbedtls_ssl_is_handshake_over(&s.server.ssl));
    client_fini(&s.client);
    server_fini(&s.server);
}

Test(tls_trust, a_strangers_chain_without_the_pin_costs_no_signature)
{
    struct party lone_root, stranger;
    make_ca(&lone_root, "CN=Root", NULL);
    make_leaf(&stranger, &lone_root, NAME);
    expect_refused(policy(CONFIG_VERIFY_PIN_CA, NAME, &leaf, NULL), &root,
                   CHAIN(&stranger, &lone_root), TLS_CAUSE_PIN, "no pin of 1 matches");
    /* where an anchor of ours has the pin, it need not be sent, and the chain is walked */
    expect_refused(policy(CONFIG_VERIFY_PIN_CA, NAME, &root, NULL), &root,
                   CHAIN(&stranger, &lone_root), TLS_CAUSE_PIN, "no pin of 1 matches");
}
