/* test_base64.c - RFC 4648 values and strictness
 * SPDX-License-Identifier: ISC
 */
#include "base/base64.h"
#include "prng.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct {
    const char *plain, *text;
} rfc4648[] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
};

Test(base64, encodes_and_decodes_the_values_of_the_rfc)
{
    for (size_t i = 0; i < sizeof rfc4648 / sizeof rfc4648[0]; i++) {
        char text[16];
        uint8_t plain[16];
        size_t size = strlen(rfc4648[i].plain), decoded;
        base64_encode((const uint8_t *)rfc4648[i].plain, size, text);
        cr_assert_str_eq(text, rfc4648[i].text);
        cr_assert_eq(base64_decode(text, strlen(text), plain, sizeof plain, &decoded), STATUS_OK);
        cr_assert_eq(decoded, size);
        cr_assert(memcmp(plain, rfc4648[i].plain, size) == 0);
    }
}

Test(base64, refuses_all_but_the_strict_form)
{
    static const char *const wrong[] = {
        "Z",    "Zg",   "Zg=",  "=",    "====",     "Z===", "Zg==Zg==", "Zm9v\n",     "Zm 9",
        "Zm9-", "Zm9_", "Zh==", "Zm9=", "Zm9v====", "Zm=v", "=Zm9",     "Zm\xc3\xa4",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        uint8_t plain[16];
        size_t size = 99;
        cr_assert_eq(base64_decode(wrong[i], strlen(wrong[i]), plain, sizeof plain, &size),
                     STATUS_INVALID, "%s", wrong[i]);
        cr_assert_eq(size, 0);
    }
}

Test(base64, says_full_before_it_writes_too_much)
{
    uint8_t plain[3] = {9, 9, 9};
    size_t size;
    cr_assert_eq(base64_decode("Zm9v", 4, plain, 2, &size), STATUS_FULL);
    cr_assert_eq(plain[2], 9);
    cr_assert_eq(base64_decode("Zm8=", 4, plain, 2, &size), STATUS_OK);
    cr_assert_eq(size, 2);
    cr_assert_eq(plain[2], 9);
}

Test(base64, random_octets_survive_and_the_text_is_the_only_one)
{
    struct prng prng = prng_begin("base64");
    for (unsigned round = 0; round < 5000; round++) {
        uint8_t plain[48], back[48];
        char text[BASE64_TEXT_SIZE(48)];
        size_t size = prng_below(&prng, sizeof plain + 1), decoded;
        prng_fill(&prng, plain, size);
        base64_encode(plain, size, text);
        size_t length = strlen(text);
        cr_assert_eq(length + 1, BASE64_TEXT_SIZE(size));
        cr_assert_eq(base64_decode(text, length, back, size, &decoded), STATUS_OK, "seed %llu",
                     (unsigned long long)prng.seed);
        cr_assert(decoded == size && memcmp(plain, back, size) == 0);
        if (length == 0)
            continue;
        /* whatever else decodes must encode to itself again */
        text[prng_below(&prng, (unsigned)length)] = (char)prng_below(&prng, 256);
        if (base64_decode(text, length, back, sizeof back, &decoded) == STATUS_OK) {
            char again[BASE64_TEXT_SIZE(48)];
            cr_assert_str_eq(base64_encode(back, decoded, again), text);
        }
    }
}
