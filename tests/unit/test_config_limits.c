/* test_config_limits.c - keys of limits: rules between them, and that they are those of the modules
 * SPDX-License-Identifier: ISC
 */
#include "conf/config.h"
#include "conf/config_load.h"
#include "conf/config_row.h"

#include "answers/cache.h"
#include "base/leak.h"
#include "gate/cookie.h"
#include "gate/crowd.h"
#include "gate/pacer.h"
#include "gate/packet_filter.h"

#include "../fixtures/limiter_look.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define UPSTREAM                                                                                   \
    "upstreams:\n"                                                                                 \
    "  - name: one\n"                                                                              \
    "    address: 192.0.2.1\n"                                                                     \
    "    tls_name: one.example\n"                                                                  \
    "    pins: [sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=]\n"
#define SECRET "0123456789abcdef0123456789abcdef"

static struct config config;
static struct config_error error;

static enum status
load(const char *text, const char *const *env)
{
    struct config_source source = {
        .file = "test.yaml", .text = text, .text_size = strlen(text), .environ = env};
    return config_load(&source, &config, &error);
}

static void
load_ok(const char *text)
{
    cr_assert_eq(load(text, NULL), STATUS_OK, "%s", error.text);
    cr_assert(config_is_sound(&config));
}

static void
expect_error(const char *text, const char *const *env, const char *expected)
{
    cr_expect_eq(load(text, env), STATUS_INVALID, "accepted: %s", text);
    cr_expect_str_eq(error.text, expected);
}

static unsigned state; /* of rand_r */

static uint32_t
below(uint32_t bound)
{
    return (uint32_t)rand_r(&state) % bound;
}

Test(config_limits, limits_hold_together)
{
    expect_error(UPSTREAM "rates: {ipv4: [\"/24 1/s 1\", \"/32 1/s 1\"]}\n", NULL,
                 "test.yaml:6: rates.ipv4: a prefix that is not shorter than the one before; "
                 "allowed: the longest first, each once");
    expect_error(UPSTREAM "rates: {ipv4: [\"/33 1/s 1\"]}\n", NULL,
                 "test.yaml:6: rates.ipv4: \"/33 1/s 1\" is a prefix longer than an address; "
                 "allowed: /LENGTH RATE/s BURST, such as /24 3000/s 6000; up to 1000000 each");
    expect_error(UPSTREAM "rates: {entries: 100}\n", NULL,
                 "test.yaml:6: rates.entries: no power of two; allowed: 64, 128, ... 16777216");
    expect_error(UPSTREAM "rates: {listeners: [\"127.0.0.9:53 off\"]}\n", NULL,
                 "test.yaml:6: rates.listeners: an address that is not served; allowed: addresses "
                 "of listen");
    expect_error(UPSTREAM "listen: [\"127.0.0.9\"]\n"
                          "rates: {listeners: [\"127.0.0.9:53 off\", 127.0.0.9 50%]}\n",
                 NULL,
                 "test.yaml:7: rates.listeners: two shares for one address; allowed: one for each");
    expect_error(
        UPSTREAM "listen: [\"127.0.0.9\"]\n"
                 "rates: {listeners: [\"127.0.0.9:53 9%\"], ipv6: [\"/64 1/s 11\"]}\n",
        NULL,
        "test.yaml:7: rates.listeners: less than one query of the smallest burst; allowed: "
        "a larger share");
    load_ok(UPSTREAM "listen: [\"127.0.0.9\"]\n"
                     "rates: {listeners: [\"127.0.0.9:53 10%\"], ipv6: [\"/64 1/s 11\"]}\n");
    expect_error(UPSTREAM "pacing: {rate: 1000, burst: 3600000}\n", NULL,
                 "test.yaml:6: pacing.burst: an hour of pacing.rate or more; allowed: less, or a "
                 "higher rate");
    expect_error(UPSTREAM "cache: {ttl_min: 1h, ttl_max: 3599s}\n", NULL,
                 "test.yaml:6: cache.ttl_min: longer than cache.ttl_max; allowed: up to "
                 "cache.ttl_max");
    load_ok(UPSTREAM "cache: {ttl_min: 1h, ttl_max: 1h}\n");
    expect_error(UPSTREAM "cache: {size: 1KiB}\n", NULL,
                 "test.yaml:6: cache.size: \"1KiB\" is out of range; allowed: off, or 64KiB to "
                 "4GiB, with a unit (KiB, MiB or GiB)");
}

Test(config_limits, a_secret_is_never_shown)
{
    expect_error(
        UPSTREAM "cookies: {secret: 0123}\n", NULL,
        "test.yaml:6: cookies.secret: not a secret, and not shown; allowed: 32 hexadecimal "
        "digits in lower case");
    expect_error(UPSTREAM, (const char *[]){"PENSTOCK_COOKIES_STAGED_SECRET=" SECRET "0", NULL},
                 "environment: PENSTOCK_COOKIES_STAGED_SECRET: not a secret, and not shown; "
                 "allowed: 32 hexadecimal digits in lower case");
}

Test(config_limits, a_secret_beside_the_one_in_use_needs_that)
{
    expect_error(UPSTREAM "cookies: {previous_secret: " SECRET "}\n", NULL,
                 "test.yaml:6: cookies.previous_secret: given without cookies.secret; allowed: "
                 "beside the one that is in use");
    expect_error(UPSTREAM "cookies: {staged_secret: " SECRET "}\n", NULL,
                 "test.yaml:6: cookies.staged_secret: given without cookies.secret; allowed: "
                 "beside the one that is in use");
    load_ok(UPSTREAM "cookies: {secret: " SECRET ", staged_secret: " SECRET "}\n");
    cr_expect_eq(config.cookies_secret.bytes[0], 0x01);
    cr_expect_eq(config.cookies_secret.bytes[15], 0xef);
}

Test(config_limits, secrets_are_in_the_configuration_or_in_a_file_of_their_own)
{
    load_ok(UPSTREAM "cookies: {secret_file: /etc/penstock/cookies}\n");
    cr_expect_eq(config.cookies_secret.is_set, 0, "whoever reads files does that");
    expect_error(
        UPSTREAM "cookies: {secret: " SECRET ", secret_file: /etc/penstock/cookies}\n", NULL,
        "test.yaml:6: cookies.secret_file: given beside cookies.secret; allowed: one of the "
        "two");
    expect_error(
        UPSTREAM "cookies: {staged_secret: " SECRET ", secret_file: /c}\n", NULL,
        "test.yaml:6: cookies.staged_secret: given beside cookies.secret_file; allowed: in "
        "that file");
}

static void
expect_rates(const struct config_rate got[], uint32_t got_count, const struct limiter_rate want[],
             uint32_t want_count)
{
    cr_assert_eq(got_count, want_count);
    for (uint32_t i = 0; i < want_count; i++) {
        cr_expect_eq(got[i].length, want[i].length);
        cr_expect_eq(got[i].rate_per_s, want[i].rate_per_s);
        cr_expect_eq(got[i].burst, want[i].burst);
    }
}

Test(config_limits, defaults_of_limits_are_those_of_the_modules)
{
    struct limiter_config unproven = limiter_config_default(), proven = proven_default();
    load_ok(UPSTREAM);
    expect_rates(config.rates_ipv4, config.rates_ipv4_count, unproven.ipv4, unproven.ipv4_count);
    expect_rates(config.rates_ipv6, config.rates_ipv6_count, unproven.ipv6, unproven.ipv6_count);
    expect_rates(config.rates_proven_ipv4, config.rates_proven_ipv4_count, proven.ipv4,
                 proven.ipv4_count);
    expect_rates(config.rates_proven_ipv6, config.rates_proven_ipv6_count, proven.ipv6,
                 proven.ipv6_count);
    cr_expect_eq(config.rates_slip, unproven.slip);
    cr_expect_eq(config.pacing_rate, 1250000);
    cr_expect_eq(config.pacing_burst, 65536);
    cr_expect_eq(config.pacing_wait_ms, 400);
    cr_assert_eq(config.filter_ports_count, packet_filter_ports_count);
    for (uint32_t i = 0; i < config.filter_ports_count; i++)
        cr_expect_eq(config.filter_ports[i], packet_filter_ports[i]);
}

Test(config_limits, bounds_are_those_of_the_modules)
{
    cr_expect_eq(CONFIG_RATE_MAX, LIMITER_RATE_MAX);
    cr_expect_eq(CONFIG_RATE_MAX, LIMITER_BURST_MAX);
    cr_expect_eq(CONFIG_RATES_MAX, LIMITER_LENGTHS_MAX);
    cr_expect_eq(CONFIG_DRAIN_S, LIMITER_DRAIN_S_MAX);
    cr_expect_eq(CONFIG_DRAIN_S, PACER_DRAIN_S_MAX);
    cr_expect_eq(CONFIG_PORTS_MAX, PACKET_FILTER_PORTS_MAX);
    cr_expect_eq(CONFIG_SECRET_BYTES, COOKIE_SECRET_BYTES);
    cr_expect_eq(config_rows[CONFIG_ROW_rates_entries].rule.low, LIMITER_ENTRIES_MIN);
    cr_expect_eq(config_rows[CONFIG_ROW_rates_entries].rule.high, LIMITER_ENTRIES_MAX);
    cr_expect_eq(config_rows[CONFIG_ROW_pacing_rate].rule.high, PACER_RATE_MAX);
    cr_expect_eq(config_rows[CONFIG_ROW_pacing_burst].rule.high, PACER_BURST_MAX);
    cr_expect_eq(config_rows[CONFIG_ROW_pacing_wait_ms].rule.high, PACER_WAIT_MS_MAX);
    cr_expect_eq(config_rows[CONFIG_ROW_upstream_qps].rule.high, LEAK_RATE_MAX);
    cr_expect_lt(crowd_networks_for(config_rows[CONFIG_ROW_queries].rule.high * 4),
                 NETWORKS_COUNT_MAX);
    load_ok(UPSTREAM "cache: {size: 64KiB}\n");
    cr_expect_eq(config.cache_bytes, CACHE_BYTES_MIN);
}

/* A limit that loads and that a front then refuses would end it again and again. */
Test(config_limits, what_loads_is_what_the_modules_take)
{
    static _Alignas(64) uint8_t memory[LIMITER_MEMORY_BYTES(64)];
    static const uint8_t key[16];
    unsigned seed = (unsigned)time(NULL), taken = 0, refused = 0;
    state = seed;
    for (unsigned round = 0; round < 20000; round++) {
        struct limiter_rate rate = {
            .length = (uint8_t)below(40), .rate_per_s = below(1100000), .burst = below(1100000)};
        struct limiter_config rates = {.ipv4 = {rate}, .ipv4_count = 1};
        struct config_rate read;
        struct limiter limiter;
        char text[64];
        const char *wrong;
        snprintf(text, sizeof text, "/%u %u/s %u", rate.length, rate.rate_per_s, rate.burst);
        bool loads =
            value_parse(&config_rows[CONFIG_ROW_rates_ipv4].rule, text, &read, &wrong) == STATUS_OK;
        bool fits = limiter_init(&limiter, &rates, memory, 64, hash_key_from(key)) == STATUS_OK;
        cr_assert_eq(loads, fits, "seed %u: %s", seed, text);
        taken += loads;
        refused += !loads;
    }
    cr_expect(taken > 100 && refused > 100, "too few to tell: %u %u", taken, refused);
}

Test(config_limits, a_pace_that_loads_is_one_the_pacer_takes)
{
    static _Alignas(64) uint8_t memory[LIMITER_MEMORY_BYTES(64)];
    static const uint8_t key[16];
    unsigned seed = (unsigned)time(NULL), taken = 0, refused = 0;
    state = seed;
    static struct config good;
    load_ok(UPSTREAM);
    memcpy(&good, &config, sizeof good);
    for (unsigned round = 0; round < 2000; round++) {
        struct pacer pacer;
        good.pacing_rate = 1000 + below(10000);
        good.pacing_burst = 1000 + below(16776217);
        struct pacer_config pace = {.ipv4_length = 24,
                                    .ipv6_length = 56,
                                    .rate_octets_per_s = good.pacing_rate,
                                    .burst_octets = good.pacing_burst};
        bool fits = pacer_init(&pacer, &pace, memory, 64, hash_key_from(key)) == STATUS_OK;
        cr_assert_eq(config_is_sound(&good), fits, "seed %u: %u %u", seed, good.pacing_rate,
                     good.pacing_burst);
        taken += fits;
        refused += !fits;
    }
    cr_expect(taken > 100 && refused > 100, "too few to tell: %u %u", taken, refused);
}
