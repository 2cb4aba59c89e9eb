/* test_pin.c - the text form of a pin
 * SPDX-License-Identifier: ISC
 */
#include "conf/pin.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* the base64 of the SHA-256 of nothing, from RFC 6234's algorithm by another tool */
#define PIN_OF_NOTHING "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

Test(pin, reads_the_hash_of_nothing)
{
    static const uint8_t expected[4] = {0xe3, 0xb0, 0xc4, 0x42};
    uint8_t pin[CONFIG_PIN_BYTES];
    char text[PIN_TEXT_MAX];
    cr_assert_eq(pin_parse(PIN_OF_NOTHING, pin), STATUS_OK);
    cr_assert_arr_eq(pin, expected, sizeof expected);
    cr_assert_eq(pin[CONFIG_PIN_BYTES - 1], 0x55);
    cr_assert_str_eq(pin_format(pin, text), PIN_OF_NOTHING);
}

Test(pin, refuses_what_is_nearly_a_pin)
{
    static const char *const wrong[] = {
        "",
        "sha256//",
        "sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
        "SHA256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
        "sha1//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
        "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
        "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",   /* no padding */
        "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=",  /* bits behind the end */
        "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU= ", /* something follows */
        "sha256//47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=",  /* the URL alphabet */
        "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFUA",  /* 33 bytes */
        "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",  /* a placeholder */
    };
    static const uint8_t zeros[CONFIG_PIN_BYTES];
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        uint8_t pin[CONFIG_PIN_BYTES] = {1};
        cr_expect_eq(pin_parse(wrong[i], pin), STATUS_INVALID, "accepted: %s", wrong[i]);
        cr_expect_arr_eq(pin, zeros, sizeof pin, "left something: %s", wrong[i]);
    }
}

Test(pin, any_hash_comes_back_from_its_text)
{
    unsigned seed = (unsigned)time(NULL);
    for (int round = 0; round < 10000; round++) {
        uint8_t pin[CONFIG_PIN_BYTES], again[CONFIG_PIN_BYTES];
        char text[PIN_TEXT_MAX];
        unsigned state = seed + (unsigned)round;
        for (size_t i = 0; i < sizeof pin; i++)
            pin[i] = (uint8_t)(rand_r(&state) >> 7);
        pin[0] |= 1;
        cr_assert_eq(pin_parse(pin_format(pin, text), again), STATUS_OK, "seed %u", seed);
        cr_assert_arr_eq(pin, again, sizeof pin, "seed %u", seed);
        cr_assert_eq(strlen(text), PIN_TEXT_MAX - 1);
    }
}
