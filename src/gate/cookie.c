/* cookie.c - see cookie.h
 * SPDX-License-Identifier: ISC
 */
#include "gate/cookie.h"

#include "base/bytes.h"

#define VERSION       1
#define HEAD_BYTES    8 /* version, three reserved octets, timestamp */
#define HASH_BYTES    8
#define ADDRESS_BYTES 16

void
cookie_secrets_init(struct cookie_secrets *s, const uint8_t secret[COOKIE_SECRET_BYTES])
{
    *s = (struct cookie_secrets){.current = hash_key_from(secret)};
}

void
cookie_secrets_stage(struct cookie_secrets *s, const uint8_t secret[COOKIE_SECRET_BYTES])
{
    s->staged = hash_key_from(secret);
    s->has_staged = true;
}

enum status
cookie_secrets_roll(struct cookie_secrets *s)
{
    if (!s->has_staged)
        return STATUS_NONE;
    s->previous = s->current;
    s->has_previous = true;
    s->current = s->staged;
    s->staged = (struct hash_key){0};
    s->has_staged = false;
    return STATUS_OK;
}

/* RFC 9018 4.4: hash over client cookie, version, reserved, timestamp, address. */
static void
hash_put(struct bytes_writer *to, const struct hash_key *key, const uint8_t *client_cookie,
         const uint8_t head[HEAD_BYTES], const struct addr *client)
{
    uint8_t input[COOKIE_CLIENT_BYTES + HEAD_BYTES + ADDRESS_BYTES];
    struct bytes_writer w = bytes_writer(input, sizeof input);
    bytes_put_copy(&w, client_cookie, COOKIE_CLIENT_BYTES);
    bytes_put_copy(&w, head, HEAD_BYTES);
    bytes_put_copy(&w, client->bytes, client->family == ADDR_IPV4 ? 4 : ADDRESS_BYTES);
    uint64_t hash = hash_siphash24(key, input, w.pos);
    /* the hash is sent as SipHash defines its octets: least significant first */
    bytes_put_u64(to, __builtin_bswap64(hash));
}

void
cookie_make(const struct cookie_secrets *s, const uint8_t client_cookie[COOKIE_CLIENT_BYTES],
            const struct addr *client, uint32_t now_s, uint8_t server_cookie[COOKIE_SERVER_BYTES])
{
    static const uint8_t reserved[3];
    struct bytes_writer w = bytes_writer(server_cookie, COOKIE_SERVER_BYTES);
    bytes_put_u8(&w, VERSION);
    bytes_put_copy(&w, reserved, sizeof reserved);
    bytes_put_u32(&w, now_s);
    hash_put(&w, &s->current, client_cookie, server_cookie, client);
}

/* Compare without telling by the time taken how much of a guess was right. */
static bool
hash_matches(const struct hash_key *key, const uint8_t *client_cookie, const uint8_t *head,
             const struct addr *client, const uint8_t *hash)
{
    uint8_t wanted[HASH_BYTES];
    struct bytes_writer w = bytes_writer(wanted, sizeof wanted);
    hash_put(&w, key, client_cookie, head, client);
    unsigned difference = 0;
    for (unsigned i = 0; i < HASH_BYTES; i++)
        difference |= (unsigned)(wanted[i] ^ hash[i]);
    return difference == 0;
}

static enum cookie_verdict
judge_time(uint32_t made_s, uint32_t now_s, bool by_current)
{
    uint32_t age_s = now_s - made_s; /* serial: "negative" from 2^31 on */
    if (age_s > INT32_MAX)
        return 0 - age_s <= COOKIE_FUTURE_S ? (by_current ? COOKIE_VALID : COOKIE_RENEW)
                                            : COOKIE_EXPIRED;
    if (age_s > COOKIE_PAST_S)
        return COOKIE_EXPIRED;
    return age_s <= COOKIE_RENEW_S && by_current ? COOKIE_VALID : COOKIE_RENEW;
}

enum cookie_verdict
cookie_check(const struct cookie_secrets *s, const uint8_t *cookie, size_t size,
             const struct addr *client, uint32_t now_s)
{
    if (size == 0)
        return COOKIE_NONE;
    if (size == COOKIE_CLIENT_BYTES)
        return COOKIE_CLIENT;
    if (size != COOKIE_BYTES)
        return COOKIE_FALSE;
    struct bytes_reader r = bytes_reader(cookie, size);
    const uint8_t *client_cookie = bytes_get_view(&r, COOKIE_CLIENT_BYTES);
    const uint8_t *head = bytes_get_view(&r, HEAD_BYTES);
    const uint8_t *hash = bytes_get_view(&r, HASH_BYTES);
    struct bytes_reader in_head = bytes_reader(head, HEAD_BYTES);
    if (bytes_get_u8(&in_head) != VERSION)
        return COOKIE_FALSE;
    bytes_skip(&in_head, 3); /* reserved: hashed as received, else ignored (RFC 9018 4.2) */
    uint32_t made_s = bytes_get_u32(&in_head);
    if (hash_matches(&s->current, client_cookie, head, client, hash))
        return judge_time(made_s, now_s, true);
    if (s->has_previous && hash_matches(&s->previous, client_cookie, head, client, hash))
        return judge_time(made_s, now_s, false);
    if (s->has_staged && hash_matches(&s->staged, client_cookie, head, client, hash))
        return judge_time(made_s, now_s, false);
    return COOKIE_FALSE;
}
