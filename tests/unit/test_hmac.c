/* test_hmac.c - tests of hmac
 * SPDX-License-Identifier: ISC
 */
#include "digest/hmac.h"

#include <criterion/criterion.h>
#include <string.h>

static char text[DIGEST_TEXT_MAX];

static const char *
of(const void *key, size_t key_size, const void *octets, size_t size)
{
    uint8_t sum[DIGEST_BYTES];
    struct hmac hmac;
    hmac_begin(&hmac, key, key_size);
    hmac_add(&hmac, octets, size / 2);
    hmac_add(&hmac, (const uint8_t *)octets + size / 2, size - size / 2);
    hmac_end(&hmac, sum);
    return digest_text(sum, text);
}

Test(hmac, says_what_the_standard_says) /* RFC 4231, cases 1, 2, 3, 6 */
{
    uint8_t key[131], data[50];
    const char *long_text = "Test Using Larger Than Block-Size Key - Hash Key First";
    memset(key, 0x0b, sizeof key);
    cr_expect_str_eq(of(key, 20, "Hi There", 8),
                     "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    cr_expect_str_eq(of("Jefe", 4, "what do ya want for nothing?", 28),
                     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof key);
    memset(data, 0xdd, sizeof data);
    cr_expect_str_eq(of(key, 20, data, sizeof data),
                     "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
    cr_expect_str_eq(of(key, sizeof key, long_text, strlen(long_text)),
                     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}
