/* tls_fault.c - see tls_fault.h
 * SPDX-License-Identifier: ISC
 */
#include "worker/tls_fault.h"

#include "base/base64.h"
#include "worker/tls_context.h"
#include "worker/tls_policy.h"

#include <mbedtls/oid.h>
#include <mbedtls/pk.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define TIME_FLAGS (MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE)
#define CA_FLAGS                                                                                   \
    (MBEDTLS_X509_BADCERT_NOT_TRUSTED | MBEDTLS_X509_BADCERT_MISSING | MBEDTLS_X509_BADCERT_REVOKED)
#define ALERT_CERTIFICATE_REQUIRED 116 /* RFC 8446 section 6; mbedTLS has no name for it */
#define APPROVED_OFFER                                                                             \
    "; tls.policy: approved offers AES-GCM and the groups P-256, P-384 and P-521 alone"
#define MESSAGE_KEY_UPDATE 24 /* RFC 8446 section 4 */

void
tls_fault_note(struct tls_session *session, enum tls_cause cause, const char *format, ...)
{
    if (session->cause != TLS_CAUSE_NONE)
        return;
    session->cause = cause;
    va_list args;
    va_start(args, format);
    vsnprintf(session->error, sizeof session->error, format, args);
    va_end(args);
}

/* --- certificates ---------------------------------------------------------------------------- */

static void
explain_time(struct tls_session *session, const struct tls_path *path)
{
    mbedtls_x509_time now = {0};
    (void)mbedtls_x509_time_gmtime(mbedtls_time(NULL), &now);
    bool past = (path->flags & MBEDTLS_X509_BADCERT_EXPIRED) != 0;
    unsigned depth = 0; /* of the first that it is about */
    while (depth + 1 < path->count &&
           (past ? mbedtls_x509_time_cmp(&path->crt[depth]->valid_to, &now) >= 0
                 : mbedtls_x509_time_cmp(&path->crt[depth]->valid_from, &now) <= 0))
        depth++;
    const mbedtls_x509_time *bound =
        past ? &path->crt[depth]->valid_to : &path->crt[depth]->valid_from;
    tls_fault_note(session, past ? TLS_CAUSE_EXPIRED : TLS_CAUSE_NOT_YET,
                   "%s certificate is %s: it is valid %s %04d-%02d-%02d %02d:%02d, "
                   "our clock says %04d-%02d-%02d %02d:%02d UTC; %s",
                   depth == 0 ? "the server's" : "an issuer's", past ? "expired" : "not yet valid",
                   past ? "until" : "from", bound->year, bound->mon, bound->day, bound->hour,
                   bound->min, now.year, now.mon, now.day, now.hour, now.min,
                   past ? "renew it, or set the clock back if that is ahead"
                        : "the clock of this machine is likely wrong");
}

static void
explain_name(struct tls_session *session, const char *subject, const mbedtls_x509_crt *leaf)
{
    bool has_names = mbedtls_x509_crt_has_ext_type(leaf, MBEDTLS_X509_EXT_SUBJECT_ALT_NAME) != 0;
    tls_fault_note(
        session, TLS_CAUSE_NAME, "the certificate of \"%s\" is not for %s%s", subject,
        session->context->name,
        has_names ? ""
                  : ": it has no subjectAltName, and a name in its subject (CN) does not count "
                    "(RFC 9525)");
}

static void
explain_ca(struct tls_session *session, const char *subject, const mbedtls_x509_crt *leaf)
{
    char issuer[128] = "", base64[BASE64_TEXT_SIZE(CONFIG_PIN_BYTES)];
    if (mbedtls_x509_dn_gets(issuer, sizeof issuer, &leaf->issuer) < 0)
        issuer[0] = '\0';
    tls_fault_note(session, TLS_CAUSE_CA,
                   "the certificate of \"%s\", issued by \"%s\", is not signed by a CA we trust; "
                   "its key is sha256//%s",
                   subject, issuer,
                   base64_encode(session->facts.leaf_pin, CONFIG_PIN_BYTES, base64));
}

static void
explain_use(struct tls_session *session, const char *subject, uint32_t flags)
{
    bool is_use =
        (flags & (MBEDTLS_X509_BADCERT_EXT_KEY_USAGE | MBEDTLS_X509_BADCERT_KEY_USAGE)) != 0;
    const char *what =
        is_use ? "is not for TLS servers (key usage, " : "has a key or digest that is too weak (";
    if (!is_use && session->context->policy->is_approved)
        what = "has a key or digest that tls.policy: approved does not take (";
    tls_fault_note(session, TLS_CAUSE_USAGE,
                   "the certificate of \"%s\", or an issuer's above it, %sflags 0x%x)", subject,
                   what, (unsigned)flags);
}

unsigned char
tls_fault_explain_path(struct tls_session *session, const struct tls_path *path,
                       const mbedtls_x509_crt *leaf)
{
    uint32_t flags = path->flags;
    char subject[128] = "";
    if (mbedtls_x509_dn_gets(subject, sizeof subject, &leaf->subject) < 0)
        subject[0] = '\0';
    if ((flags & CA_FLAGS) != 0) {
        explain_ca(session, subject, leaf);
        return MBEDTLS_SSL_ALERT_MSG_UNKNOWN_CA;
    }
    if ((flags & MBEDTLS_X509_BADCERT_CN_MISMATCH) != 0) {
        explain_name(session, subject, leaf);
        return MBEDTLS_SSL_ALERT_MSG_BAD_CERT;
    }
    if ((flags & TIME_FLAGS) != 0) {
        explain_time(session, path);
        return MBEDTLS_SSL_ALERT_MSG_CERT_EXPIRED;
    }
    explain_use(session, subject, flags);
    return MBEDTLS_SSL_ALERT_MSG_UNSUPPORTED_CERT;
}

/* --- alerts ---------------------------------------------------------------------------------- */

static const char *
alert_text(unsigned alert)
{
    switch (alert) {
    case MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE:
        return "handshake failure, no version, cipher or kind of signature in common (a server "
               "with an Ed25519 key alone has none with us)";
    case MBEDTLS_SSL_ALERT_MSG_UNRECOGNIZED_NAME:
        return "unrecognized name";
    case MBEDTLS_SSL_ALERT_MSG_NO_APPLICATION_PROTOCOL:
        return "no application protocol";
    case MBEDTLS_SSL_ALERT_MSG_INTERNAL_ERROR:
        return "internal error";
    case MBEDTLS_SSL_ALERT_MSG_DECRYPT_ERROR:
        return "decrypt error";
    case MBEDTLS_SSL_ALERT_MSG_ACCESS_DENIED:
        return "access denied";
    default:
        return "alert";
    }
}

/* In TLS 1.2 a server that got no certificate of ours says so by one of several alerts. */
static bool
is_about_our_certificate(const struct tls_session *session, unsigned alert)
{
    return session->is_asked && (alert == MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE ||
                                 (alert >= MBEDTLS_SSL_ALERT_MSG_NO_CERT &&
                                  alert <= MBEDTLS_SSL_ALERT_MSG_CERT_UNKNOWN) ||
                                 alert == MBEDTLS_SSL_ALERT_MSG_ACCESS_DENIED);
}

/* Perhaps it has nothing of the little that it is offered. */
static bool
is_about_algorithms(const struct tls_session *session, unsigned alert)
{
    return session->context->policy->is_approved &&
           (alert == MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE ||
            alert == MBEDTLS_SSL_ALERT_MSG_INSUFFICIENT_SECURITY ||
            alert == MBEDTLS_SSL_ALERT_MSG_ILLEGAL_PARAMETER);
}

static void
explain_alert(struct tls_session *session, unsigned alert)
{
    if (alert == MBEDTLS_SSL_ALERT_MSG_PROTOCOL_VERSION)
        tls_fault_note(session, TLS_CAUSE_VERSION,
                       "the server does not speak a TLS version we allow");
    else if (alert == ALERT_CERTIFICATE_REQUIRED || is_about_our_certificate(session, alert))
        tls_fault_note(
            session, TLS_CAUSE_CLIENT,
            "the server demands a certificate of its clients (alert %u), and penstock has "
            "none to show",
            alert);
    else
        tls_fault_note(session, TLS_CAUSE_ALERT, "the server refused: %s (%u)%s", alert_text(alert),
                       alert, is_about_algorithms(session, alert) ? APPROVED_OFFER : "");
}

/* --- the library ----------------------------------------------------------------------------- */

/* mbedTLS reports a high error and a low one as one sum: the high one of a number. */
static int
high_error(int error)
{
    return -(-error & 0xff80);
}

static bool
is_parse_error(int error)
{
    int high = high_error(error);
    return (high <= MBEDTLS_ERR_X509_FEATURE_UNAVAILABLE && high >= MBEDTLS_ERR_X509_FATAL_ERROR) ||
           (high <= MBEDTLS_ERR_PK_ALLOC_FAILED && high >= MBEDTLS_ERR_PK_TYPE_MISMATCH) ||
           high == MBEDTLS_ERR_PK_FEATURE_UNAVAILABLE;
}

static bool
is_rekey(const struct tls_session *session, int error)
{
    const unsigned char *message = session->ssl.MBEDTLS_PRIVATE(in_msg);
    return session->is_done && error == MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE &&
           session->facts.version == 0x0304 && message != NULL &&
           session->ssl.MBEDTLS_PRIVATE(in_msgtype) == MBEDTLS_SSL_MSG_HANDSHAKE &&
           message[0] == MESSAGE_KEY_UPDATE;
}

static void
explain_rekey(struct tls_session *session)
{
    /* a server that renews its keys after much data does it rightly; one that begins with it can
     * never be heard in TLS 1.3 */
    if (!session->has_read && tls_context_fall_back(session, TLS_FALLBACK_REKEY))
        tls_fault_note(
            session, TLS_CAUSE_AGAIN,
            "the server changed its keys at once (KeyUpdate), which our TLS library cannot "
            "follow; it is asked in TLS 1.2 from now on");
    else
        tls_fault_note(
            session, TLS_CAUSE_REKEY,
            "the server changed its keys (KeyUpdate), which our TLS library cannot follow");
}

/* In the step that reads the server's key exchange nothing else is an illegal parameter. */
static bool
is_pss_in_12(const struct tls_session *session, int error)
{
    return error == MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER &&
           (session->is_trusted || session->context->look) &&
           session->ssl.MBEDTLS_PRIVATE(state) == MBEDTLS_SSL_SERVER_KEY_EXCHANGE;
}

static void
explain_pss(struct tls_session *session)
{
    if (tls_context_fall_back(session, TLS_FALLBACK_PSS))
        tls_fault_note(
            session, TLS_CAUSE_AGAIN,
            "the server speaks TLS 1.2 and signs with RSA-PSS there, which our TLS library "
            "cannot check; it is asked in TLS 1.2 alone from now on");
    else
        tls_fault_note(
            session, TLS_CAUSE_LIMIT,
            "the server signs its TLS 1.2 key exchange in a way that our TLS library cannot "
            "check");
}

static bool
explain_limit(struct tls_session *session, int error)
{
    if (is_rekey(session, error)) {
        explain_rekey(session);
        return true;
    }
    if (is_pss_in_12(session, error)) {
        explain_pss(session);
        return true;
    }
    bool is_certificate =
        session->ssl.MBEDTLS_PRIVATE(state) == MBEDTLS_SSL_SERVER_CERTIFICATE && !session->is_done;
    if (is_certificate && is_parse_error(error)) {
        tls_fault_note(
            session, TLS_CAUSE_LIMIT,
            "a certificate that the server sent cannot be read by our TLS library (-0x%04x): "
            "damaged, or of a kind it does not know, such as an Ed25519 key or a critical "
            "extension",
            (unsigned)-error);
        return true;
    }
    if (!session->is_done && session->ssl.MBEDTLS_PRIVATE(in_hslen) > MBEDTLS_SSL_IN_CONTENT_LEN) {
        tls_fault_note(
            session, TLS_CAUSE_LIMIT,
            "the server's certificates, or another message of the handshake, have %zu octets; "
            "our TLS library takes up to %u",
            session->ssl.MBEDTLS_PRIVATE(in_hslen), (unsigned)MBEDTLS_SSL_IN_CONTENT_LEN);
        return true;
    }
    return false;
}

void
tls_fault_explain(struct tls_session *session, int error)
{
    /* kept by mbedTLS in the message it read last: level, description */
    const unsigned char *message = session->ssl.MBEDTLS_PRIVATE(in_msg);
    unsigned alert = error == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE && message ? message[1] : 0;
    if (error == MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION)
        alert = MBEDTLS_SSL_ALERT_MSG_PROTOCOL_VERSION;
    if (alert != 0)
        explain_alert(session, alert);
    else if (error == MBEDTLS_ERR_SSL_CONN_EOF || error == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY)
        tls_fault_note(session, TLS_CAUSE_CLOSED,
                       "the server closed the connection in the handshake");
    else if (!explain_limit(session, error))
        tls_fault_note(session, TLS_CAUSE_PROTOCOL, "the server broke the TLS protocol (-0x%04x)",
                       (unsigned)-error);
}
