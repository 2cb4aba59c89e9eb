/* test_tls_chain.c - chains that are dear, and paths that do not hold
 * SPDX-License-Identifier: ISC
 */
#include "tls_scene.h"

#include "worker/tls_chain.h"
#include "worker/tls_internal.h"

#include <criterion/criterion.h>

TestSuite(tls_chain, .init = setup);

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
    tls_chain_walk(&mbedtls_x509_crt_profile_default, &crt, &anchor, &path);
    mbedtls_x509_crt_free(&crt);
    mbedtls_x509_crt_free(&anchor);
    return path.flags;
}

Test(tls_chain, a_certificate_that_is_not_for_servers_is_refused)
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

Test(tls_chain, an_issuer_that_is_not_for_servers_vouches_for_none)
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

Test(tls_chain, a_path_is_no_longer_than_an_issuer_says)
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

Test(tls_chain, an_issuer_past_its_time_vouches_for_nothing)
{
    struct party old, below;
    make_key(&old);
    sign(&old, "CN=Old", root.subject, &root, true, NULL, "20100101000000", "20110101000000");
    make_leaf(&below, &old, NAME);
    expect_unfit(&old, &root, CHAIN(&below, &old), TLS_CAUSE_EXPIRED,
                 "issuer's certificate is expired");
}

Test(tls_chain, of_two_certificates_over_a_pinned_key_the_fit_one_counts)
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

Test(tls_chain, a_key_that_is_dear_to_compute_with_is_not_computed_with)
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

Test(tls_chain, a_key_of_the_largest_size_in_use_is_no_obstacle)
{
    struct party along;
    make_rsa(&along, 8192, 17);
    sign(&along, "CN=along", other_root.subject, &other_root, true, NULL, GOOD_FROM, GOOD_TO);
    expect_trusted(policy(CONFIG_VERIFY_PIN_CA, NAME, &leaf, NULL), &root,
                   CHAIN(&leaf, &inter, &along), 0, 0);
}

Test(tls_chain, a_chain_of_many_certificates_is_not_looked_at)
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

Test(tls_chain, a_chain_in_which_all_may_have_signed_all_is_not_walked)
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
Test(tls_chain, the_dearest_chain_that_passes_costs_little)
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
