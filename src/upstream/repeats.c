/* repeats.c - names that went wrong lately
 * SPDX-License-Identifier: ISC
 */
#include "upstream/repeats.h"

#define HASH_BEGIN  UINT64_C(14695981039346656037) /* FNV-1a, 64 bits: who finds two names of one */
#define HASH_FACTOR UINT64_C(1099511628211)        /* hash hides an error of his own, no more */

bool
repeats_take(struct repeats *repeats, const uint8_t *name, size_t size)
{
    uint64_t hash = HASH_BEGIN;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ name[i]) * HASH_FACTOR;
    for (unsigned i = 0; i < REPEATS_NAMES; i++)
        if (repeats->names[i] == hash)
            return true;
    repeats->names[repeats->next] = hash;
    repeats->next = (repeats->next + 1) % REPEATS_NAMES;
    return false;
}
