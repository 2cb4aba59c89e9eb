/* prove_cookie.c - cookies of any size and octets, and the hash under them
 * SPDX-License-Identifier: ISC
 */
#include "gate/cookie.h"
#include "prove.h"

#define SIZE_MOST 48 /* octets; more than the largest cookie, 40 */

static struct addr
any_addr(void)
{
    struct addr addr;
    ASSUME(addr.family == ADDR_IPV4 || addr.family == ADDR_IPV6);
    return addr;
}

void
prove_cookie_check(void)
{
    struct cookie_secrets secrets = {.has_previous = nondet_bool(), .has_staged = nondet_bool()};
    struct addr client = any_addr();
    size_t size = any_up_to(SIZE_MOST);
    uint8_t *cookie = any_octets(size);
    uint32_t now_s = nondet_u32();
    enum cookie_verdict verdict = cookie_check(&secrets, cookie, size, &client, now_s);
    CLAIM(verdict <= COOKIE_FALSE, "no other verdict");
    CLAIM((verdict == COOKIE_NONE) == (size == 0), "no octets are no cookie");
    CLAIM((verdict == COOKIE_CLIENT) == (size == COOKIE_CLIENT_BYTES),
          "eight are the client's half");
    if (size != COOKIE_BYTES) {
        CLAIM(!cookie_is_proof(verdict), "no other size proves an address");
        return;
    }
    CLAIM(cookie[8] == 1 || verdict == COOKIE_FALSE, "no other version is ours");
    uint32_t made_s = (uint32_t)cookie[12] << 24 | (uint32_t)cookie[13] << 16 |
                      (uint32_t)cookie[14] << 8 | cookie[15];
    uint32_t age_s = now_s - made_s;
    bool is_in_time = age_s <= COOKIE_PAST_S || age_s >= (uint32_t)-COOKIE_FUTURE_S;
    CLAIM(!cookie_is_proof(verdict) || is_in_time, "what proves is in its time");
    CLAIM(verdict != COOKIE_EXPIRED || !is_in_time, "what is in its time has not expired");
    CLAIM(verdict != COOKIE_VALID || age_s <= COOKIE_RENEW_S || age_s >= (uint32_t)-COOKIE_FUTURE_S,
          "past half of its life it is renewed");
    REACHED();
}

void
prove_cookie_hash(void)
{
    size_t size = any_up_to(SIZE_MOST);
    struct hash_key key = {nondet_u64(), nondet_u64()};
    (void)hash_siphash24(&key, any_octets(size), size);
    REACHED();
}

#define TAILS_MOST 4

void
prove_cookie_hash_tails(void)
{
    size_t size = any_up_to(SIZE_MOST), count = any_up_to(TAILS_MOST);
    struct hash_key key = {nondet_u64(), nondet_u64()};
    uint8_t *begins = any_octets(count);
    uint64_t *hashes = any_octets(count * sizeof *hashes);
    for (size_t i = 0; i < count; i++)
        ASSUME(begins[i] <= size && (i == 0 || begins[i - 1] <= begins[i]));
    hash_siphash13_tails(&key, any_octets(size), size, begins, count, hashes);
    REACHED();
}
