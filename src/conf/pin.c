/* pin.c - see pin.h
 * SPDX-License-Identifier: ISC
 */
#include "conf/pin.h"

#include <string.h>

static const size_t start_len = sizeof PIN_START - 1;

enum status
pin_parse(const char *text, uint8_t pin[CONFIG_PIN_BYTES])
{
    static const uint8_t zeros[CONFIG_PIN_BYTES];
    uint8_t bytes[CONFIG_PIN_BYTES];
    size_t len = strnlen(text, PIN_TEXT_MAX), bytes_len = 0;
    memset(pin, 0, CONFIG_PIN_BYTES);
    if (len != PIN_TEXT_MAX - 1 || memcmp(text, PIN_START, start_len) != 0)
        return STATUS_INVALID;
    enum status status =
        base64_decode(text + start_len, len - start_len, bytes, sizeof bytes, &bytes_len);
    if (status != STATUS_OK || bytes_len != sizeof bytes || memcmp(bytes, zeros, sizeof bytes) == 0)
        return STATUS_INVALID;
    memcpy(pin, bytes, sizeof bytes);
    return STATUS_OK;
}

const char *
pin_format(const uint8_t pin[CONFIG_PIN_BYTES], char text[PIN_TEXT_MAX])
{
    memcpy(text, PIN_START, start_len);
    (void)base64_encode(pin, CONFIG_PIN_BYTES, text + start_len);
    return text;
}
