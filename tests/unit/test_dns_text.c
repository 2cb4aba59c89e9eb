/* test_dns_text.c - free text of others becomes UTF-8 without control characters
 * SPDX-License-Identifier: ISC
 */
#include "dns/dns_text.h"

#include "prng.h"

#include <criterion/criterion.h>
#include <stdio.h>

#define SIZE_OF(text) (sizeof(text) - 1)

static char out[512];

static const char *
put(const char *text, size_t size, size_t room)
{
    struct bytes_writer w = bytes_writer(out, sizeof out - 1);
    size_t written = dns_text_put(&w, (const uint8_t *)text, size, room);
    cr_assert_eq(written, w.pos);
    cr_assert(written <= size && written <= room && !w.failed);
    out[written] = '\0';
    return out;
}

Test(dns_text, whole_characters_pass_as_they_are)
{
    static const char *const texts[] = {"",
                                        "signature expired",
                                        "gr\xc3\xbc\xc3\x9f",
                                        "\xe2\x82\xac",
                                        "\xf0\x9f\x90\x9f",
                                        "\xc2\xa0",
                                        "\xed\x9f\xbf\xee\x80\x80",
                                        "\xf4\x8f\xbf\xbf"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        cr_assert_str_eq(put(texts[i], strlen(texts[i]), 100), texts[i]);
}

Test(dns_text, what_is_no_character_becomes_a_question_mark)
{
    static const struct {
        const char *text, *wanted;
    } rows[] = {
        {"a\x80z", "a?z"},                 /* continued without a beginning */
        {"\xc3", "?"},                     /* begun and not continued */
        {"\xc3(", "?("},                   /* the next character is not lost */
        {"\xc0\xaf", "??"},                /* too long for '/' */
        {"\xe0\x80\xaf", "???"},           /* the same */
        {"\xf0\x80\x80\xaf", "????"},      /* the same */
        {"\xed\xa0\x80", "???"},           /* a surrogate */
        {"\xf4\x90\x80\x80", "????"},      /* past U+10FFFF */
        {"\xf5\xff\xfe", "???"},           /* never in UTF-8 */
        {"\xe2\x82", "??"},                /* cut */
        {"a\nb\x1b[31m\x7f", "a?b?[31m?"}, /* control characters */
        {"\xc2\x9b"
         "31m",
         "?31m"}, /* of one octet in Latin 1, which terminals obey */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cr_assert_str_eq(put(rows[i].text, strlen(rows[i].text), 100), rows[i].wanted, "%zu", i);
}

Test(dns_text, ends_at_nul_and_where_a_character_would_not_fit)
{
    cr_assert_str_eq(put("abc\0def", 7, 100), "abc");
    cr_assert_str_eq(put("\xe2\x82\xac\xe2\x82\xac", 6, 5), "\xe2\x82\xac");
    cr_assert_str_eq(put("abc", 3, 2), "ab");
    cr_assert_str_eq(put("abc", 3, 0), "");
}

Test(dns_text, random_octets_become_the_same_text_again)
{
    struct prng prng = prng_begin("dns_text");
    for (unsigned round = 0; round < 20000; round++) {
        char octets[40], first[sizeof out];
        prng_fill(&prng, octets, sizeof octets);
        size_t size = prng_below(&prng, sizeof octets + 1);
        snprintf(first, sizeof first, "%s", put(octets, size, 30));
        cr_assert_str_eq(put(first, strlen(first), 30), first, "seed %llu",
                         (unsigned long long)prng.seed);
    }
}
