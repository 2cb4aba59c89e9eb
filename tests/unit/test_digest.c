/* test_digest.c - tests of digest
 * SPDX-License-Identifier: ISC
 */
#include "digest/digest.h"

#include <criterion/criterion.h>
#include <string.h>

static const char *
of(const char *octets)
{
    static char text[DIGEST_TEXT_MAX];
    uint8_t sum[DIGEST_BYTES];
    digest_of(octets, strlen(octets), sum);
    return digest_text(sum, text);
}

Test(digest, says_what_the_standard_says)
{
    cr_expect_str_eq(of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    cr_expect_str_eq(of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    cr_expect_str_eq(of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
                     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

Test(digest, is_the_same_of_any_parts)
{
    uint8_t octets[200], whole[DIGEST_BYTES], sum[DIGEST_BYTES];
    for (size_t i = 0; i < sizeof octets; i++)
        octets[i] = (uint8_t)(i * 7);
    digest_of(octets, sizeof octets, whole);
    for (size_t step = 1; step < sizeof octets; step += 13) {
        struct digest digest;
        digest_begin(&digest);
        for (size_t at = 0; at < sizeof octets; at += step)
            digest_add(&digest, octets + at, at + step < sizeof octets ? step : sizeof octets - at);
        digest_end(&digest, sum);
        cr_expect_arr_eq(sum, whole, sizeof sum);
    }
}
