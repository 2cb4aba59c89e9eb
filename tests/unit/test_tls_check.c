/* test_tls_check.c - what the TLS library takes of a server, and we do not
 * SPDX-License-Identifier: ISC
 */
#include "tls_scene.h"

#include "worker/tls_check.h"

#include <mbedtls/version.h>

TestSuite(tls_check, .init = setup);

static const uint16_t x25519[] = {MBEDTLS_SSL_IANA_TLS_GROUP_X25519, 0};
static const uint16_t p256[] = {MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1, 0};
static const uint16_t p384[] = {MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1, 0};

static void
begin(struct scene *s, uint32_t versions, const uint16_t *groups)
{
    struct config_upstream upstream = policy(CONFIG_VERIFY_PIN, NAME, &leaf, NULL);
    server_init(&s->server, CHAIN(&leaf, &inter));
    if (groups != NULL)
        mbedtls_ssl_conf_groups(&s->server.config, groups);
    if (versions == CONFIG_TLS12)
        mbedtls_ssl_conf_max_tls_version(&s->server.config, MBEDTLS_SSL_VERSION_TLS1_2);
    client_init(&s->client, &upstream, CONFIG_TLS12 | CONFIG_TLS13, NULL);
}

static void
end(struct scene *s)
{
    client_fini(&s->client);
    server_fini(&s->server);
}

Test(tls_check, the_group_is_known_in_each_version_with_and_without_another_try)
{
    static const struct {
        uint32_t versions;
        const uint16_t *groups;
    } cases[] = {{CONFIG_TLS13, x25519}, {CONFIG_TLS13, p384}, {CONFIG_TLS13, p256},
                 {CONFIG_TLS12, x25519}, {CONFIG_TLS12, p256}, {CONFIG_TLS12, p384}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (size_t most = 1; most != 0; most = most == 1 ? SIZE_MAX : 0) {
            struct scene s;
            begin(&s, cases[i].versions, cases[i].groups);
            cr_assert_eq(meet(&s.client, &s.server, most), TLS_OK, "%s",
                         tls_session_error(s.client.session));
            const struct tls_facts *facts = tls_session_facts(s.client.session);
            cr_expect_eq(facts->group, cases[i].groups[0], "case %zu: %u", i, facts->group);
            cr_expect_eq(facts->version, cases[i].versions == CONFIG_TLS13 ? 0x0304 : 0x0303);
            assert_talks(&s.client, &s.server);
            end(&s);
        }
}

Test(tls_check, the_group_is_known_of_a_session_that_is_resumed)
{
    struct scene s;
    char text[64];
    size_t got;
    begin(&s, CONFIG_TLS13, p384);
    cr_assert_eq(meet(&s.client, &s.server, SIZE_MAX), TLS_OK);
    (void)hear(&s.client, &s.server, text, sizeof text, &got);
    cr_assert_eq(meet(&s.client, &s.server, SIZE_MAX), TLS_OK);
    const struct tls_facts *facts = tls_session_facts(s.client.session);
    cr_assert(facts->resumed);
    cr_assert_eq(facts->group, p384[0]);
    end(&s);
}

/* The server's first answer, in which it asks for another try. @return its key_share's group */
static uint8_t *
ask_again(struct scene *s)
{
    begin(s, CONFIG_TLS13, p384);
    server_begin(&s->server);
    cr_assert_eq(
        tls_session_open(s->client.session, s->client.context, s->client.in, s->client.out, 1),
        STATUS_OK);
    cr_assert_eq(tls_session_handshake(s->client.session), TLS_AGAIN_READ);
    carry(&s->client, &s->server, SIZE_MAX);
    server_step(&s->server);
    uint8_t *record = s->server.to_client.data;
    cr_assert(record[0] == 22 && record[5] == MBEDTLS_SSL_HS_SERVER_HELLO);
    static const uint8_t share[] = {0, 51, 0, 2, 0, 24};
    for (size_t at = 5; at < s->server.to_client.tail; at++)
        if (memcmp(record + at, share, sizeof share) == 0)
            return record + at + 4;
    cr_assert_fail("no other try was asked for");
    return NULL;
}

/* CVE-2026-25832: what is asked for is known to the library, and was not offered. */
Test(tls_check, a_group_that_was_not_offered_is_refused_before_anything_is_computed_in_it)
{
    static const uint16_t others[] = {
        MBEDTLS_SSL_IANA_TLS_GROUP_BP256R1, MBEDTLS_SSL_IANA_TLS_GROUP_SECP256K1,
        MBEDTLS_SSL_IANA_TLS_GROUP_X448, MBEDTLS_SSL_IANA_TLS_GROUP_FFDHE8192, 0x1234};
    unsigned refused_by_us = 0;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct scene s;
        size_t due;
        uint8_t *group = ask_again(&s);
        group[0] = (uint8_t)(others[i] >> 8);
        group[1] = (uint8_t)others[i];
        carry(&s.client, &s.server, SIZE_MAX);
        cr_assert_eq(tls_session_handshake(s.client.session), TLS_FAILED);
        const uint8_t *sent = tls_session_due(s.client.session, &due);
        bool is_ours = strstr(tls_session_error(s.client.session), "was not offered") != NULL;
        bool is_alert = due == 7 && sent[0] == 21 && sent[5] == 2 && sent[6] == 47;
        refused_by_us += is_ours;
        cr_assert(is_alert || (due == 0 && !is_ours),
                  "group 0x%04x: an alert of an illegal parameter or nothing: %zu octets; %s",
                  others[i], due, tls_session_error(s.client.session));
        assert_silent(&s.client, &s.server);
        end(&s);
    }
    if (MBEDTLS_VERSION_NUMBER < 0x03060700)
        cr_assert_gt(refused_by_us, 0, "the library takes some of them");
    printf("%u of them were taken by the library\n", refused_by_us);
}

/* --- hellos that no library would send ------------------------------------------------------- */

static const uint8_t hello13[] = {22, 3,  3,  0,  52, 2,  0,  0,  48, 3,  3,  1,  2,  3,  4,
                                  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
                                  20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 0,  0x13,
                                  1,  0,  0,  8,  0,  51, 0,  4,  0,  29, 0,  0};
#define GROUP_AT (sizeof hello13 - 3)

/* What we say of octets that the library would have taken. @return the explanation */
static const char *
judge(struct scene *s, const uint8_t *octets, size_t size)
{
    cr_assert_eq(
        tls_session_open(s->client.session, s->client.context, s->client.in, s->client.out, 1),
        STATUS_OK);
    tls_hello_feed(&s->client.session->hello, octets, size);
    int error = tls_check_hello(s->client.session);
    cr_assert_eq(error == 0, s->client.session->cause == TLS_CAUSE_NONE);
    return tls_session_error(s->client.session);
}

Test(tls_check, whatever_the_library_takes_is_judged_by_us)
{
    struct scene s;
    uint8_t octets[sizeof hello13];
    begin(&s, CONFIG_TLS13, NULL);
    memcpy(octets, hello13, sizeof octets);
    cr_expect_str_eq(judge(&s, octets, sizeof octets), "");
    cr_expect_eq(s.client.session->group, 29);
    for (unsigned group = 0; group < 65536; group += group < 300 ? 1 : 97) {
        bool is_offered = group == 29 || (group >= 23 && group <= 25);
        octets[GROUP_AT - 1] = (uint8_t)(group >> 8);
        octets[GROUP_AT] = (uint8_t)group;
        const char *error = judge(&s, octets, sizeof octets);
        cr_expect_eq(error[0] == '\0', is_offered, "group %u: %s", group, error);
        tls_session_close(s.client.session);
    }
    memcpy(octets, hello13, sizeof octets);
    octets[10] = 4; /* CVE-2026-115490 */
    cr_expect_not_null(strstr(judge(&s, octets, sizeof octets), "version 0x0304 where"));
    cr_expect_not_null(strstr(judge(&s, octets, sizeof octets - 1), "broken"));
    end(&s);
}
