/* test_tls_context.c - what an upstream is asked: versions, name, curves, and the way back to TLS 1.3
 * SPDX-License-Identifier: ISC
 */
#include "tls_scene.h"

#include "base/bytes.h"
#include "worker/tls_internal.h"

#include <criterion/criterion.h>

TestSuite(tls_context, .init = setup);

Test(tls_context, tls_12_is_refused_unless_configured)
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

Test(tls_context, an_incomplete_policy_is_no_policy)
{
    struct tls_context *context = calloc(1, tls_context_bytes());
    struct tls_anchors *anchors = anchors_of(&root);
    struct config_upstream bad[] = {policy(CONFIG_VERIFY_PIN_CA, NAME, NULL, NULL),
                                    policy(CONFIG_VERIFY_PIN_CA, "", &leaf, NULL),
                                    policy(CONFIG_VERIFY_PIN, NAME, NULL, NULL),
                                    policy(CONFIG_VERIFY_CA, "", NULL, NULL),
                                    policy((enum config_verify)77, NAME, &leaf, NULL)};
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_assert_eq(tls_context_init(context, &bad[i], "",
                                      (struct tls_rules){.versions = CONFIG_TLS13}, anchors),
                     STATUS_INVALID);
    struct config_upstream ca = policy(CONFIG_VERIFY_PIN_CA, NAME, &leaf, NULL);
    cr_assert_eq(
        tls_context_init(context, &ca, "", (struct tls_rules){.versions = CONFIG_TLS13}, NULL),
        STATUS_INVALID);
    free(context);
}

/* The data of an extension of the ClientHello that the server got. @return octets; 0: it has none */
static size_t
extension_of_hello(const struct server *server, uint16_t wanted, const uint8_t **data)
{
    struct bytes_reader r = bytes_reader(server->to_server.data, server->to_server.tail);
    bytes_skip(&r, 5 + 4 + 2 + 32);    /* record, message, version, random */
    bytes_skip(&r, bytes_get_u8(&r));  /* session id */
    bytes_skip(&r, bytes_get_u16(&r)); /* cipher suites */
    bytes_skip(&r, bytes_get_u8(&r));  /* compression */
    for (size_t end = r.pos + 2 + bytes_get_u16(&r); !r.failed && r.pos < end;) {
        uint16_t type = bytes_get_u16(&r);
        size_t size = bytes_get_u16(&r);
        *data = bytes_get_view(&r, size);
        if (type == wanted)
            return size;
    }
    return 0;
}

Test(tls_context, offers_four_curves_and_no_resumption_without_new_keys)
{
    static const uint8_t groups[] = {0, 8, 0, 0x1d, 0, 0x17, 0, 0x18, 0, 0x19};
    static const uint8_t modes[] = {1, 1}; /* psk_dhe_ke alone, RFC 8446 section 4.2.9 */
    struct scene s;
    const uint8_t *data = NULL;
    play(&s, policy(CONFIG_VERIFY_PIN_CA, NAME, &leaf, NULL), &root, CHAIN(&leaf, &inter));
    for (unsigned i = 0; i < 2; i++) { /* the second with a ticket */
        cr_assert_eq(meet(&s.client, &s.server, SIZE_MAX), TLS_OK);
        cr_assert_eq(tls_session_facts(s.client.session)->resumed, i == 1);
        cr_assert_eq(extension_of_hello(&s.server, 10, &data), sizeof groups);
        cr_assert_arr_eq(data, groups, sizeof groups);
        cr_assert_eq(extension_of_hello(&s.server, 45, &data), sizeof modes);
        cr_assert_arr_eq(data, modes, sizeof modes);
        assert_talks(&s.client, &s.server);
    }
    client_fini(&s.client);
    server_fini(&s.server);
}

static char seen_sni[64];

static int
note_sni(void *owner, mbedtls_ssl_context *ssl, const unsigned char *name, size_t size)
{
    (void)owner, (void)ssl;
    snprintf(seen_sni, sizeof seen_sni, "%.*s", (int)size, (const char *)name);
    return 0;
}

Test(tls_context, an_address_is_never_sent_as_sni)
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

/* Anybody on the way can send an alert in the clear: it must not decide for long. */
Test(tls_context, an_alert_ends_a_fallback_and_forbids_the_next_one_for_a_minute_at_most)
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

Test(tls_context, a_server_that_speaks_13_after_all_ends_a_fallback)
{
    struct scene s;
    struct config_upstream upstream = policy(CONFIG_VERIFY_PIN, NAME, &leaf, NULL);
    server_init(&s.server, CHAIN(&leaf, &inter));
    client_init(&s.client, &upstream, CONFIG_TLS12 | CONFIG_TLS13, NULL);
    s.client.context->fallback = TLS_FALLBACK_PSS;
    s.client.context->fallback_ms = UINT64_MAX;
    cr_assert_eq(meet(&s.client, &s.server, SIZE_MAX), TLS_FAILED);
    cr_assert_eq(tls_session_cause(s.client.session), TLS_CAUSE_VERSION);
    cr_assert_eq(s.client.context->fallback, TLS_FALLBACK_NONE);
    client_fini(&s.client);
    server_fini(&s.server);
}

Test(tls_context, keys_are_exchanged_over_curves_alone)
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
