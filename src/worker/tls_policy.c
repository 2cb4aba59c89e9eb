/* tls_policy.c - see tls_policy.h
 * SPDX-License-Identifier: ISC
 */
#include "worker/tls_policy.h"

#include <string.h>

/* AES-128-GCM first: with the instructions of every server CPU it is the cheapest by far */
static const int modern_suites[] = {
    MBEDTLS_TLS1_3_AES_128_GCM_SHA256,
    MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS1_3_AES_256_GCM_SHA384,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    0,
};

/* the same without ChaCha20-Poly1305 */
static const int approved_suites[] = {
    MBEDTLS_TLS1_3_AES_128_GCM_SHA256,
    MBEDTLS_TLS1_3_AES_256_GCM_SHA384,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    0,
};

/* Elliptic curves alone: a server may choose among what is offered, and one exchange of keys over
 * ffdhe8192 costs as much as a hundred over these. */
static const uint16_t modern_groups[] = {
    MBEDTLS_SSL_IANA_TLS_GROUP_X25519, MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1,
    MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1, MBEDTLS_SSL_IANA_TLS_GROUP_SECP521R1,
    MBEDTLS_SSL_IANA_TLS_GROUP_NONE};

/* the same without X25519, which SP 800-56A r3 has not for the agreement on keys */
static const uint16_t approved_groups[] = {
    MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1, MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1,
    MBEDTLS_SSL_IANA_TLS_GROUP_SECP521R1, MBEDTLS_SSL_IANA_TLS_GROUP_NONE};

/* mbedTLS's own has Curve25519 and the Brainpool curves as well */
static const mbedtls_x509_crt_profile approved_profile = {
    .allowed_mds = MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA256) |
                   MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA384) |
                   MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA512),
    .allowed_pks = MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_RSA) | MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_ECKEY) |
                   MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_ECDSA) |
                   MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_RSASSA_PSS),
    .allowed_curves = MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP256R1) |
                      MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP384R1) |
                      MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP521R1),
    .rsa_min_bitlen = TLS_POLICY_RSA_BITS,
};

const struct tls_policy *
tls_policy_of(uint32_t policy)
{
    static const struct tls_policy modern = {.suites = modern_suites,
                                             .groups = modern_groups,
                                             .profile = &mbedtls_x509_crt_profile_default};
    static const struct tls_policy approved = {.suites = approved_suites,
                                               .groups = approved_groups,
                                               .profile = &approved_profile,
                                               .is_approved = true};
    return policy == CONFIG_TLS_MODERN ? &modern : &approved;
}

bool
tls_policy_has_group(const struct tls_policy *policy, uint16_t group)
{
    const uint16_t *at = policy->groups;
    while (*at != MBEDTLS_SSL_IANA_TLS_GROUP_NONE && *at != group)
        at++;
    return *at != MBEDTLS_SSL_IANA_TLS_GROUP_NONE;
}

/* --- certificates ---------------------------------------------------------------------------- */

static bool
is_own_issuer(const mbedtls_x509_crt *crt)
{
    return crt->subject_raw.len == crt->issuer_raw.len &&
           memcmp(crt->subject_raw.p, crt->issuer_raw.p, crt->issuer_raw.len) == 0;
}

static bool
is_approved_signature(const mbedtls_x509_crt *crt)
{
    uint32_t digest = MBEDTLS_X509_ID_FLAG(crt->MBEDTLS_PRIVATE(sig_md));
    uint32_t kind = MBEDTLS_X509_ID_FLAG(crt->MBEDTLS_PRIVATE(sig_pk));
    return is_own_issuer(crt) || ((approved_profile.allowed_mds & digest) != 0 &&
                                  (approved_profile.allowed_pks & kind) != 0);
}

/* Its curve is one of the three, else tls_chain_is_cheap() had refused it. */
static bool
is_approved_key(const mbedtls_pk_context *key)
{
    return mbedtls_pk_get_type(key) != MBEDTLS_PK_RSA ||
           mbedtls_pk_get_bitlen(key) >= TLS_POLICY_RSA_BITS;
}

enum tls_policy_flaw
tls_policy_judge(const mbedtls_x509_crt *crt)
{
    if (!is_approved_key(&crt->pk))
        return TLS_POLICY_SHORT_KEY;
    return is_approved_signature(crt) ? TLS_POLICY_NO_FLAW : TLS_POLICY_WEAK_SIGNATURE;
}
