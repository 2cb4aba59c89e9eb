/* test_tls_policy.c - what tls.policy offers, and what it refuses
 * SPDX-License-Identifier: ISC
 */
#include "tls_scene.h"

#include "worker/tls_internal.h"
#include "worker/tls_policy.h"

#include <criterion/criterion.h>

TestSuite(tls_policy, .init = setup);

static const uint32_t both_versions = CONFIG_TLS12 | CONFIG_TLS13;

/* @param words  of the reason why it is refused; NULL: it is trusted */
static void
expect_under(struct scene *s, uint32_t policy_value, struct config_upstream upstream,
             struct party *ca, const char *words)
{
    client_init_under(&s->client, &upstream, (struct tls_rules){both_versions, policy_value},
                      ca != NULL ? anchors_of(ca) : NULL);
    enum tls_result result = meet(&s->client, &s->server, SIZE_MAX);
    const char *error = tls_session_error(s->client.session);
    cr_assert_eq(result, words == NULL ? TLS_OK : TLS_FAILED, "%s", error);
    cr_assert(words == NULL || strstr(error, words) != NULL, "\"%s\" not in: %s", words, error);
    if (words == NULL)
        assert_talks(&s->client, &s->server);
    else
        assert_silent(&s->client, &s->server);
    client_fini(&s->client);
}

/* What approved refuses with these words works under modern. */
static void
expect_only_modern(struct scene *s, struct config_upstream upstream, struct party *ca,
                   const char *words)
{
    expect_under(s, CONFIG_TLS_MODERN, upstream, ca, NULL);
    expect_under(s, CONFIG_TLS_APPROVED, upstream, ca, words);
    server_fini(&s->server);
}

static struct config_upstream
pinned(void)
{
    return policy(CONFIG_VERIFY_PIN_CA, NAME, &leaf, NULL);
}

Test(tls_policy, approved_is_a_part_of_modern)
{
    const struct tls_policy *modern = tls_policy_of(CONFIG_TLS_MODERN);
    const struct tls_policy *approved = tls_policy_of(CONFIG_TLS_APPROVED);
    unsigned suites = 0, groups = 0;
    for (const int *of = modern->suites, *at = approved->suites; *at != 0; at++, suites++) {
        while (*of != *at && *of != 0)
            of++;
        cr_assert_eq(*of, *at, "suite 0x%04x", (unsigned)*at);
        cr_assert_null(strstr(mbedtls_ssl_get_ciphersuite_name(*at), "CHACHA"));
        cr_assert_not_null(strstr(mbedtls_ssl_get_ciphersuite_name(*at), "GCM"));
    }
    for (const uint16_t *at = approved->groups; *at != 0; at++, groups++)
        cr_assert(*at >= 23 && *at <= 25, "group %u", *at); /* secp256r1 to secp521r1 */
    cr_assert_eq(suites, 6);
    cr_assert_eq(groups, 3);
    cr_assert_eq(tls_policy_of(77), approved);
}

Test(tls_policy, an_approved_server_is_spoken_with)
{
    static const mbedtls_ssl_protocol_version versions[] = {MBEDTLS_SSL_VERSION_TLS1_2,
                                                            MBEDTLS_SSL_VERSION_TLS1_3};
    for (unsigned i = 0; i < 2; i++) {
        struct scene s;
        server_init(&s.server, CHAIN(&leaf, &inter));
        mbedtls_ssl_conf_max_tls_version(&s.server.config, versions[i]);
        expect_under(&s, CONFIG_TLS_APPROVED, pinned(), &root, NULL);
        server_fini(&s.server);
    }
}

Test(tls_policy, a_server_of_chacha20_alone_is_refused)
{
    static const int suites[] = {MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256,
                                 MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, 0};
    for (unsigned i = 0; i < 2; i++) {
        struct scene s;
        server_init(&s.server, CHAIN(&leaf, &inter));
        mbedtls_ssl_conf_ciphersuites(&s.server.config, suites + i);
        if (i == 1)
            mbedtls_ssl_conf_max_tls_version(&s.server.config, MBEDTLS_SSL_VERSION_TLS1_2);
        expect_only_modern(&s, pinned(), &root, "tls.policy: approved offers AES-GCM");
    }
}

Test(tls_policy, a_server_of_x25519_alone_is_refused)
{
    static const uint16_t groups[] = {MBEDTLS_SSL_IANA_TLS_GROUP_X25519, 0};
    struct scene s;
    server_init(&s.server, CHAIN(&leaf, &inter));
    mbedtls_ssl_conf_groups(&s.server.config, groups);
    expect_under(&s, CONFIG_TLS_MODERN, pinned(), &root, NULL);
    /* a server of mbedTLS gives up and says nothing; of others see tests/integration */
    struct config_upstream upstream = pinned();
    client_init_under(&s.client, &upstream, (struct tls_rules){both_versions, CONFIG_TLS_APPROVED},
                      anchors_of(&root));
    cr_assert_neq(meet(&s.client, &s.server, SIZE_MAX), TLS_OK);
    cr_assert_eq(s.server.last, MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE);
    client_fini(&s.client);
    server_fini(&s.server);
}

static void
make_rsa_leaf(struct party *p, unsigned bits)
{
    mbedtls_pk_init(&p->key);
    cr_assert_eq(mbedtls_pk_setup(&p->key, mbedtls_pk_info_from_type(MBEDTLS_PK_RSA)), 0);
    cr_assert_eq(mbedtls_rsa_gen_key(mbedtls_pk_rsa(p->key), rng, NULL, bits, 65537), 0);
    sign(p, "CN=leaf", root.subject, &root, false, NAME, GOOD_FROM, GOOD_TO);
}

/* A pinned key alone is not measured by mbedTLS: it never walks to it. */
Test(tls_policy, a_pinned_key_that_is_too_short_is_refused)
{
    struct party weak;
    struct scene s;
    make_rsa_leaf(&weak, 1024);
    server_init(&s.server, CHAIN(&weak));
    expect_only_modern(&s, policy(CONFIG_VERIFY_PIN, NAME, &weak, NULL), NULL,
                       "certificate 0 of the server's chain has an RSA key of 1024 bits");
    make_rsa_leaf(&weak, 2048);
    server_init(&s.server, CHAIN(&weak));
    expect_under(&s, CONFIG_TLS_APPROVED, policy(CONFIG_VERIFY_PIN, NAME, &weak, NULL), NULL, NULL);
    server_fini(&s.server);
}

Test(tls_policy, a_digest_that_is_too_weak_is_refused_but_where_nobody_relies_on_it)
{
    struct party old, self;
    struct scene s;
    extras = (struct extras){.digest = MBEDTLS_MD_SHA1};
    make_leaf(&old, &root, NAME);
    make_ca(&self, "CN=Self", NULL);
    extras = (struct extras){0};
    server_init(&s.server, CHAIN(&old));
    expect_only_modern(&s, policy(CONFIG_VERIFY_PIN, NAME, &old, NULL), NULL,
                       "certificate 0 of the server's chain is not signed with");
    server_init(&s.server, CHAIN(&leaf, &inter, &self));
    expect_under(&s, CONFIG_TLS_APPROVED, pinned(), &root, NULL);
    server_fini(&s.server);
}

/* An anchor is not sent, so that the walk alone sees its key. */
Test(tls_policy, an_anchor_on_another_curve_is_refused)
{
    struct party anchor, below;
    struct scene s;
    mbedtls_pk_init(&anchor.key);
    cr_assert_eq(mbedtls_pk_setup(&anchor.key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)), 0);
    cr_assert_eq(mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_BP256R1, mbedtls_pk_ec(anchor.key), rng, NULL),
                 0);
    sign(&anchor, "CN=Curve", "CN=Curve", &anchor, true, NULL, GOOD_FROM, GOOD_TO);
    make_leaf(&below, &anchor, NAME);
    server_init(&s.server, CHAIN(&below));
    expect_only_modern(&s, policy(CONFIG_VERIFY_CA, NAME, NULL, NULL), &anchor,
                       "a key or digest that tls.policy: approved does not take");
}

Test(tls_policy, tls_12_without_the_extended_master_secret_is_refused)
{
    struct scene s;
    server_init(&s.server, CHAIN(&leaf, &inter));
    mbedtls_ssl_conf_max_tls_version(&s.server.config, MBEDTLS_SSL_VERSION_TLS1_2);
    mbedtls_ssl_conf_extended_master_secret(&s.server.config, MBEDTLS_SSL_EXTENDED_MS_DISABLED);
    expect_only_modern(&s, pinned(), &root, "without the extended master secret");
}

Test(tls_policy, a_group_is_offered_or_not)
{
    for (unsigned group = 0; group < 65536; group++) {
        bool is_curve = group >= 23 && group <= 25;
        cr_assert_eq(tls_policy_has_group(tls_policy_of(CONFIG_TLS_APPROVED), (uint16_t)group),
                     is_curve, "%u", group);
        cr_assert_eq(tls_policy_has_group(tls_policy_of(CONFIG_TLS_MODERN), (uint16_t)group),
                     is_curve || group == 29, "%u", group);
    }
}
