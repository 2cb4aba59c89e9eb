/* base64.c - strict base64
 * SPDX-License-Identifier: ISC
 */
#include "base/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int
value_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+')
        return 62;
    return c == '/' ? 63 : -1;
}

enum status
base64_decode(const char *text, size_t text_len, uint8_t *bytes, size_t size, size_t *bytes_len)
{
    *bytes_len = 0;
    if (text_len % 4 != 0)
        return STATUS_INVALID;
    size_t pad = 0;
    while (pad < 2 && pad < text_len && text[text_len - 1 - pad] == '=')
        pad++;
    size_t total = text_len / 4 * 3 - pad;
    if (total > size)
        return STATUS_FULL;
    uint32_t bits = 0;
    unsigned held = 0; /* bits waiting in `bits`, 0..7 */
    size_t at = 0;
    for (size_t i = 0; i < text_len - pad; i++) {
        int value = value_of(text[i]);
        if (value < 0)
            return STATUS_INVALID;
        bits = bits << 6 | (uint32_t)value;
        held += 6;
        if (held >= 8) {
            held -= 8;
            bytes[at++] = (uint8_t)(bits >> held);
            bits &= (1U << held) - 1;
        }
    }
    if (bits != 0)
        return STATUS_INVALID;
    *bytes_len = at;
    return STATUS_OK;
}

const char *
base64_encode(const uint8_t *bytes, size_t size, char *text)
{
    size_t at = 0;
    for (size_t i = 0; i < size; i += 3) {
        size_t have = size - i < 3 ? size - i : 3;
        uint32_t bits = (uint32_t)bytes[i] << 16;
        bits |= have > 1 ? (uint32_t)bytes[i + 1] << 8 : 0;
        bits |= have > 2 ? bytes[i + 2] : 0;
        text[at++] = alphabet[bits >> 18];
        text[at++] = alphabet[bits >> 12 & 63];
        text[at++] = have > 1 ? alphabet[bits >> 6 & 63] : '=';
        text[at++] = have > 2 ? alphabet[bits & 63] : '=';
    }
    text[at] = '\0';
    return text;
}
