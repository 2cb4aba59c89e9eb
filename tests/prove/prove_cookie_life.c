/* prove_cookie_life.c - what a cookie that we made is worth, as secrets roll over
 * SPDX-License-Identifier: ISC
 */
#include "base/bytes.h"
#include "gate/cookie.h"
#include "prove.h"

/* Any function of key, octets and their count: nothing here depends on which it is. */
uint64_t __CPROVER_uninterpreted_hash(uint64_t k0, uint64_t k1, size_t size, uint64_t a, uint64_t b,
                                      uint64_t c, uint64_t d);

uint64_t
hash_siphash24(const struct hash_key *key, const void *data, size_t size)
{
    const uint8_t *octets = data;
    uint64_t words[4] = {0};
    CLAIM(size == 20 || size == 32, "the client's half, the head and an address are hashed");
    for (size_t i = 0; i < 32; i++) {
        if (i < size)
            words[i / 8] = words[i / 8] << 8 | octets[i];
    }
    return __CPROVER_uninterpreted_hash(key->k0, key->k1, size, words[0], words[1], words[2],
                                        words[3]);
}

struct hash_key
hash_key_from(const uint8_t bytes[16])
{
    return (struct hash_key){bytes_le64(bytes), bytes_le64(bytes + 8)};
}

/* What we made is ours, as long as the secret is: now, and after a roll-over. */
void
prove_cookie_life_made(void)
{
    uint8_t cookie[COOKIE_BYTES], one[COOKIE_SECRET_BYTES], two[COOKIE_SECRET_BYTES];
    struct cookie_secrets secrets;
    struct addr client;
    uint32_t now_s = nondet_u32();
    ASSUME(client.family == ADDR_IPV4 || client.family == ADDR_IPV6);
    cookie_secrets_init(&secrets, one);
    CLAIM(cookie_secrets_roll(&secrets) == STATUS_NONE, "nothing is staged at first");
    cookie_make(&secrets, cookie, &client, now_s, cookie + COOKIE_CLIENT_BYTES);
    CLAIM(cookie_check(&secrets, cookie, sizeof cookie, &client, now_s) == COOKIE_VALID,
          "what we made is valid");
    cookie_secrets_stage(&secrets, two);
    CLAIM(cookie_check(&secrets, cookie, sizeof cookie, &client, now_s) == COOKIE_VALID,
          "a staged secret changes nothing");
    CLAIM(cookie_secrets_roll(&secrets) == STATUS_OK, "then it is used");
    CLAIM(cookie_is_proof(cookie_check(&secrets, cookie, sizeof cookie, &client, now_s)),
          "the secret before still proves");
    REACHED();
}
