/* steering.h - which lane serves a client
 * SPDX-License-Identifier: ISC
 *
 * What: a classic-BPF program for SO_ATTACH_REUSEPORT_CBPF that picks the socket of a group by the
 *       client's prefix, so that every bucket of a client lives in one lane and limits are exact
 *       without shared state.
 * Who:  attached once to the UDP and once to the TCP sockets of each listening address, after the
 *       last lane has bound: the answer is an index into the group, in the order of binding.
 *       Pure: makes numbers only.
 * Ref:  socket(7) SO_ATTACH_REUSEPORT_CBPF; docs/LIMITS.md "steering".
 */
#pragma once

#include "base/addr.h"
#include "base/hash.h"

#include <linux/filter.h>

#define STEERING_LANES_MAX 64
#define STEERING_MAX       112 /* instructions */
#define STEERING_WORDS     4   /* of an IPv6 address, 32 bits each */

struct steering {
    uint32_t lanes;                      /* 1..STEERING_LANES_MAX */
    uint32_t ipv4_mask;                  /* the bits that count, host order */
    uint32_t ipv6_masks[STEERING_WORDS]; /* the same */
    uint32_t factors[STEERING_WORDS];    /* odd, secret */
    uint32_t last_factor;                /* odd, secret */
};

/**
 * @param lanes        sockets in each group, 1..STEERING_LANES_MAX
 * @param ipv4_length  the shortest prefix that is limited, 0..32
 * @param ipv6_length  the same, 0..128
 * @param key          random; keeps outsiders from choosing a lane
 * @return STATUS_OK; STATUS_INVALID (a number out of range)
 */
MUST_CHECK enum status steering_init(struct steering *s, uint32_t lanes, unsigned ipv4_length,
                                     unsigned ipv6_length, struct hash_key key);

/**
 * Write the program. For what is neither IPv4 nor IPv6 it returns a number past every group, and
 * the kernel chooses by its own hash.
 *
 * @param has_headers  a datagram that begins with a PROXY header goes by the client that this names.
 *                     Not for TCP: the kernel asks at the SYN, whose payload it throws away, so that
 *                     a client could choose its lane by that
 * @return instructions written
 */
size_t steering_build(const struct steering *s, bool has_headers,
                      struct sock_filter program[STEERING_MAX]);
