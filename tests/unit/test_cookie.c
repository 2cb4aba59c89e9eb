/* test_cookie.c - with the test vectors of RFC 9018 appendix A
 * SPDX-License-Identifier: ISC
 */
#include "gate/cookie.h"

#include "prng.h"

#include <criterion/criterion.h>
#include <string.h>

static void
from_hex(const char *hex, uint8_t *to)
{
    for (size_t i = 0; hex[2 * i] != '\0'; i++) {
        unsigned octet;
        cr_assert_eq(sscanf(hex + 2 * i, "%2x", &octet), 1);
        to[i] = (uint8_t)octet;
    }
}

static struct cookie_secrets
secrets_of(const char *hex)
{
    uint8_t secret[COOKIE_SECRET_BYTES];
    from_hex(hex, secret);
    struct cookie_secrets s;
    cookie_secrets_init(&s, secret);
    return s;
}

static struct addr
client_of(const char *text)
{
    struct addr client;
    cr_assert_eq(addr_parse(text, 5353, &client), STATUS_OK);
    return client;
}

static enum cookie_verdict
check_hex(const struct cookie_secrets *s, const char *client, const char *cookie, uint32_t now_s)
{
    uint8_t octets[COOKIE_BYTES];
    from_hex(cookie, octets);
    struct addr addr = client_of(client);
    return cookie_check(s, octets, strlen(cookie) / 2, &addr, now_s);
}

static void
expect_made(const struct cookie_secrets *s, const char *client, uint32_t now_s, const char *wanted)
{
    uint8_t octets[COOKIE_BYTES], made[COOKIE_SERVER_BYTES];
    from_hex(wanted, octets);
    struct addr addr = client_of(client);
    cookie_make(s, octets, &addr, now_s, made);
    cr_expect_arr_eq(made, octets + COOKIE_CLIENT_BYTES, sizeof made, "%s", wanted);
}

#define SECRET_A  "e5e973e5a6b2a43f48e7dc849e37bfcf"
#define COOKIE_A1 "2464c4abcf10c957010000005cf79f111f8130c3eee29480"
#define COOKIE_A2 "2464c4abcf10c957010000005cf7a871d4a564a1442aca77"

Test(cookie, makes_the_cookies_of_the_rfc)
{
    struct cookie_secrets s = secrets_of(SECRET_A);
    expect_made(&s, "198.51.100.100", 1559731985, COOKIE_A1);
    expect_made(&s, "198.51.100.100", 1559734385, COOKIE_A2);
    expect_made(&s, "203.0.113.203", 1559734700,
                "fc93fc62807ddb86010000005cf7a9acf73a7810aca2381e");
    s = secrets_of("445536bcd2513298075a5d379663c962");
    expect_made(&s, "2001:db8:220:1:59de:d0f4:8769:82b8", 1559741961,
                "22681ab97d52c298010000005cf7c609a6bb79d16625507a");
}

Test(cookie, renews_past_half_an_hour)
{
    struct cookie_secrets s = secrets_of(SECRET_A);
    cr_expect_eq(check_hex(&s, "198.51.100.100", COOKIE_A1, 1559731985), COOKIE_VALID);
    cr_expect_eq(check_hex(&s, "198.51.100.100", COOKIE_A1, 1559731985 + 1800), COOKIE_VALID);
    cr_expect_eq(check_hex(&s, "198.51.100.100", COOKIE_A1, 1559731985 + 1801), COOKIE_RENEW);
    cr_expect_eq(check_hex(&s, "198.51.100.100", COOKIE_A1, 1559734385), COOKIE_RENEW);
    cr_expect_eq(check_hex(&s, "198.51.100.100", COOKIE_A1, 1559731985 + 3600), COOKIE_RENEW);
    cr_expect_eq(check_hex(&s, "198.51.100.100", COOKIE_A1, 1559731985 + 3601), COOKIE_EXPIRED);
}

Test(cookie, bears_a_clock_five_minutes_ahead)
{
    struct cookie_secrets s = secrets_of(SECRET_A);
    cr_expect_eq(check_hex(&s, "198.51.100.100", COOKIE_A1, 1559731985 - 300), COOKIE_VALID);
    cr_expect_eq(check_hex(&s, "198.51.100.100", COOKIE_A1, 1559731985 - 301), COOKIE_EXPIRED);
}

/* RFC 9018 A.3: reserved octets are hashed as they came */
Test(cookie, accepts_reserved_octets_of_another_server)
{
    struct cookie_secrets s = secrets_of(SECRET_A);
    const char *cookie = "fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5";
    cr_expect_eq(check_hex(&s, "203.0.113.203", cookie, 1559727985 + 600), COOKIE_VALID);
    cookie = "fc93fc62807ddb8601abcdee5cf78f71a314227b6679ebf5";
    cr_expect_eq(check_hex(&s, "203.0.113.203", cookie, 1559727985 + 600), COOKIE_FALSE);
}

/* RFC 9018 A.4: rolled over a few minutes ago */
Test(cookie, accepts_the_secret_before_and_the_one_to_come)
{
    const char *client = "2001:db8:220:1:59de:d0f4:8769:82b8";
    const char *cookie = "22681ab97d52c298010000005cf7c57926556bd0934c72f8";
    uint8_t next[COOKIE_SECRET_BYTES];
    from_hex("445536bcd2513298075a5d379663c962", next);
    struct cookie_secrets s = secrets_of("dd3bdf9344b678b185a6f5cb60fca715");
    cr_expect_eq(check_hex(&s, client, cookie, 1559741961), COOKIE_VALID);
    cr_expect_eq(cookie_secrets_roll(&s), STATUS_NONE);
    cookie_secrets_stage(&s, next);
    const char *of_next = "22681ab97d52c298010000005cf7c609a6bb79d16625507a";
    cr_expect_eq(check_hex(&s, client, of_next, 1559741961), COOKIE_RENEW);
    cr_expect_eq(check_hex(&s, client, cookie, 1559741961), COOKIE_VALID);
    cr_expect_eq(cookie_secrets_roll(&s), STATUS_OK);
    cr_expect_eq(check_hex(&s, client, of_next, 1559741961), COOKIE_VALID);
    cr_expect_eq(check_hex(&s, client, cookie, 1559741961), COOKIE_RENEW);
    cookie_secrets_init(&s, next); /* without the previous one */
    cr_expect_eq(check_hex(&s, client, cookie, 1559741961), COOKIE_FALSE);
}

Test(cookie, proves_nothing_without_a_server_half)
{
    struct cookie_secrets s = secrets_of(SECRET_A);
    struct addr client = client_of("192.0.2.1");
    uint8_t octets[40] = {1};
    cr_expect_eq(cookie_check(&s, octets, 0, &client, 1), COOKIE_NONE);
    cr_expect_eq(cookie_check(&s, octets, 8, &client, 1), COOKIE_CLIENT);
    for (size_t size = 1; size <= sizeof octets; size++) {
        if (size != 8)
            cr_expect_eq(cookie_check(&s, octets, size, &client, 1), COOKIE_FALSE);
    }
    cr_expect_not(cookie_is_proof(COOKIE_NONE));
    cr_expect_not(cookie_is_proof(COOKIE_CLIENT));
    cr_expect_not(cookie_is_proof(COOKIE_EXPIRED));
    cr_expect_not(cookie_is_proof(COOKIE_FALSE));
}

Test(cookie, is_bound_to_its_address_but_not_to_a_port)
{
    struct cookie_secrets s = secrets_of(SECRET_A);
    cr_expect_eq(check_hex(&s, "198.51.100.101", COOKIE_A1, 1559731985), COOKIE_FALSE);
    cr_expect_eq(check_hex(&s, "198.51.100.100:1", COOKIE_A1, 1559731985), COOKIE_VALID);
}

Test(cookie, no_flipped_bit_survives)
{
    struct prng prng = prng_begin("cookie");
    for (unsigned round = 0; round < 200; round++) {
        uint8_t secret[COOKIE_SECRET_BYTES], cookie[COOKIE_BYTES];
        prng_fill(&prng, secret, sizeof secret);
        prng_fill(&prng, cookie, sizeof cookie);
        struct cookie_secrets s;
        cookie_secrets_init(&s, secret);
        struct addr client = client_of(round % 2 == 0 ? "192.0.2.7" : "2001:db8::7");
        uint32_t now = (uint32_t)prng_next(&prng);
        cookie_make(&s, cookie, &client, now, cookie + COOKIE_CLIENT_BYTES);
        cr_assert_eq(cookie_check(&s, cookie, sizeof cookie, &client, now), COOKIE_VALID);
        for (unsigned bit = 0; bit < 8 * COOKIE_BYTES; bit++) {
            cookie[bit / 8] ^= (uint8_t)(1 << bit % 8);
            cr_assert_eq(cookie_check(&s, cookie, sizeof cookie, &client, now), COOKIE_FALSE);
            cookie[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    }
}

Test(cookie, time_wraps_around_without_an_edge)
{
    struct cookie_secrets s = secrets_of(SECRET_A);
    struct addr client = client_of("192.0.2.1");
    uint8_t cookie[COOKIE_BYTES] = {1, 2, 3};
    cookie_make(&s, cookie, &client, UINT32_MAX - 10, cookie + COOKIE_CLIENT_BYTES);
    cr_expect_eq(cookie_check(&s, cookie, sizeof cookie, &client, 100), COOKIE_VALID);
    cr_expect_eq(cookie_check(&s, cookie, sizeof cookie, &client, 3000), COOKIE_RENEW);
    cr_expect_eq(cookie_check(&s, cookie, sizeof cookie, &client, 3600), COOKIE_EXPIRED);
    cookie_make(&s, cookie, &client, 100, cookie + COOKIE_CLIENT_BYTES);
    cr_expect_eq(cookie_check(&s, cookie, sizeof cookie, &client, UINT32_MAX - 10), COOKIE_VALID);
    cr_expect_eq(cookie_check(&s, cookie, sizeof cookie, &client, 100u + (1u << 31)),
                 COOKIE_EXPIRED);
}

/* The clock of the machine may be set while we run, or be another than those of other servers. */
Test(cookie, a_clock_that_is_set_loses_no_more_than_a_renewal)
{
    struct cookie_secrets s = secrets_of(SECRET_A);
    uint8_t cookie[COOKIE_BYTES] = "clientck";
    struct addr client = client_of("192.0.2.1");
    uint32_t now_s = 1800000000;
    cookie_make(&s, cookie, &client, now_s, cookie + COOKIE_CLIENT_BYTES);
    static const struct {
        int32_t seconds; /* the clock goes by so much */
        enum cookie_verdict wanted;
    } steps[] = {{0, COOKIE_VALID},      {1800, COOKIE_VALID},     {1801, COOKIE_RENEW},
                 {3600, COOKIE_RENEW},   {3601, COOKIE_EXPIRED},   {-300, COOKIE_VALID},
                 {-301, COOKIE_EXPIRED}, {-86400, COOKIE_EXPIRED}, {86400, COOKIE_EXPIRED}};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        cr_expect_eq(
            cookie_check(&s, cookie, sizeof cookie, &client, now_s + (uint32_t)steps[i].seconds),
            steps[i].wanted, "by %d s", steps[i].seconds);
    /* what is made with the new time is good at once */
    uint32_t back_s = now_s - 86400;
    cookie_make(&s, cookie, &client, back_s, cookie + COOKIE_CLIENT_BYTES);
    cr_expect_eq(cookie_check(&s, cookie, sizeof cookie, &client, back_s), COOKIE_VALID);
    cr_expect_eq(cookie_check(&s, cookie, sizeof cookie, &client, 0), COOKIE_EXPIRED, "of 1970");
}
