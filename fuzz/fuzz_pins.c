/* fuzz_pins.c - any text is a pin that writes back to itself, or no pin and nothing is left of it
 * SPDX-License-Identifier: ISC
 */
#include "conf/pin.h"

#include "fuzz.h"

#include <string.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t zeros[CONFIG_PIN_BYTES];
    char text[2 * PIN_TEXT_MAX] = {0}, again[PIN_TEXT_MAX];
    uint8_t pin[CONFIG_PIN_BYTES];
    memcpy(text, data, size < sizeof text ? size : sizeof text - 1);
    bool is_pin = pin_parse(text, pin) == STATUS_OK;
    bool is_left = memcmp(pin, zeros, sizeof pin) != 0;
    must(is_pin == is_left && (!is_pin || strcmp(pin_format(pin, again), text) == 0));
    /* and any 32 bytes but zeros are a pin */
    memset(pin, 0, sizeof pin);
    memcpy(pin, data, size < sizeof pin ? size : sizeof pin);
    is_pin = memcmp(pin, zeros, sizeof pin) != 0;
    uint8_t same[CONFIG_PIN_BYTES];
    must((pin_parse(pin_format(pin, again), same) == STATUS_OK) == is_pin);
    must(memcmp(pin, same, sizeof pin) == 0);
    return 0;
}
