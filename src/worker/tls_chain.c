/* tls_chain.c - measure a chain, then walk it; see tls_chain.h
 * SPDX-License-Identifier: ISC
 *
 * An attacker on the path can send any chain, and checking a signature by a key it made can cost a
 * second of CPU time. So the numbers come first, the signatures after, and at most one walk of them.
 */
#include "worker/tls_chain.h"

#include "worker/tls_fault.h"
#include "worker/tls_pin.h"
#include "worker/tls_policy.h"

#include <mbedtls/ecp.h>
#include <mbedtls/oid.h>
#include <mbedtls/rsa.h>
#include <string.h>
#include <strings.h>

/* --- measures ------------------------------------------------------------------------------- */

/* The curves of certificates that TLS 1.3 can sign with (RFC 8446 section 4.2.3). */
static bool
is_known_curve(mbedtls_ecp_group_id id)
{
    return id == MBEDTLS_ECP_DP_SECP256R1 || id == MBEDTLS_ECP_DP_SECP384R1 ||
           id == MBEDTLS_ECP_DP_SECP521R1;
}

static bool
rsa_is_cheap(const mbedtls_pk_context *key)
{
    mbedtls_mpi exponent;
    const mbedtls_rsa_context *rsa = mbedtls_pk_rsa(*key);
    mbedtls_mpi_init(&exponent);
    size_t bits = 8 * mbedtls_rsa_get_len(rsa);
    size_t most = bits <= TLS_RSA_BITS ? TLS_RSA_EXPONENT_BITS : TLS_RSA_LONG_EXPONENT_BITS;
    bool is_cheap = bits <= TLS_RSA_LONG_BITS &&
                    mbedtls_rsa_export(rsa, NULL, NULL, NULL, NULL, &exponent) == 0 &&
                    mbedtls_mpi_bitlen(&exponent) <= most;
    mbedtls_mpi_free(&exponent);
    return is_cheap;
}

static bool
key_is_cheap(const mbedtls_pk_context *key)
{
    switch (mbedtls_pk_get_type(key)) {
    case MBEDTLS_PK_RSA:
        return rsa_is_cheap(key);
    case MBEDTLS_PK_ECKEY:
        return is_known_curve(mbedtls_ecp_keypair_get_group_id(mbedtls_pk_ec(*key)));
    case MBEDTLS_PK_NONE:
    case MBEDTLS_PK_ECKEY_DH:
    case MBEDTLS_PK_ECDSA:
    case MBEDTLS_PK_RSA_ALT:
    case MBEDTLS_PK_RSASSA_PSS:
    case MBEDTLS_PK_OPAQUE:
        break;
    }
    return false;
}

struct names { /* of one certificate, as text; what does not fit may be any name */
    char subject[256], issuer[256];
};

static void
write_name(const mbedtls_x509_name *name, char text[256])
{
    if (mbedtls_x509_dn_gets(text, 256, name) < 0)
        text[0] = '\0';
}

/* mbedTLS takes names that differ in the case of letters for the same. */
static bool
may_be_same(const char *a, const char *b)
{
    return a[0] == '\0' || b[0] == '\0' || strcasecmp(a, b) == 0;
}

/* A walk looks for the issuer of a certificate among all that follow it, and each that has the name
 * costs a signature: so many are there at most. */
static unsigned
count_links(const mbedtls_x509_crt *chain)
{
    struct names names[TLS_CHAIN_MAX];
    unsigned count = 0, links = 0;
    for (const mbedtls_x509_crt *crt = chain; crt != NULL && count < TLS_CHAIN_MAX;
         crt = crt->next, count++) {
        write_name(&crt->subject, names[count].subject);
        write_name(&crt->issuer, names[count].issuer);
        for (unsigned child = 0; child < count; child++)
            links += may_be_same(names[child].issuer, names[count].subject);
    }
    return links;
}

static bool
chain_is_short(struct tls_session *session, const mbedtls_x509_crt *chain)
{
    unsigned count = 0;
    for (const mbedtls_x509_crt *crt = chain; crt != NULL; crt = crt->next)
        count++;
    if (count > TLS_CHAIN_MAX)
        tls_fault_note(session, TLS_CAUSE_DEAR,
                       "the server sent more than %u certificates; none of them was checked",
                       TLS_CHAIN_MAX);
    else if (count_links(chain) > TLS_LINKS_MAX)
        tls_fault_note(
            session, TLS_CAUSE_DEAR,
            "of the certificates that the server sent, too many could be issuers of others by "
            "their names (up to %u pairs are looked at); none of them was checked",
            TLS_LINKS_MAX);
    return session->cause == TLS_CAUSE_NONE;
}

bool
tls_chain_is_cheap(struct tls_session *session, const mbedtls_x509_crt *chain)
{
    if (!chain_is_short(session, chain))
        return false;
    unsigned depth = 0;
    for (const mbedtls_x509_crt *crt = chain; crt != NULL; crt = crt->next, depth++) {
        if (key_is_cheap(&crt->pk))
            continue;
        tls_fault_note(
            session, TLS_CAUSE_DEAR,
            "certificate %u of the server's chain has a key that is not computed with: %s of "
            "%u bits; taken are the curves P-256, P-384 and P-521, and RSA up to %u bits with "
            "an exponent up to %u bits, or up to %u bits with one up to %u bits",
            depth, mbedtls_pk_get_name(&crt->pk), (unsigned)mbedtls_pk_get_bitlen(&crt->pk),
            TLS_RSA_BITS, TLS_RSA_EXPONENT_BITS, TLS_RSA_LONG_BITS, TLS_RSA_LONG_EXPONENT_BITS);
        return false;
    }
    return true;
}

bool
tls_chain_is_approved(struct tls_session *session, const mbedtls_x509_crt *chain)
{
    unsigned depth = 0;
    for (const mbedtls_x509_crt *crt = chain; crt != NULL; crt = crt->next, depth++) {
        switch (tls_policy_judge(crt)) {
        case TLS_POLICY_NO_FLAW:
            continue;
        case TLS_POLICY_SHORT_KEY:
            tls_fault_note(session, TLS_CAUSE_USAGE,
                           "tls.policy: approved: certificate %u of the server's chain has an RSA "
                           "key of %u bits; taken are %u and more",
                           depth, (unsigned)mbedtls_pk_get_bitlen(&crt->pk), TLS_POLICY_RSA_BITS);
            return false;
        case TLS_POLICY_WEAK_SIGNATURE:
            tls_fault_note(session, TLS_CAUSE_USAGE,
                           "tls.policy: approved: certificate %u of the server's chain is not "
                           "signed with RSA or ECDSA and SHA-256, SHA-384 or SHA-512",
                           depth);
            return false;
        }
    }
    return true;
}

/* --- the walk ------------------------------------------------------------------------------- */

/* mbedTLS tells each certificate of the path that it found, anchor first, leaf last. */
static int
note(void *owner, mbedtls_x509_crt *crt, int depth, uint32_t *flags)
{
    struct tls_path *path = owner;
    (void)flags;
    if (depth < 0 || depth >= (int)TLS_PATH_MAX)
        return MBEDTLS_ERR_X509_FATAL_ERROR;
    path->crt[depth] = crt;
    if (path->count < (unsigned)depth + 1)
        path->count = (unsigned)depth + 1;
    return 0;
}

/* An issuer whose extended uses leave TLS servers out may not vouch for one (CA/B Forum BR 7.1.2;
 * mbedTLS looks at the leaf's only). One without the extension is not restricted. */
static bool
is_for_servers(const mbedtls_x509_crt *crt)
{
    return mbedtls_x509_crt_check_extended_key_usage(
               crt, MBEDTLS_OID_SERVER_AUTH, MBEDTLS_OID_SIZE(MBEDTLS_OID_SERVER_AUTH)) == 0;
}

static uint32_t
flags_of_uses(const struct tls_path *path)
{
    uint32_t flags = 0;
    for (unsigned depth = 0; depth < path->count; depth++)
        if (!is_for_servers(path->crt[depth]))
            flags |= MBEDTLS_X509_BADCERT_EXT_KEY_USAGE;
    /* every cipher suite of ours has the server sign */
    if (path->count > 0 &&
        mbedtls_x509_crt_check_key_usage(path->crt[0], MBEDTLS_X509_KU_DIGITAL_SIGNATURE) != 0)
        flags |= MBEDTLS_X509_BADCERT_KEY_USAGE;
    return flags;
}

void
tls_chain_walk(const mbedtls_x509_crt_profile *profile, mbedtls_x509_crt *leaf,
               mbedtls_x509_crt *anchors, struct tls_path *path)
{
    uint32_t flags = 0;
    *path = (struct tls_path){0};
    int error = mbedtls_x509_crt_verify_with_profile(leaf, anchors, NULL, profile, NULL, &flags,
                                                     note, path);
    if (error != 0 && error != MBEDTLS_ERR_X509_CERT_VERIFY_FAILED)
        path->flags = UINT32_MAX;
    else
        path->flags = flags | flags_of_uses(path);
    if (error != 0 && path->flags == 0)
        path->flags = UINT32_MAX;
}

/* --- pinned issuers ------------------------------------------------------------------------- */

static bool
is_valid_now(const mbedtls_x509_crt *crt)
{
    return mbedtls_x509_time_is_past(&crt->valid_to) == 0 &&
           mbedtls_x509_time_is_future(&crt->valid_from) == 0;
}

static bool
is_fit_issuer(const mbedtls_x509_crt *crt)
{
    return mbedtls_x509_crt_get_ca_istrue(crt) == 1 && is_for_servers(crt) && is_valid_now(crt) &&
           mbedtls_x509_crt_check_key_usage(crt, MBEDTLS_X509_KU_KEY_CERT_SIGN) == 0;
}

/* Of certificates over the same pinned key one is tried: the first that is fit, else the first. */
static unsigned
choose_issuers(const struct tls_context *context, const mbedtls_x509_crt *leaf,
               const mbedtls_x509_crt *chosen[CONFIG_PINS_MAX])
{
    unsigned count = 0;
    bool is_fit[CONFIG_PINS_MAX] = {false};
    for (const mbedtls_x509_crt *crt = leaf->next; crt != NULL; crt = crt->next) {
        int pin = tls_pin_index(context, crt);
        if (pin < 0 || is_fit[pin])
            continue;
        is_fit[pin] = is_fit_issuer(crt);
        if (chosen[pin] == NULL)
            count++;
        else if (!is_fit[pin])
            continue;
        chosen[pin] = crt;
    }
    return count;
}

bool
tls_chain_walk_to_pins(const struct tls_context *context, mbedtls_x509_crt *leaf,
                       struct tls_path *path)
{
    const mbedtls_x509_crt *chosen[CONFIG_PINS_MAX] = {NULL};
    *path = (struct tls_path){.flags = UINT32_MAX};
    if (choose_issuers(context, leaf, chosen) == 0)
        return false;
    /* Copies, one behind the other: mbedTLS takes a list of anchors, and what follows a certificate
     * in the peer's list is the peer's choice. */
    mbedtls_x509_crt anchors;
    bool is_whole = true;
    mbedtls_x509_crt_init(&anchors);
    for (unsigned pin = 0; pin < CONFIG_PINS_MAX; pin++)
        if (chosen[pin] != NULL)
            is_whole &=
                mbedtls_x509_crt_parse_der(&anchors, chosen[pin]->raw.p, chosen[pin]->raw.len) == 0;
    if (is_whole)
        tls_chain_walk(context->policy->profile, leaf, &anchors, path);
    /* the copy of the anchor is freed below; the same certificate in the chain stands for it */
    const mbedtls_x509_crt *top = path->count > 0 ? path->crt[path->count - 1] : NULL;
    for (unsigned pin = 0; pin < CONFIG_PINS_MAX && top != NULL; pin++)
        if (chosen[pin] != NULL && top->raw.len == chosen[pin]->raw.len &&
            memcmp(top->raw.p, chosen[pin]->raw.p, top->raw.len) == 0)
            path->crt[path->count - 1] = chosen[pin];
    mbedtls_x509_crt_free(&anchors);
    return true;
}
