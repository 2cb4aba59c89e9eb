/* pacer.h - answers to one network leave at a bounded rate
 * SPDX-License-Identifier: ISC
 *
 * What: says of each answer whether it may leave now, or how much later, or not at all, so that
 *       answers saved up by an attacker cannot hit a network as one pulse (DNSBomb,
 *       CVE-2024-33655). A place in time is reserved at once: those that come later wait longer.
 * Who:  front, for UDP clients. Pure: no clock, no allocation; the caller keeps what has to wait.
 * Ref:  docs/LIMITS.md "pacer".
 */
#pragma once

#include "gate/limiter.h"

#define PACER_RATE_MAX    1000000000u /* octets per second */
#define PACER_BURST_MAX   16777216u   /* octets */
#define PACER_DRAIN_S_MAX 3600        /* burst / rate */
#define PACER_WAIT_MS_MAX 10000

struct pacer_config {
    uint8_t ipv4_length;        /* prefix that shares one rate, 0..32 */
    uint8_t ipv6_length;        /* 0..128 */
    uint32_t rate_octets_per_s; /* 1..PACER_RATE_MAX */
    uint32_t burst_octets;      /* leave at once after quiet time, 1..PACER_BURST_MAX */
    uint32_t wait_ms;           /* an answer waits no longer, 0..PACER_WAIT_MS_MAX */
};

enum pacer_verdict {
    PACER_NOW,
    PACER_LATER, /* hold it for the time told; its place is reserved */
    PACER_DROP,  /* it would wait too long; nothing was reserved */
};

struct pacer {
    struct limiter_table buckets;
    struct pacer_config config;
    uint64_t now, later, dropped; /* counts of verdicts */
};

/**
 * @param memory   borrowed as long as `p` lives; LIMITER_MEMORY_BYTES(entries), 64-byte aligned,
 *                 zeroed: pages that no bucket uses are never touched
 * @param entries  networks, a power of two, 64..2^24
 * @param key      random and secret
 * @return STATUS_OK; STATUS_INVALID (a number out of range).
 */
MUST_CHECK enum status pacer_init(struct pacer *p, const struct pacer_config *config, void *memory,
                                  size_t entries, struct hash_key key);

/**
 * Change the rate; places already reserved stay as they are.
 *
 * @return STATUS_OK; STATUS_INVALID: nothing changed.
 */
MUST_CHECK enum status pacer_reload(struct pacer *p, const struct pacer_config *config);

/**
 * Ask for one answer. An answer larger than the burst leaves when nothing else is owed.
 *
 * @param client   borrowed for the call
 * @param octets   size of the answer with what the network adds, 1..65535
 * @param now_ms   monotonic, never less than in the call before, under 2^39
 * @param wait_ms  written: 0 or, with PACER_LATER, 1..config.wait_ms
 */
enum pacer_verdict pacer_take(struct pacer *p, const struct addr *client, uint32_t octets,
                              uint64_t now_ms, uint32_t *wait_ms);
