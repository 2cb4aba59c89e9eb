/* cookie.h - server cookies: cheap proof that a UDP client owns its address
 * SPDX-License-Identifier: ISC
 *
 * What: makes and judges the interoperable server cookie (version 1, SipHash-2-4), so that servers
 *       which share a secret behind one anycast address accept each other's.
 * Who:  front. Pure: time and secrets are arguments.
 * Ref:  RFC 7873; RFC 9018 sections 4 and 5; docs/LIMITS.md "cookie".
 */
#pragma once

#include "base/addr.h"
#include "base/hash.h"

#define COOKIE_SECRET_BYTES 16
#define COOKIE_CLIENT_BYTES 8
#define COOKIE_SERVER_BYTES 16
#define COOKIE_BYTES        (COOKIE_CLIENT_BYTES + COOKIE_SERVER_BYTES)
#define COOKIE_PAST_S       3600 /* RFC 9018 4.3: a cookie may be an hour old */
#define COOKIE_FUTURE_S     300  /* RFC 9018 4.3: and five minutes ahead of our clock */
#define COOKIE_RENEW_S      1800 /* RFC 9018 4.3: past half of its life the client gets a new one */

struct cookie_secrets { /* RFC 9018 section 5: a roll-over goes staged → current → previous */
    struct hash_key current;  /* makes cookies */
    struct hash_key previous; /* accepted, was current before */
    struct hash_key staged;   /* accepted, will be current: other servers may use it already */
    bool has_previous;
    bool has_staged;
};

enum cookie_verdict {
    COOKIE_NONE,    /* no cookie */
    COOKIE_CLIENT,  /* the client's half only: it wants to learn ours; proves nothing */
    COOKIE_VALID,   /* ours, fresh: the client owns its address */
    COOKIE_RENEW,   /* the same, but aging or of another secret: send a new one */
    COOKIE_EXPIRED, /* the right hash outside its time: proves nothing; send a new one */
    COOKIE_FALSE,   /* not ours: another version, size, address or secret; send a new one */
};

/** Begin with one secret. @param secret  16 random octets, borrowed for the call */
void cookie_secrets_init(struct cookie_secrets *s, const uint8_t secret[COOKIE_SECRET_BYTES]);

/** Accept a secret that is not used for new cookies yet; replaces the one staged before. */
void cookie_secrets_stage(struct cookie_secrets *s, const uint8_t secret[COOKIE_SECRET_BYTES]);

/**
 * Roll over: current becomes previous, staged becomes current.
 *
 * @return STATUS_OK; STATUS_NONE: nothing is staged, nothing changed.
 */
MUST_CHECK enum status cookie_secrets_roll(struct cookie_secrets *s);

/**
 * Make the server cookie for a client.
 *
 * @param client_cookie  the client's eight octets
 * @param client         IPv4 or IPv6; the port does not count
 * @param now_s          wall clock, seconds since 1970 modulo 2^32
 * @param server_cookie  written: what follows the client's half in the option
 */
void cookie_make(const struct cookie_secrets *s, const uint8_t client_cookie[COOKIE_CLIENT_BYTES],
                 const struct addr *client, uint32_t now_s,
                 uint8_t server_cookie[COOKIE_SERVER_BYTES]);

/**
 * Judge a cookie option.
 *
 * @param cookie  borrowed; `size` octets: 0 (none), 8, or 16..40 (struct dns_edns); any other size
 *                is COOKIE_FALSE
 * @param now_s   wall clock; compared as serial numbers, so 2106 is no edge
 */
enum cookie_verdict cookie_check(const struct cookie_secrets *s, const uint8_t *cookie, size_t size,
                                 const struct addr *client, uint32_t now_s);

/** Does the verdict prove the address? */
static inline bool
cookie_is_proof(enum cookie_verdict verdict)
{
    return verdict == COOKIE_VALID || verdict == COOKIE_RENEW;
}
