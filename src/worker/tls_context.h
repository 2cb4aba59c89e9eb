/* tls_context.h - what is asked of one upstream: pins, name, versions
 * SPDX-License-Identifier: ISC
 *
 * What: a policy of the configuration as the TLS library wants it, and for how long an upstream is
 *       asked in TLS 1.2 alone, where the library cannot do what it does in TLS 1.3.
 * Who:  worker: pool.c and pin_look.c prepare it; tls_session.c, tls_fault.c.
 * Ref:  RFC 8446; RFC 8310 section 8; docs/LIMITS.md "tls".
 */
#pragma once

#include "worker/tls_session.h"

struct mbedtls_ssl_config;

struct tls_rules {     /* that hold for every upstream */
    uint32_t versions; /* bits of enum config_tls_versions */
    uint32_t policy;   /* enum config_tls_policy */
};

/* Why an upstream is asked in TLS 1.2 alone although 1.3 is allowed too. */
enum tls_fallback {
    TLS_FALLBACK_NONE,
    TLS_FALLBACK_PSS,   /* as a TLS 1.2 server it signs with RSA-PSS, which mbedTLS refuses there */
    TLS_FALLBACK_REKEY, /* it begins a TLS 1.3 connection with KeyUpdate, which mbedTLS has not */
};

size_t tls_context_bytes(void); /* memory for one, any alignment of malloc() */

/**
 * Prepare for an upstream. Tickets are the context's: a new policy is a new context, so no ticket
 * outlives the policy it was obtained under.
 *
 * @param context   memory of tls_context_bytes(), zeroed or finished
 * @param upstream  borrowed for the call: name, address, pins, verify; NULL: look at the
 *                  chain only, and trust no server
 * @param name      with `upstream` NULL: SNI, or "". An address is never sent as SNI (RFC 6066).
 * @param rules     versions and algorithms that may be used
 * @param anchors   borrowed for the context's life; may be NULL with verify: pin
 * @return STATUS_OK; STATUS_INVALID (verify needs anchors or pins that are missing, or there is
 *         neither name nor address);
 *         STATUS_SYSTEM (no memory).
 */
MUST_CHECK enum status tls_context_init(struct tls_context *context,
                                        const struct config_upstream *upstream, const char *name,
                                        struct tls_rules rules, struct tls_anchors *anchors);
void tls_context_fini(struct tls_context *context);

/** What a session of this context is to be held in now; a fallback that is over is forgotten. */
const struct mbedtls_ssl_config *tls_context_config(struct tls_session *session);

/** Hold the next sessions in TLS 1.2 alone. @return false: the policy does not allow that, or this
 *  session was so already */
bool tls_context_fall_back(struct tls_session *session, enum tls_fallback why);

/** The fallback that this session is held under was wrong. */
void tls_context_climb(struct tls_session *session);
