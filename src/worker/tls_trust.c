/* tls_trust.c - is this the server we meant? The rules are in tls_session.h
 * SPDX-License-Identifier: ISC
 *
 * mbedTLS is configured to verify nothing by itself: it would walk any chain it is sent before it
 * asks us. Everything is decided here, in the step of the handshake behind the server's
 * certificates and before the one that checks a signature by its key; a peer that is refused gets a
 * fatal alert, and the session can never be written to.
 */
#include "worker/tls_trust.h"

#include "base/base64.h"
#include "worker/tls_chain.h"
#include "worker/tls_fault.h"
#include "worker/tls_name.h"
#include "worker/tls_pin.h"
#include "worker/tls_policy.h"
#include "worker/tls_time.h"

#include <stdio.h>
#include <string.h>

#define PIN_TEXT (sizeof "sha256//" + BASE64_TEXT_SIZE(CONFIG_PIN_BYTES))

static const char *
pin_text(const uint8_t pin[CONFIG_PIN_BYTES], char text[PIN_TEXT])
{
    char base64[BASE64_TEXT_SIZE(CONFIG_PIN_BYTES)];
    snprintf(text, PIN_TEXT, "sha256//%s", base64_encode(pin, CONFIG_PIN_BYTES, base64));
    return text;
}

static unsigned char
refuse_pin(struct tls_session *session, const char *what)
{
    char text[PIN_TEXT];
    tls_fault_note(session, TLS_CAUSE_PIN, "%s; the server's key is %s", what,
                   pin_text(session->facts.leaf_pin, text));
    return MBEDTLS_SSL_ALERT_MSG_BAD_CERT;
}

static unsigned char
refuse_no_pin(struct tls_session *session)
{
    char what[40];
    snprintf(what, sizeof what, "no pin of %u matches", (unsigned)session->context->pins_count);
    return refuse_pin(session, what);
}

static void
accept_pin(struct tls_session *session, int pin, unsigned depth)
{
    session->facts.pin_index = (int8_t)pin;
    session->facts.pin_depth = (uint8_t)depth;
}

/* For the right name, and with nothing wrong along the path? */
static unsigned char
judge_path(struct tls_session *session, struct tls_path *path, const mbedtls_x509_crt *leaf)
{
    if (!tls_name_matches(session->context, leaf))
        path->flags |= MBEDTLS_X509_BADCERT_CN_MISMATCH;
    return path->flags == 0 ? 0 : tls_fault_explain_path(session, path, leaf);
}

/* verify: pin. The chain is what the peer sent; nothing in it was checked yet. */
static unsigned char
judge_pins(struct tls_session *session, mbedtls_x509_crt *leaf)
{
    const struct tls_context *context = session->context;
    struct tls_path path;
    int pin = tls_pin_index(context, leaf);
    if (pin >= 0) {
        accept_pin(session, pin, 0);
        return 0;
    }
    if (context->name[0] == '\0') {
        for (const mbedtls_x509_crt *crt = leaf->next; crt != NULL; crt = crt->next)
            if (tls_pin_index(context, crt) >= 0)
                return refuse_pin(session, "the pin is an issuer's, which counts only together "
                                           "with tls_name");
        return refuse_no_pin(session);
    }
    if (!tls_chain_walk_to_pins(context, leaf, &path))
        return refuse_no_pin(session);
    if (path.flags == UINT32_MAX || (path.flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) != 0)
        return refuse_pin(session, "a certificate with a pinned key was sent along, but the "
                                   "server's own is not signed through it");
    unsigned top = path.count - 1;
    unsigned char alert = judge_path(session, &path, leaf);
    pin = tls_pin_index(context, path.crt[top]);
    if (alert == 0 && pin < 0)
        return refuse_no_pin(session);
    if (alert == 0)
        accept_pin(session, pin, top);
    return alert;
}

/* Could a walk end well? With a pin asked for, some key of the chain or of our CAs must have it: a chain
 * without one is refused by its hashes alone. */
static bool
may_have_pin(const struct tls_context *context, const mbedtls_x509_crt *leaf)
{
    for (const mbedtls_x509_crt *crt = leaf; crt != NULL; crt = crt->next)
        if (tls_pin_index(context, crt) >= 0)
            return true;
    return context->has_anchor_pin;
}

static bool
find_pin_on(struct tls_session *session, const struct tls_path *path)
{
    for (unsigned depth = 0; depth < path->count; depth++) {
        int pin = tls_pin_index(session->context, path->crt[depth]);
        if (pin < 0)
            continue;
        accept_pin(session, pin, depth);
        return true;
    }
    return false;
}

/* verify: ca and pin+ca */
static unsigned char
judge_ca(struct tls_session *session, mbedtls_x509_crt *leaf)
{
    const struct tls_context *context = session->context;
    bool needs_pin = context->verify != CONFIG_VERIFY_CA;
    struct tls_path path;
    if (needs_pin && !may_have_pin(context, leaf))
        return refuse_no_pin(session);
    tls_chain_walk(context->policy->profile, leaf, &context->anchors->chain, &path);
    if (needs_pin && !find_pin_on(session, &path))
        return refuse_no_pin(session);
    return judge_path(session, &path, leaf);
}

static unsigned char
judge_by_policy(struct tls_session *session, mbedtls_x509_crt *leaf)
{
    switch ((enum config_verify)session->context->verify) {
    case CONFIG_VERIFY_PIN:
        return judge_pins(session, leaf);
    case CONFIG_VERIFY_PIN_CA:
    case CONFIG_VERIFY_CA:
        return judge_ca(session, leaf);
    }
    return MBEDTLS_SSL_ALERT_MSG_INTERNAL_ERROR;
}

/* Certificate checks are repeated after a day, or when the leaf ends. */
static void
set_end(struct tls_session *session, const mbedtls_x509_crt *leaf)
{
    uint64_t left = TLS_TRUST_MAX_MS;
    session->facts.ends_s = tls_time_seconds(&leaf->valid_to);
    session->facts.valid_s = session->facts.ends_s - (int64_t)mbedtls_time(NULL);
    /* where time does not count, the leaf's end does not either */
    bool counts = session->context->verify != CONFIG_VERIFY_PIN || session->facts.pin_depth > 0;
    if (counts && session->facts.valid_s < (int64_t)(TLS_TRUST_MAX_MS / 1000))
        left = session->facts.valid_s > 0 ? (uint64_t)session->facts.valid_s * 1000 : 0;
    session->until_ms = session->now_ms + left;
}

unsigned char
tls_trust_judge(struct tls_session *session, mbedtls_x509_crt *chain)
{
    session->is_shown = true;
    session->is_trusted = false;
    session->facts = (struct tls_facts){.pin_index = -1}; /* not the ticket's any more */
    if (chain == NULL) {
        tls_fault_note(session, TLS_CAUSE_PROTOCOL, "the server showed no certificate");
        return MBEDTLS_SSL_ALERT_MSG_BAD_CERT;
    }
    if (chain->raw.p == NULL) { /* mbedTLS leaves out what it has no name for */
        tls_fault_note(
            session, TLS_CAUSE_LIMIT,
            "the server's certificate is signed by an algorithm that our TLS library does not "
            "know, such as Ed25519");
        return MBEDTLS_SSL_ALERT_MSG_UNSUPPORTED_CERT;
    }
    session->facts.has_leaf = tls_pin_of(chain, session->facts.leaf_pin);
    if (!session->facts.has_leaf)
        return MBEDTLS_SSL_ALERT_MSG_INTERNAL_ERROR;
    if (!tls_chain_is_cheap(session, chain))
        return MBEDTLS_SSL_ALERT_MSG_UNSUPPORTED_CERT;
    if (session->context->policy->is_approved && !tls_chain_is_approved(session, chain))
        return MBEDTLS_SSL_ALERT_MSG_UNSUPPORTED_CERT;
    if (session->context->look)
        return 0;
    unsigned char alert = judge_by_policy(session, chain);
    if (alert != 0 || session->cause != TLS_CAUSE_NONE)
        return alert != 0 ? alert : MBEDTLS_SSL_ALERT_MSG_INTERNAL_ERROR;
    set_end(session, chain);
    session->is_trusted = true;
    return 0;
}
