/* audit_key.c - see audit_key.h
 * SPDX-License-Identifier: ISC
 */
#include "audit/audit_key.h"

#include "base/base64.h"

#include <string.h>

static bool
is_key_size(size_t size)
{
    return size >= AUDIT_CHAIN_KEY_MIN && size <= AUDIT_CHAIN_KEY_MAX;
}

enum status
audit_key_parse(const char *octets, size_t size, uint8_t key[AUDIT_CHAIN_KEY_MAX], size_t *key_size)
{
    size_t text = size > 0 && octets[size - 1] == '\n' ? size - 1 : size;
    if (base64_decode(octets, text, key, AUDIT_CHAIN_KEY_MAX, key_size) == STATUS_OK &&
        is_key_size(*key_size))
        return STATUS_OK;
    *key_size = is_key_size(size) ? size : 0;
    memcpy(key, octets, *key_size);
    return *key_size > 0 ? STATUS_OK : STATUS_INVALID;
}
