/* tls_chain.h - a chain of certificates: measured, then walked
 * SPDX-License-Identifier: ISC
 *
 * What: the numbers come first, the signatures after, and at most one walk of them.
 * Who:  tls_trust.c.
 * Ref:  RFC 5280 section 6; docs/LIMITS.md "tls".
 */
#pragma once

#include "worker/tls_internal.h"

/** Is it cheap to compute with every key of this chain? @return false: tls_fault_note() was called. */
bool tls_chain_is_cheap(struct tls_session *session, const mbedtls_x509_crt *chain);

/** Are all keys and signatures of this chain approved (tls.policy)? One that is sent along counts, too.
 *  @return false: tls_fault_note() was called. To be asked after tls_chain_is_cheap(). */
bool tls_chain_is_approved(struct tls_session *session, const mbedtls_x509_crt *chain);

/** Walk from `leaf` to one of `anchors`, checking signatures, times, uses and path lengths.
 *  @param profile  the keys and digests that are taken on the way */
void tls_chain_walk(const mbedtls_x509_crt_profile *profile, mbedtls_x509_crt *leaf,
                    mbedtls_x509_crt *anchors, struct tls_path *path);

/** Walk to the certificates of `leaf`'s chain that have a pinned key; each key is tried once.
 *  @return false: none of them has one */
bool tls_chain_walk_to_pins(const struct tls_context *context, mbedtls_x509_crt *leaf,
                            struct tls_path *path);
