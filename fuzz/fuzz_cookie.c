/* fuzz_cookie.c - a cookie that is not ours never proves an address; one that is always does
 * SPDX-License-Identifier: ISC
 *
 * Input: secret (16), family, address (16), time (4), and the option.
 */
#include "base/bytes.h"
#include "gate/cookie.h"

#include "fuzz.h"

static void
try_own(const struct cookie_secrets *s, const struct addr *client, uint32_t now,
        const uint8_t half[COOKIE_CLIENT_BYTES])
{
    uint8_t own[COOKIE_BYTES];
    memcpy(own, half, COOKIE_CLIENT_BYTES);
    cookie_make(s, own, client, now, own + COOKIE_CLIENT_BYTES);
    must(cookie_check(s, own, sizeof own, client, now) == COOKIE_VALID);
    must(cookie_check(s, own, sizeof own, client, now + COOKIE_RENEW_S + 1) == COOKIE_RENEW);
    must(cookie_check(s, own, sizeof own, client, now + COOKIE_PAST_S + 1) == COOKIE_EXPIRED);
    must(cookie_check(s, own, sizeof own - 1, client, now) == COOKIE_FALSE);
    struct addr other = *client;
    other.bytes[0] ^= 1;
    must(cookie_check(s, own, sizeof own, &other, now) == COOKIE_FALSE);
}

/* A secret that comes, and goes: RFC 9018 section 5. */
static void
try_roll_over(struct cookie_secrets s, const struct addr *client, uint32_t now,
              const uint8_t secret[COOKIE_SECRET_BYTES], const uint8_t half[COOKIE_CLIENT_BYTES])
{
    uint8_t other[COOKIE_SECRET_BYTES], old[COOKIE_BYTES], new[COOKIE_BYTES];
    struct cookie_secrets peer;
    memcpy(other, secret, sizeof other);
    other[0] ^= 1;
    cookie_secrets_init(&peer, other); /* it has rolled over before us */
    memcpy(old, half, COOKIE_CLIENT_BYTES);
    memcpy(new, half, COOKIE_CLIENT_BYTES);
    cookie_make(&s, old, client, now, old + COOKIE_CLIENT_BYTES);
    cookie_make(&peer, new, client, now, new + COOKIE_CLIENT_BYTES);
    must(cookie_check(&s, new, sizeof new, client, now) == COOKIE_FALSE);
    must(cookie_secrets_roll(&s) == STATUS_NONE);
    cookie_secrets_stage(&s, other);
    must(cookie_check(&s, new, sizeof new, client, now) == COOKIE_RENEW);
    must(cookie_check(&s, old, sizeof old, client, now) == COOKIE_VALID);
    must(cookie_secrets_roll(&s) == STATUS_OK);
    must(cookie_check(&s, new, sizeof new, client, now) == COOKIE_VALID);
    must(cookie_check(&s, old, sizeof old, client, now) == COOKIE_RENEW);
    must(cookie_check(&s, old, sizeof old, client, now - COOKIE_FUTURE_S - 1) == COOKIE_EXPIRED);
    cookie_secrets_stage(&s, secret);
    must(cookie_secrets_roll(&s) == STATUS_OK && cookie_secrets_roll(&s) == STATUS_NONE);
    must(cookie_check(&s, old, sizeof old, client, now) == COOKIE_VALID);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes_reader r = bytes_reader(data, size);
    const uint8_t *secret = bytes_get_view(&r, COOKIE_SECRET_BYTES);
    struct addr client = {.family = bytes_get_u8(&r) % 2 == 0 ? ADDR_IPV4 : ADDR_IPV6};
    bytes_get_copy(&r, client.bytes, client.family == ADDR_IPV4 ? 4 : 16);
    uint32_t now = bytes_get_u32(&r);
    if (r.failed)
        return 0;
    struct cookie_secrets s;
    cookie_secrets_init(&s, secret);
    size_t left = bytes_left(&r);
    uint8_t option[64] = {0};
    left = left < sizeof option ? left : sizeof option;
    bytes_get_copy(&r, option, left);
    try_own(&s, &client, now, option);
    try_roll_over(s, &client, now, secret, option);
    enum cookie_verdict verdict = cookie_check(&s, option, left, &client, now);
    must((verdict == COOKIE_NONE) == (left == 0));
    must((verdict == COOKIE_CLIENT) == (left == COOKIE_CLIENT_BYTES));
    if (!cookie_is_proof(verdict))
        return 0;
    /* what proves must be whole, of version 1, and stop proving with any octet changed */
    must(left == COOKIE_BYTES && option[COOKIE_CLIENT_BYTES] == 1);
    for (size_t i = 0; i < COOKIE_BYTES; i++) {
        option[i] ^= 0x10;
        must(cookie_check(&s, option, left, &client, now) == COOKIE_FALSE);
        option[i] ^= 0x10;
    }
    return 0;
}
