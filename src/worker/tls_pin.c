/* tls_pin.c - see tls_pin.h
 * SPDX-License-Identifier: ISC
 */
#include "worker/tls_pin.h"

#include <mbedtls/sha256.h>
#include <string.h>

bool
tls_pin_of(const mbedtls_x509_crt *crt, uint8_t pin[CONFIG_PIN_BYTES])
{
    return mbedtls_sha256(crt->pk_raw.p, crt->pk_raw.len, pin, 0) == 0;
}

int
tls_pin_index(const struct tls_context *context, const mbedtls_x509_crt *crt)
{
    uint8_t pin[CONFIG_PIN_BYTES];
    if (!tls_pin_of(crt, pin))
        return -1;
    for (uint32_t i = 0; i < context->pins_count; i++)
        if (memcmp(context->pins[i], pin, sizeof pin) == 0)
            return (int)i;
    return -1;
}
