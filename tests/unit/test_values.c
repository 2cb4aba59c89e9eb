/* test_values.c - each kind of configured value: what it takes, what it refuses, how it is written
 * SPDX-License-Identifier: ISC
 */
#include "conf/values.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct value_rule duration = {VALUE_DURATION, 4, 100, 7200000, ""};
static const struct value_rule count = {VALUE_COUNT, 4, 64, 65536, ""};
static const struct value_rule lanes = {VALUE_COUNT, 4, 1, 16, "auto"};
static const struct value_rule word = {VALUE_WORD, 4, 0, 0, "pin+ca pin ca"};
static const struct value_rule flags = {VALUE_FLAGS, 4, 0, 0, "1.2 1.3"};
static const struct value_rule name = {VALUE_NAME, 9, 0, 0, ""};
static const struct value_rule user = {VALUE_USER, 33, 0, 0, ""};
static const struct value_rule host = {VALUE_HOST, 256, 0, 0, ""};
static const struct value_rule domain = {VALUE_DOMAIN, CONFIG_DOMAIN_MAX, 0, 0, ""};
static const struct value_rule path = {VALUE_PATH, 1024, 0, 0, ""};
static const struct value_rule listen = {VALUE_LISTEN, sizeof(struct addr), 0, 0, ""};
static const struct value_rule upstream = {VALUE_UPSTREAM, sizeof(struct addr), 0, 0, ""};
static const struct value_rule prefix = {VALUE_PREFIX, sizeof(struct addr_prefix), 0, 0, ""};
static const struct value_rule pin = {VALUE_PIN, CONFIG_PIN_BYTES, 0, 0, ""};
static const struct value_rule port = {VALUE_PORT, 4, 0, 0, ""};
static const struct value_rule bytes = {VALUE_BYTES, 8, 0, 0, "off"};
static const struct value_rule rate = {VALUE_RATE, sizeof(struct config_rate), 0, 0, "32"};
static const struct value_rule share = {VALUE_SHARE, sizeof(struct config_share), 0, 0, ""};
static const struct value_rule secret = {VALUE_SECRET, sizeof(struct config_secret), 0, 0, ""};
static const struct value_rule from_zero = {VALUE_DURATION, 4, 0, 604800000, ""};

static const struct value_rule *const all[] = {
    &duration, &count,    &lanes,  &word, &flags, &name,  &user, &host,  &domain, &path,
    &listen,   &upstream, &prefix, &pin,  &port,  &bytes, &rate, &share, &secret, &from_zero};

#define KINDS (sizeof all / sizeof all[0])

/* What reading and writing makes of a text; what is wrong with it otherwise. */
static const char *
again(const struct value_rule *rule, const char *text)
{
    static char written[VALUE_TEXT_MAX];
    _Alignas(8) char field[VALUE_TEXT_MAX + 1];
    const char *wrong = "nothing said";
    memset(field, 0x5a, sizeof field);
    if (value_parse(rule, text, field, &wrong) != STATUS_OK) {
        for (size_t i = 0; i < rule->size; i++)
            cr_assert_eq(field[i], 0, "\"%s\" left something behind", text);
        return wrong;
    }
    cr_assert_eq(field[rule->size], 0x5a, "\"%s\" wrote past its field", text);
    cr_assert(value_is_sound(rule, field), "\"%s\" was read but is not sound", text);
    cr_assert_not_null(value_format(rule, field, written));
    return written;
}

static uint32_t
number(const struct value_rule *rule, const char *text)
{
    uint32_t value;
    const char *wrong;
    cr_assert_eq(value_parse(rule, text, &value, &wrong), STATUS_OK, "\"%s\"", text);
    return value;
}

Test(values, durations_need_a_unit_and_are_milliseconds)
{
    cr_expect_eq(number(&duration, "500ms"), 500);
    cr_expect_eq(number(&duration, "4s"), 4000);
    cr_expect_eq(number(&duration, "2m"), 120000);
    cr_expect_eq(number(&duration, "1h"), 3600000);
    cr_expect_str_eq(again(&duration, "4"), "a number without its unit");
    static const char *const wrong[] = {"",    "s",     "4 s",  " 4s", "4S",  "1.5s", "-4s",
                                        "04s", "4s4ms", "0x4s", "4sm", "+4s", "4w"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        cr_expect_str_eq(again(&duration, wrong[i]), "not a duration", "%s", wrong[i]);
}

Test(values, durations_stay_in_range_and_never_wrap)
{
    static const char *const wrong[] = {"99ms",         "7200001ms", "3h",
                                        "0s",           "4294968s",  "4294967296ms",
                                        "4294967396ms", "1193047h",  "99999999999999999999999s"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        cr_expect_str_eq(again(&duration, wrong[i]), "out of range", "%s", wrong[i]);
    cr_expect_str_eq(again(&duration, "100ms"), "100ms");
    cr_expect_str_eq(again(&duration, "7200000ms"), "2h");
}

Test(values, durations_are_written_in_the_largest_exact_unit)
{
    cr_expect_str_eq(again(&duration, "4000ms"), "4s");
    cr_expect_str_eq(again(&duration, "120s"), "2m");
    cr_expect_str_eq(again(&duration, "90s"), "90s");
    cr_expect_str_eq(again(&duration, "1500ms"), "1500ms");
    cr_expect_str_eq(again(&duration, "60m"), "1h");
    cr_expect_str_eq(again(&from_zero, "24h"), "1d");
    cr_expect_str_eq(again(&from_zero, "36h"), "36h");
    cr_expect_str_eq(again(&from_zero, "7d"), "7d");
    cr_expect_str_eq(again(&from_zero, "8d"), "out of range");
    cr_expect_str_eq(again(&from_zero, "50d"), "out of range"); /* past 2^32 ms */
    cr_expect_str_eq(again(&from_zero, "0h"), "0s");
}

Test(values, counts_are_whole_numbers_in_range)
{
    cr_expect_eq(number(&count, "64"), 64);
    cr_expect_eq(number(&count, "65536"), 65536);
    cr_expect_str_eq(again(&count, "63"), "out of range");
    cr_expect_str_eq(again(&count, "65537"), "out of range");
    cr_expect_str_eq(again(&count, "4294967360"), "out of range"); /* 64 + 2^32 */
    static const char *const wrong[] = {"",    "auto", "64.0", "-64", "+64",
                                        "064", "1e3",  " 64",  "64 "};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        cr_expect_str_eq(again(&count, wrong[i]), "not a whole number", "%s", wrong[i]);
    cr_expect_eq(number(&lanes, "auto"), 0);
    cr_expect_str_eq(again(&lanes, "auto"), "auto");
    cr_expect_str_eq(again(&lanes, "0"), "out of range");
}

Test(values, words_are_matched_whole)
{
    cr_expect_eq(number(&word, "pin+ca"), 0);
    cr_expect_eq(number(&word, "pin"), 1);
    cr_expect_eq(number(&word, "ca"), 2);
    cr_expect_eq(number(&flags, "1.2"), 1);
    cr_expect_eq(number(&flags, "1.3"), 2);
    static const char *const wrong[] = {"", "pi", "pin+", "pin+ca pin", "PIN", "ca ", " "};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        cr_expect_str_eq(again(&word, wrong[i]), "not one of the allowed words", "%s", wrong[i]);
}

Test(values, names_fit_a_log_line)
{
    cr_expect_str_eq(again(&name, "quad9"), "quad9");
    cr_expect_str_eq(again(&name, "a.b_c-d8"), "a.b_c-d8");
    cr_expect_str_eq(again(&name, "a.b_c-d89"), "too long");
    cr_expect_str_eq(again(&name, ""), "empty");
    static const char *const wrong[] = {"-a", ".a", "a b", "a\n", "a=b", "\xc3\xa9", "a\"", "a/b"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        cr_expect_str_eq(again(&name, wrong[i]), "not a plain name", "%s", wrong[i]);
    cr_expect_str_eq(again(&user, "_penstock"), "_penstock");
    cr_expect_str_eq(again(&user, "_"), "empty");
}

Test(values, hosts_are_dns_names_or_addresses_alone)
{
    cr_expect_str_eq(again(&host, "dns.quad9.net"), "dns.quad9.net");
    cr_expect_str_eq(again(&host, "One-1.1.one"), "One-1.1.one");
    cr_expect_str_eq(again(&host, "9.9.9.9"), "9.9.9.9");
    cr_expect_str_eq(again(&host, "2620:fe::fe"), "2620:fe::fe");
    cr_expect_str_eq(again(&host, "9.9.9"), "neither a DNS name nor an address");
    static const char *const none[] = {"9.9.9.9:853",       "[2620:fe::fe]",
                                       "[2620:fe::fe]:853", "fe80::1%2",
                                       "2620:fe::fe::",     "2620:fe::fe:853:1:2:3:4:5",
                                       "::ffff:192.0.2.1",  "dns.example:853"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        cr_expect_str_eq(again(&host, none[i]), "neither a DNS name nor an address alone", "%s",
                         none[i]);
    cr_expect_str_eq(again(&host, ""), "empty");
    static const char label_of_64[] =
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.b";
    const char *const wrong[] = {".",    "a..b", ".a",    "a.",  "-a.b",
                                 "a-.b", "a.b-", "a_b.c", "a b", label_of_64};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        cr_expect_str_eq(again(&host, wrong[i]), "not a DNS name", "%s", wrong[i]);
    char longest[256];
    for (size_t i = 0; i < sizeof longest; i++)
        longest[i] = i % 2 ? '.' : 'a';
    longest[253] = '\0';
    cr_expect_str_eq(again(&host, longest), longest);
    memcpy(longest + 252, "aa", 3);
    cr_expect_str_eq(again(&host, longest), "too long");
}

Test(values, domains_are_any_names_in_lower_case)
{
    char longest[300];
    cr_expect_str_eq(again(&domain, "home.arpa"), "home.arpa");
    cr_expect_str_eq(again(&domain, "Home.ARPA."), "home.arpa");
    cr_expect_str_eq(again(&domain, "local"), "local");
    cr_expect_str_eq(again(&domain, "64.100.in-addr.arpa"), "64.100.in-addr.arpa");
    cr_expect_str_eq(again(&domain, "_a.-b-.10"), "_a.-b-.10");
    static const char *const bad[] = {"",     ".",   "..",  "a..b",  ".a",
                                      "a b",  "a/b", "*.a", "a.b..", "b\303\274cher.example",
                                      "a\\.b"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_expect(strstr("empty, or the root; not a domain name", again(&domain, bad[i])) != NULL,
                  "%s", bad[i]);
    memset(longest, 'a', sizeof longest);
    for (size_t i = 63; i < 253; i += 64)
        longest[i] = '.';
    longest[253] = '\0';
    cr_expect_str_eq(again(&domain, longest), longest);
    longest[253] = 'a';
    longest[254] = '\0';
    cr_expect_str_eq(again(&domain, longest), "too long");
    longest[64] = '\0';
    longest[63] = 'a';
    cr_expect_str_eq(again(&domain, longest), "not a domain name", "a label of 64");
}

Test(values, paths_are_absolute_and_printable)
{
    char longest[1025];
    cr_expect_str_eq(again(&path, "/etc/ssl/my \"certs\"\\x.pem"), "/etc/ssl/my \"certs\"\\x.pem");
    cr_expect_str_eq(again(&path, "ca.pem"), "not an absolute path");
    cr_expect_str_eq(again(&path, ""), "not an absolute path");
    cr_expect_str_eq(again(&path, "/a\tb"), "a character that is not printable ASCII");
    cr_expect_str_eq(again(&path, "/\xc3\xa9"), "a character that is not printable ASCII");
    memset(longest, '/', sizeof longest);
    longest[1024] = '\0';
    cr_expect_str_eq(again(&path, longest), "too long");
    longest[1023] = '\0';
    cr_expect_str_eq(again(&path, longest), longest);
}

Test(values, addresses_get_their_ports)
{
    cr_expect_str_eq(again(&listen, "192.0.2.1"), "192.0.2.1:53");
    cr_expect_str_eq(again(&listen, "::"), "[::]:53");
    cr_expect_str_eq(again(&listen, "0.0.0.0:5300"), "0.0.0.0:5300");
    cr_expect_str_eq(again(&upstream, "192.0.2.1"), "192.0.2.1:853");
    cr_expect_str_eq(again(&upstream, "[2001:db8::1]:8853"), "[2001:db8::1]:8853");
    cr_expect_str_eq(again(&listen, "::ffff:192.0.2.1"), "192.0.2.1:53");
    cr_expect_str_eq(again(&listen, "192.0.2.1:0"), "not an address with port");
    cr_expect_str_eq(again(&listen, "localhost"), "not an address with port");
    cr_expect_str_eq(again(&listen, "224.0.0.1"), "a multicast or reserved address");
    cr_expect_str_eq(again(&listen, "255.255.255.255"), "a multicast or reserved address");
    cr_expect_str_eq(again(&upstream, "ff02::1"), "a multicast or reserved address");
    cr_expect_str_eq(again(&upstream, "0.0.0.0"), "the unspecified address");
    cr_expect_str_eq(again(&upstream, "[::]:853"), "the unspecified address");
}

Test(values, no_upstream_on_port_53)
{
    cr_expect_str_eq(again(&upstream, "192.0.2.1:53"),
                     "port 53; plain DNS is never spoken to an upstream");
}

Test(values, prefixes_have_no_host_bits)
{
    cr_expect_str_eq(again(&prefix, "10.0.0.0/8"), "10.0.0.0/8");
    cr_expect_str_eq(again(&prefix, "::/0"), "::/0");
    cr_expect_str_eq(again(&prefix, "192.0.2.7"), "192.0.2.7/32");
    static const char *const wrong[] = {"10.0.0.1/8", "10.0.0.0/33", "", "10/8", "::/129"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        cr_expect_str_eq(again(&prefix, wrong[i]), "not a prefix, or bits set past it", "%s",
                         wrong[i]);
}

Test(values, ports_have_sixteen_bits)
{
    cr_expect_str_eq(again(&port, "0"), "0");
    cr_expect_str_eq(again(&port, "65535"), "65535");
    static const char *const wrong[] = {"", "65536", "4294967296", "-1", "053", "53 ", "dns"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        cr_expect_str_eq(again(&port, wrong[i]), "not a port", "%s", wrong[i]);
}

Test(values, sizes_have_a_unit_and_stay_in_range)
{
    cr_expect_str_eq(again(&bytes, "off"), "off");
    cr_expect_str_eq(again(&bytes, "64KiB"), "64KiB");
    cr_expect_str_eq(again(&bytes, "1024KiB"), "1MiB");
    cr_expect_str_eq(again(&bytes, "1536MiB"), "1536MiB");
    cr_expect_str_eq(again(&bytes, "4GiB"), "4GiB");
    static const char *const out[] = {"63KiB", "0MiB", "4097MiB", "5GiB", "4294967295GiB"};
    for (size_t i = 0; i < sizeof out / sizeof out[0]; i++)
        cr_expect_str_eq(again(&bytes, out[i]), "out of range", "%s", out[i]);
    cr_expect_str_eq(again(&bytes, "65536"), "a number without its unit");
    static const char *const wrong[] = {"",       "KiB",   "1MB", "1M",
                                        "1.5MiB", "1 MiB", "Off", "4294967296KiB"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        cr_expect_str_eq(again(&bytes, wrong[i]), "not a size", "%s", wrong[i]);
}

Test(values, rates_are_a_length_a_rate_and_a_burst)
{
    cr_expect_str_eq(again(&rate, "/24 2000/s 4000"), "/24 2000/s 4000");
    cr_expect_str_eq(again(&rate, "/0 1/s 3599"), "/0 1/s 3599");
    cr_expect_str_eq(again(&rate, "/32 1000000/s 1000000"), "/32 1000000/s 1000000");
    cr_expect_str_eq(again(&rate, "/33 1/s 1"), "a prefix longer than an address");
    cr_expect_str_eq(again(&rate, "/0 1/s 3600"), "a burst of more than an hour of its rate");
    static const char *const out[] = {"/24 0/s 1", "/24 1/s 0", "/24 1000001/s 1",
                                      "/24 1000/s 1000001"};
    for (size_t i = 0; i < sizeof out / sizeof out[0]; i++)
        cr_expect_str_eq(again(&rate, out[i]), "a rate or burst out of range", "%s", out[i]);
    static const char *const wrong[] = {"",
                                        "24 1/s 1",
                                        "/24",
                                        "/24 1/s",
                                        "/24 1 1",
                                        "/24 1/m 1",
                                        "/24 1/s1",
                                        "/24 1/s 1 ",
                                        "/24  1/s 1",
                                        "/024 1/s 1",
                                        "/24 1/s 1x",
                                        "/24 -1/s 1",
                                        "/4294967296 1/s 1"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        cr_expect_str_eq(again(&rate, wrong[i]), "not a prefix length, a rate and a burst", "%s",
                         wrong[i]);
}

Test(values, shares_are_of_an_address)
{
    cr_expect_str_eq(again(&share, "192.0.2.1 200%"), "192.0.2.1:53 200%");
    cr_expect_str_eq(again(&share, "[2001:db8::1]:5300 off"), "[2001:db8::1]:5300 off");
    cr_expect_str_eq(again(&share, "[::]:53 1%"), "[::]:53 1%");
    cr_expect_str_eq(again(&share, "[::]:53 10000%"), "[::]:53 10000%");
    cr_expect_str_eq(again(&share, "[::]:53 0%"), "a share out of range");
    cr_expect_str_eq(again(&share, "[::]:53 10001%"), "a share out of range");
    static const char *const wrong[] = {"",        "[::]:53",      "[::]:53 ",  "[::]:53 50",
                                        "off",     "[::]:53 50%x", " off",      "[::]:53  off",
                                        "dns 50%", "[::]:53 -1%",  "[::]:0 off"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        cr_expect_str_eq(again(&share, wrong[i]), "not an address and a share", "%s", wrong[i]);
}

Test(values, secrets_are_thirty_two_digits)
{
    static const char good[] = "00112233445566778899aabbccddeeff";
    cr_expect_str_eq(again(&secret, good), good);
    cr_expect_str_eq(again(&secret, "00000000000000000000000000000000"),
                     "00000000000000000000000000000000");
    static const char *const wrong[] = {"",
                                        "00112233445566778899aabbccddeef",
                                        "00112233445566778899aabbccddeeff0",
                                        "00112233445566778899AABBCCDDEEFF",
                                        "0x112233445566778899aabbccddeeff",
                                        "00112233445566778899aabbccddeef "};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        cr_expect_str_eq(again(&secret, wrong[i]), "not a secret", "%s", wrong[i]);
}

Test(values, every_kind_says_what_is_allowed)
{
    char text[VALUE_ALLOWED_MAX];
    for (size_t i = 0; i < KINDS; i++) {
        size_t len = strlen(value_allowed(all[i], text));
        cr_expect(len > 4 && len < sizeof text - 1, "kind %u: %s", (unsigned)all[i]->kind, text);
    }
    cr_expect_str_eq(value_allowed(&duration, text), "100ms to 2h, with a unit (ms, s, m, h or d)");
    cr_expect_str_eq(value_allowed(&lanes, text), "auto, or 1 to 16");
    cr_expect_str_eq(value_allowed(&word, text), "pin+ca, pin or ca");
    cr_expect_str_eq(value_allowed(&flags, text), "1.2 or 1.3");
}

/* Hostile memory: whatever a field holds, it is either refused or comes back from its own text. */
Test(values, any_memory_is_judged)
{
    unsigned seed = (unsigned)time(NULL), sound = 0;
    for (unsigned round = 0; round < 200000; round++) {
        _Alignas(8) unsigned char field[VALUE_TEXT_MAX];
        char text[VALUE_TEXT_MAX];
        unsigned state = seed + round, is_small = round % 3 == 0;
        const struct value_rule *rule = all[round % KINDS];
        for (size_t i = 0; i < rule->size; i++)
            field[i] = (unsigned char)(rand_r(&state) >> 9) & (is_small ? 0x05 : 0xff);
        const char *written = value_format(rule, field, text);
        cr_assert(written == NULL || memchr(text, '\0', sizeof text) != NULL, "seed %u", seed);
        if (!value_is_sound(rule, field))
            continue;
        sound++;
        cr_assert_not_null(written, "seed %u round %u", seed, round);
    }
    cr_expect_gt(sound, 100, "seed %u: too few to tell", seed);
}
