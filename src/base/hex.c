/* hex.c - see hex.h
 * SPDX-License-Identifier: ISC
 */
#include "base/hex.h"

const char hex_digits[17] = "0123456789abcdef";

const char *
hex_write(const uint8_t *octets, size_t size, char *text)
{
    for (size_t i = 0; i < size; i++) {
        text[2 * i] = hex_digits[octets[i] >> 4];
        text[2 * i + 1] = hex_digits[octets[i] & 15];
    }
    text[2 * size] = '\0';
    return text;
}

static int
value_of(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

bool
hex_read(const char *text, uint8_t *octets, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        int high = value_of(text[2 * i]), low = high < 0 ? -1 : value_of(text[2 * i + 1]);
        if (low < 0)
            return false;
        octets[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}
