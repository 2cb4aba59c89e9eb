/* tls_policy.h - which algorithms are offered to an upstream, and taken from it
 * SPDX-License-Identifier: ISC
 *
 * What: the values of tls.policy in the terms of the TLS library. What `approved` offers is a part
 *       of what `modern` does. The library itself is no validated module (FIPS 140-3).
 * Who:  tls_context.c, tls_chain.c, tls_trust.c, tls_check.c, tls_fault.c.
 * Ref:  NIST SP 800-52r2, SP 800-131A r2, SP 800-186; RFC 7627 (extended master secret).
 */
#pragma once

#include "worker/tls_internal.h"

#define TLS_POLICY_RSA_BITS 2048U /* SP 800-131A r2; the default of mbedTLS, too */

struct tls_policy {
    const int *suites; /* both end with their zero */
    const uint16_t *groups;
    const mbedtls_x509_crt_profile *profile; /* of the path to an anchor */
    bool is_approved; /* each key that is sent, and TLS 1.2's master secret, are looked at too */
};

/** @param policy  enum config_tls_policy; another value is `approved` */
const struct tls_policy *tls_policy_of(uint32_t policy);

/** Is a key exchange over this group offered? @param group  IANA's number */
bool tls_policy_has_group(const struct tls_policy *policy, uint16_t group);

enum tls_policy_flaw { TLS_POLICY_NO_FLAW, TLS_POLICY_SHORT_KEY, TLS_POLICY_WEAK_SIGNATURE };

/** Are the key of a certificate and its signature approved? The signature of one that names itself
 *  as its issuer is not looked at: nobody relies on it. */
enum tls_policy_flaw tls_policy_judge(const mbedtls_x509_crt *crt);
