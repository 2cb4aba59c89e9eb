/* stats_chain.h - the certificates that an upstream showed, in a statistics page
 * SPDX-License-Identifier: ISC
 *
 * What: several numbers that belong together. The writer marks when it is at work, so that a reader
 *       never takes the half of one chain for a whole one. The reader believes nothing but numbers.
 * Who:  worker writes, penstockctl reads. Pure.
 * Ref:  lane/stats.h, docs/ATTESTATION.md.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define STATS_CHAIN_MOST 10U /* certificates; TLS_CHAIN_MAX */
#define STATS_CHAIN_HASH 32U /* octets of a SHA-256 */

struct stats_chain {       /* as it stands in the page */
    _Atomic uint64_t turn; /* odd while it is written */
    _Atomic uint64_t seen_us, count;
    struct {
        _Atomic uint64_t sum[STATS_CHAIN_HASH / 8], key[STATS_CHAIN_HASH / 8], ends_s;
    } of[STATS_CHAIN_MOST];
};

struct stats_chain_certificate {
    uint8_t sum[STATS_CHAIN_HASH]; /* SHA-256 of its DER */
    uint8_t key[STATS_CHAIN_HASH]; /* of its SubjectPublicKeyInfo: a pin (RFC 7469) */
    uint64_t ends_s;               /* since 1970; 0: not known */
};

struct stats_chain_copy { /* as it was shown; the server's own certificate first */
    uint64_t seen_us;     /* monotonic: the handshake that showed it; 0: none did */
    unsigned count;
    struct stats_chain_certificate of[STATS_CHAIN_MOST];
};

/** Write it. There is one writer; one that was ended in the middle may have been before it. */
void stats_chain_write(struct stats_chain *to, const struct stats_chain_copy *from);

/** Read it. @return false: it is being written, or was never finished; `to` is zeroed */
bool stats_chain_read(const struct stats_chain *from, struct stats_chain_copy *to);
