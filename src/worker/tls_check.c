/* tls_check.c - see tls_check.h
 * SPDX-License-Identifier: ISC
 */
#include "worker/tls_check.h"

#include "worker/tls_fault.h"
#include "worker/tls_policy.h"

#include <string.h>

/* After tls_fault_note(). @return what ends the session */
static int
end(struct tls_session *session, unsigned char alert)
{
    (void)mbedtls_ssl_send_alert_message(&session->ssl, MBEDTLS_SSL_ALERT_LEVEL_FATAL, alert);
    return MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE;
}

static bool
is_old_tls(const struct tls_session *session)
{
    return mbedtls_ssl_get_version_number(&session->ssl) == MBEDTLS_SSL_VERSION_TLS1_2;
}

/*
 * A server of TLS 1.2 or 1.3 names 1.2 in the old place of its hello (RFC 8446 section 4.1.3).
 * mbedTLS before 3.6.8 takes 1.3 there for a version that was chosen, where both are offered, and
 * goes on without a secret (CVE-2026-115490).
 */
static int
check_old_version(struct tls_session *session, const struct tls_hello *hello)
{
    if (hello->old_version == 0x0303)
        return 0;
    tls_fault_note(session, TLS_CAUSE_PROTOCOL,
                   "the server's hello names version 0x%04x where every server names 0x0303: an "
                   "attack on the TLS library, or a broken server",
                   hello->old_version);
    return end(session, MBEDTLS_SSL_ALERT_MSG_PROTOCOL_VERSION);
}

/* mbedTLS before 3.6.7 goes on in any group that it has, where a server asks for another try (RFC
 * 8446 section 4.1.4, CVE-2026-25832). */
static int
check_group(struct tls_session *session, uint16_t group)
{
    if (tls_policy_has_group(session->context->policy, group))
        return 0;
    tls_fault_note(session, TLS_CAUSE_PROTOCOL,
                   "the server wants keys to be exchanged over the group 0x%04x, which was not "
                   "offered: an attack on the TLS library, or a broken server",
                   group);
    return end(session, MBEDTLS_SSL_ALERT_MSG_ILLEGAL_PARAMETER);
}

static int
check_secret(struct tls_session *session, const struct tls_hello *hello)
{
    if (!session->context->policy->is_approved || hello->has_extended_secret)
        return 0;
    tls_fault_note(session, TLS_CAUSE_POLICY,
                   "tls.policy: approved: the server speaks TLS 1.2 without the extended master "
                   "secret (RFC 7627)");
    return end(session, MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE);
}

/* One that asks for another try may do so for a cookie alone. */
static int
check_share(struct tls_session *session, const struct tls_hello *hello)
{
    if (hello->is_retry && hello->group == 0)
        return 0;
    session->group = hello->group;
    return check_group(session, hello->group);
}

int
tls_check_hello(struct tls_session *session)
{
    struct tls_hello hello;
    bool is_read = tls_hello_read(&session->hello, &hello);
    memset(&session->hello, 0, sizeof session->hello); /* after another try there is a second one */
    if (!is_read) {
        tls_fault_note(session, TLS_CAUSE_PROTOCOL,
                       "the server's hello is longer than %u octets, or broken", TLS_HELLO_MOST);
        return end(session, MBEDTLS_SSL_ALERT_MSG_DECODE_ERROR);
    }
    int error = check_old_version(session, &hello);
    if (error == 0)
        error = is_old_tls(session) ? check_secret(session, &hello) : check_share(session, &hello);
    return error;
}

int
tls_check_exchange(struct tls_session *session)
{
    const mbedtls_ssl_context *ssl = &session->ssl;
    session->group =
        tls_hello_exchange_group(ssl->MBEDTLS_PRIVATE(in_msg), ssl->MBEDTLS_PRIVATE(in_hslen));
    return check_group(session, session->group);
}
