/* tls_context.c - what is asked of an upstream, and the tickets it gave
 * SPDX-License-Identifier: ISC
 */
#include "worker/tls_context.h"

#include "os/random.h"
#include "worker/tls_internal.h"
#include "worker/tls_pin.h"
#include "worker/tls_policy.h"
#include "worker/tls_ticket.h"

#include <arpa/inet.h>
#include <string.h>

/* For a server that speaks 1.2 and goes by our order, PKCS #1 stands before PSS, which mbedTLS can
 * check in 1.3 only. In 1.3 PKCS #1 is for signatures in certificates (RFC 8446 section 4.2.3). */
static const uint16_t signatures[] = {
    MBEDTLS_TLS1_3_SIG_ECDSA_SECP256R1_SHA256, MBEDTLS_TLS1_3_SIG_ECDSA_SECP384R1_SHA384,
    MBEDTLS_TLS1_3_SIG_ECDSA_SECP521R1_SHA512, MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA256,
    MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA384,       MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA512,
    MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA256,    MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA384,
    MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA512,    MBEDTLS_TLS1_3_SIG_NONE};

/* the same without PSS */
static const uint16_t signatures12[] = {MBEDTLS_TLS1_3_SIG_ECDSA_SECP256R1_SHA256,
                                        MBEDTLS_TLS1_3_SIG_ECDSA_SECP384R1_SHA384,
                                        MBEDTLS_TLS1_3_SIG_ECDSA_SECP521R1_SHA512,
                                        MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA256,
                                        MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA384,
                                        MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA512,
                                        MBEDTLS_TLS1_3_SIG_NONE};

static const char *protocols[] = {"dot", NULL}; /* RFC 7858 section 3.1, IANA ALPN registry */

size_t
tls_context_bytes(void)
{
    return sizeof(struct tls_context);
}

static int
give_random(void *unused, unsigned char *to, size_t size)
{
    (void)unused;
    random_fill(to, size);
    return 0;
}

static bool
is_complete(const struct config_upstream *upstream, const struct tls_anchors *anchors)
{
    bool pins = upstream->pins_count > 0 && upstream->pins_count <= CONFIG_PINS_MAX;
    bool ca =
        anchors != NULL && (upstream->tls_name[0] != '\0' || upstream->address.family != ADDR_NONE);
    switch ((enum config_verify)upstream->verify) {
    case CONFIG_VERIFY_PIN_CA:
        return pins && ca;
    case CONFIG_VERIFY_PIN:
        return pins;
    case CONFIG_VERIFY_CA:
        return ca;
    }
    return false;
}

/* @param versions  bits of enum config_tls_versions */
static enum status
configure(const struct tls_context *context, mbedtls_ssl_config *config, uint32_t versions)
{
    if (mbedtls_ssl_config_defaults(config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                    MBEDTLS_SSL_PRESET_DEFAULT) != 0 ||
        mbedtls_ssl_conf_alpn_protocols(config, protocols) != 0)
        return STATUS_SYSTEM;
    mbedtls_ssl_conf_rng(config, give_random, NULL);
    mbedtls_ssl_conf_min_tls_version(config, (versions & CONFIG_TLS12) != 0
                                                 ? MBEDTLS_SSL_VERSION_TLS1_2
                                                 : MBEDTLS_SSL_VERSION_TLS1_3);
    mbedtls_ssl_conf_max_tls_version(config, (versions & CONFIG_TLS13) != 0
                                                 ? MBEDTLS_SSL_VERSION_TLS1_3
                                                 : MBEDTLS_SSL_VERSION_TLS1_2);
    mbedtls_ssl_conf_ciphersuites(config, context->policy->suites);
    mbedtls_ssl_conf_groups(config, context->policy->groups);
    mbedtls_ssl_conf_sig_algs(config, (versions & CONFIG_TLS13) != 0 ? signatures : signatures12);
    /* a resumed session makes new keys too; keys of a ticket alone have no forward secrecy */
    mbedtls_ssl_conf_tls13_key_exchange_modes(
        config, MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL |
                    MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_EPHEMERAL);
    /* tls_trust.c verifies, between two steps of the handshake */
    mbedtls_ssl_conf_authmode(config, MBEDTLS_SSL_VERIFY_NONE);
    mbedtls_ssl_conf_session_tickets(config, MBEDTLS_SSL_SESSION_TICKETS_DISABLED); /* of TLS 1.2 */
    mbedtls_ssl_conf_renegotiation(config, MBEDTLS_SSL_RENEGOTIATION_DISABLED);
    if (!context->look)
        mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(
            config, MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED);
    return STATUS_OK;
}

/* What the certificate must be for: the configured name or address, else where the upstream is. */
static enum status
set_name(struct tls_context *context, const struct config_upstream *upstream, const char *name)
{
    char address[INET6_ADDRSTRLEN];
    if (upstream != NULL)
        name = upstream->tls_name;
    if (upstream != NULL && name[0] == '\0' && upstream->verify != CONFIG_VERIFY_PIN) {
        int family = upstream->address.family == ADDR_IPV4 ? AF_INET : AF_INET6;
        name = inet_ntop(family, upstream->address.bytes, address, sizeof address);
    }
    size_t length = name != NULL ? strnlen(name, sizeof context->name) : sizeof context->name;
    if (length == sizeof context->name)
        return STATUS_INVALID;
    memcpy(context->name, name, length);
    context->ip_size = mbedtls_x509_crt_parse_cn_inet_pton(context->name, context->ip);
    return STATUS_OK;
}

static void
set_pins(struct tls_context *context, const struct config_upstream *upstream)
{
    context->verify = upstream->verify;
    context->pins_count = upstream->verify != CONFIG_VERIFY_CA ? upstream->pins_count : 0;
    memcpy(context->pins, upstream->pins, sizeof context->pins);
    const mbedtls_x509_crt *ca = context->anchors != NULL ? &context->anchors->chain : NULL;
    for (; context->pins_count > 0 && ca != NULL && !context->has_anchor_pin; ca = ca->next)
        context->has_anchor_pin = tls_pin_index(context, ca) >= 0;
}

enum status
tls_context_init(struct tls_context *context, const struct config_upstream *upstream,
                 const char *name, struct tls_rules rules, struct tls_anchors *anchors)
{
    uint32_t generation = context->generation + 1;
    *context = (struct tls_context){.generation = generation,
                                    .look = upstream == NULL,
                                    .anchors = anchors,
                                    .versions = rules.versions,
                                    .policy = tls_policy_of(rules.policy)};
    if (upstream != NULL && !is_complete(upstream, anchors))
        return STATUS_INVALID;
    if (set_name(context, upstream, name) != STATUS_OK)
        return STATUS_INVALID;
    if (upstream != NULL)
        set_pins(context, upstream);
    mbedtls_ssl_config_init(&context->config);
    mbedtls_ssl_config_init(&context->config12);
    context->is_open = true;
    enum status status = configure(context, &context->config, rules.versions);
    if (status == STATUS_OK)
        status = configure(context, &context->config12, CONFIG_TLS12);
    if (status != STATUS_OK)
        tls_context_fini(context);
    return status;
}

const mbedtls_ssl_config *
tls_context_config(struct tls_session *session)
{
    struct tls_context *context = session->context;
    if (session->now_ms >= context->fallback_ms)
        context->fallback = TLS_FALLBACK_NONE;
    session->fallback = context->fallback;
    return session->fallback == TLS_FALLBACK_NONE ? &context->config : &context->config12;
}

bool
tls_context_fall_back(struct tls_session *session, enum tls_fallback why)
{
    struct tls_context *context = session->context;
    if (context->versions != (CONFIG_TLS12 | CONFIG_TLS13) || context->look ||
        session->fallback != TLS_FALLBACK_NONE || session->generation != context->generation ||
        session->now_ms < context->refused_ms)
        return false;
    tls_ticket_forget(context); /* tickets are of TLS 1.3 */
    context->fallback = why;
    context->fallback_ms = session->now_ms + TLS_FALLBACK_MS;
    return true;
}

void
tls_context_climb(struct tls_session *session)
{
    struct tls_context *context = session->context;
    if (session->generation != context->generation)
        return;
    context->fallback = TLS_FALLBACK_NONE;
    /* not for long, for an alert in the clear can be anybody's; a server that signs with RSA-PSS in
     * TLS 1.2 is at once asked so again */
    if (session->fallback == TLS_FALLBACK_REKEY)
        context->refused_ms = session->now_ms + TLS_REFUSED_MS;
}

void
tls_context_fini(struct tls_context *context)
{
    if (!context->is_open)
        return;
    tls_ticket_forget(context);
    mbedtls_ssl_config_free(&context->config);
    mbedtls_ssl_config_free(&context->config12);
    context->is_open = false;
}
