/* tls_trust.c - is this the server we meant? The rules are in tls_session.h
 *
 * Everything is decided in the callback for the leaf, inside the handshake: a peer that is refused
 * gets a fatal alert, and the session can never be written to.
 */
#include "worker/tls_internal.h"

#include "base/base64.h"

#include <mbedtls/sha256.h>
#include <stdio.h>
#include <string.h>

#define TIME_FLAGS (MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE)
#define CA_FLAGS                                                                                   \
    (MBEDTLS_X509_BADCERT_NOT_TRUSTED | MBEDTLS_X509_BADCERT_MISSING | MBEDTLS_X509_BADCERT_REVOKED)
#define PIN_TEXT (sizeof "sha256//" + BASE64_TEXT_SIZE(CONFIG_PIN_BYTES))

bool
tls_trust_key(const mbedtls_x509_crt *crt, uint8_t pin[CONFIG_PIN_BYTES])
{
    return mbedtls_sha256(crt->pk_raw.p, crt->pk_raw.len, pin, 0) == 0;
}

static const char *
pin_text(const uint8_t pin[CONFIG_PIN_BYTES], char text[PIN_TEXT])
{
    char base64[BASE64_TEXT_SIZE(CONFIG_PIN_BYTES)];
    snprintf(text, PIN_TEXT, "sha256//%s", base64_encode(pin, CONFIG_PIN_BYTES, base64));
    return text;
}

static int
find_pin(const struct tls_context *context, const mbedtls_x509_crt *crt)
{
    uint8_t pin[CONFIG_PIN_BYTES];
    if (!tls_trust_key(crt, pin))
        return -1;
    for (uint32_t i = 0; i < context->pins_count; i++)
        if (memcmp(context->pins[i], pin, sizeof pin) == 0)
            return (int)i;
    return -1;
}

/* Seconds since 1970 of a certificate's time (proleptic Gregorian, RFC 5280 4.1.2.5). */
static int64_t
seconds_of(const mbedtls_x509_time *t)
{
    int64_t year = t->mon > 2 ? t->year : t->year - 1;
    int64_t month = t->mon > 2 ? t->mon - 3 : t->mon + 9; /* from March, so February is last */
    int64_t days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 +
                   t->day - 1 - 719468;
    return ((days * 24 + t->hour) * 60 + t->min) * 60 + t->sec;
}

static void
explain_time(struct tls_session *session, uint32_t flags, const mbedtls_x509_crt *leaf)
{
    mbedtls_x509_time now = {0};
    (void)mbedtls_x509_time_gmtime(mbedtls_time(NULL), &now);
    bool past = (flags & MBEDTLS_X509_BADCERT_EXPIRED) != 0;
    const mbedtls_x509_time *bound = past ? &leaf->valid_to : &leaf->valid_from;
    tls_fail(session, past ? TLS_CAUSE_EXPIRED : TLS_CAUSE_NOT_YET,
             "a certificate of the chain is %s: the server's is valid %s %04d-%02d-%02d %02d:%02d, "
             "our clock says %04d-%02d-%02d %02d:%02d UTC; %s",
             past ? "expired" : "not yet valid", past ? "until" : "from", bound->year, bound->mon,
             bound->day, bound->hour, bound->min, now.year, now.mon, now.day, now.hour, now.min,
             past ? "renew it, or set the clock back if that is ahead"
                  : "the clock of this machine is likely wrong");
}

void
tls_trust_explain(struct tls_session *session, uint32_t flags, const mbedtls_x509_crt *leaf)
{
    char subject[128] = "", issuer[128] = "", pin[PIN_TEXT];
    if (mbedtls_x509_dn_gets(subject, sizeof subject, &leaf->subject) < 0)
        subject[0] = '\0';
    if (mbedtls_x509_dn_gets(issuer, sizeof issuer, &leaf->issuer) < 0)
        issuer[0] = '\0';
    if ((flags & CA_FLAGS) != 0)
        tls_fail(session, TLS_CAUSE_CA,
                 "the certificate of \"%s\", issued by \"%s\", is not signed by a CA we trust; "
                 "its key is %s",
                 subject, issuer, pin_text(session->facts.leaf_pin, pin));
    else if ((flags & MBEDTLS_X509_BADCERT_CN_MISMATCH) != 0)
        tls_fail(session, TLS_CAUSE_NAME, "the certificate of \"%s\" is not for %s", subject,
                 session->context->name);
    else if ((flags & TIME_FLAGS) != 0)
        explain_time(session, flags, leaf);
    else
        tls_fail(session, TLS_CAUSE_USAGE,
                 "the certificate of \"%s\" is not fit for a server (flags 0x%x)", subject,
                 (unsigned)flags);
}

/*
 * Is `leaf` signed through `anchor`, valid now, and for the configured name? The anchor is a copy
 * without successor: mbedTLS takes a whole list of anchors, and what follows in the peer's list is
 * the peer's choice.
 */
static uint32_t
flags_through(mbedtls_x509_crt *leaf, const mbedtls_x509_crt *anchor, const char *name)
{
    mbedtls_x509_crt alone;
    uint32_t flags = UINT32_MAX;
    mbedtls_x509_crt_init(&alone);
    if (mbedtls_x509_crt_parse_der(&alone, anchor->raw.p, anchor->raw.len) == 0 &&
        mbedtls_x509_crt_verify(leaf, &alone, NULL, name, &flags, NULL, NULL) != 0 && flags == 0)
        flags = UINT32_MAX;
    mbedtls_x509_crt_free(&alone);
    return flags;
}

static bool
accept_pin(struct tls_session *session, int pin, unsigned depth)
{
    session->facts.pin_index = (int8_t)pin;
    session->facts.pin_depth = (uint8_t)(depth < 255 ? depth : 255);
    return true;
}

/* verify: pin. The chain is what the peer sent; nothing in it was checked yet. */
static bool
pins_vouch(struct tls_session *session, mbedtls_x509_crt *leaf)
{
    const struct tls_context *context = session->context;
    int pin = find_pin(context, leaf);
    if (pin >= 0)
        return accept_pin(session, pin, 0);
    uint32_t seen = 0; /* flags of a certificate that has a pin and yet does not vouch */
    bool is_unnamed = false;
    unsigned depth = 1;
    for (const mbedtls_x509_crt *crt = leaf->next; crt != NULL; crt = crt->next, depth++) {
        pin = find_pin(context, crt);
        if (pin < 0)
            continue;
        if (context->name[0] == '\0') {
            is_unnamed = true;
            continue;
        }
        uint32_t flags = flags_through(leaf, crt, context->name);
        if (flags == 0)
            return accept_pin(session, pin, depth);
        seen = flags;
    }
    char text[PIN_TEXT];
    pin_text(session->facts.leaf_pin, text);
    if (seen == UINT32_MAX || (seen & CA_FLAGS) != 0)
        tls_fail(session, TLS_CAUSE_PIN,
                 "a certificate with a pinned key was sent along, but the server's own is not "
                 "signed through it; the server's key is %s",
                 text);
    else if (seen != 0)
        tls_trust_explain(session, seen, leaf);
    else if (is_unnamed)
        tls_fail(session, TLS_CAUSE_PIN,
                 "the pin is an issuer's, which counts only together with tls_name; the server's "
                 "key is %s",
                 text);
    return false;
}

/* Certificate checks are repeated after a day, or when the leaf ends. */
static void
set_end(struct tls_session *session, const mbedtls_x509_crt *leaf)
{
    uint64_t left = TLS_TRUST_MAX_MS;
    session->facts.valid_s = seconds_of(&leaf->valid_to) - (int64_t)mbedtls_time(NULL);
    /* where time does not count, the leaf's end does not either */
    bool counts = session->context->verify != CONFIG_VERIFY_PIN || session->facts.pin_depth > 0;
    if (counts && session->facts.valid_s < (int64_t)(TLS_TRUST_MAX_MS / 1000))
        left = session->facts.valid_s > 0 ? (uint64_t)session->facts.valid_s * 1000 : 0;
    session->until_ms = session->now_ms + left;
}

static bool
is_the_one(struct tls_session *session, mbedtls_x509_crt *leaf)
{
    switch ((enum config_verify)session->context->verify) {
    case CONFIG_VERIFY_PIN:
        return pins_vouch(session, leaf);
    case CONFIG_VERIFY_PIN_CA:
        /* a chain that does not validate is refused by mbedTLS, with its own words, below */
        if (session->chain_pin >= 0)
            return accept_pin(session, session->chain_pin, session->chain_depth);
        return false;
    case CONFIG_VERIFY_CA:
        return true;
    }
    return false;
}

int
tls_trust_judge(void *owner, mbedtls_x509_crt *crt, int depth, uint32_t *flags)
{
    struct tls_session *session = owner;
    const struct tls_context *context = session->context;
    session->chain_flags |= *flags;
    int pin = find_pin(context, crt);
    if (pin >= 0) {
        session->chain_pin = (int8_t)pin;
        session->chain_depth = (uint8_t)depth;
    }
    if (depth > 0)
        return 0;
    session->is_shown = true;
    session->is_trusted = false;
    session->facts = (struct tls_facts){.pin_index = -1}; /* not the ticket's any more */
    session->facts.has_leaf = tls_trust_key(crt, session->facts.leaf_pin);
    if (context->look || !session->facts.has_leaf)
        return 0;
    if (!is_the_one(session, crt)) {
        char text[PIN_TEXT];
        tls_fail(session, TLS_CAUSE_PIN, "no pin of %u matches; the server's key is %s",
                 (unsigned)context->pins_count, pin_text(session->facts.leaf_pin, text));
        return MBEDTLS_ERR_X509_FATAL_ERROR;
    }
    if (context->verify != CONFIG_VERIFY_PIN && session->chain_flags != 0) {
        tls_trust_explain(session, session->chain_flags, crt);
        return 0; /* the flags stand, mbedTLS ends the handshake with the alert that fits */
    }
    set_end(session, crt);
    session->is_trusted = true;
    return 0;
}
