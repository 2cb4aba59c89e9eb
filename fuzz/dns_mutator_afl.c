/* dns_mutator_afl.c - dns_mutator.c as a library that AFL++ loads (AFL_CUSTOM_MUTATOR_LIBRARY)
 * SPDX-License-Identifier: ISC
 *
 * Built by tools/fuzz with DNS_MUTATOR_AT, where the target's message begins. AFL++ makes its own
 * changes besides.
 */
#include "dns_mutator.h"

#include <stdlib.h>
#include <string.h>

const size_t dns_mutator_at = DNS_MUTATOR_AT;

struct mutator {
    uint64_t seed;
    size_t room;
    uint8_t *octets;
};

void *afl_custom_init(void *afl, unsigned seed);
size_t afl_custom_fuzz(struct mutator *mutator, const uint8_t *input, size_t size,
                       uint8_t **changed, const uint8_t *other, size_t other_size, size_t most);
void afl_custom_deinit(struct mutator *mutator);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room);

void *
afl_custom_init(void *afl, unsigned seed)
{
    (void)afl;
    struct mutator *mutator = calloc(1, sizeof *mutator);
    if (mutator != NULL)
        mutator->seed = seed;
    return mutator;
}

size_t
afl_custom_fuzz(struct mutator *mutator, const uint8_t *input, size_t size, uint8_t **changed,
                const uint8_t *other, size_t other_size, size_t most)
{
    (void)other, (void)other_size;
    if (mutator->room < most) {
        free(mutator->octets);
        mutator->octets = malloc(most);
        mutator->room = mutator->octets != NULL ? most : 0;
    }
    *changed = mutator->octets;
    if (mutator->octets == NULL || size > most || size < dns_mutator_at)
        return 0;
    memcpy(mutator->octets, input, size);
    size_t now = dns_mutator_change(mutator->octets + dns_mutator_at, size - dns_mutator_at,
                                    most - dns_mutator_at, mutator->seed++);
    return now > 0 ? dns_mutator_at + now : 0;
}

void
afl_custom_deinit(struct mutator *mutator)
{
    free(mutator->octets);
    free(mutator);
}

/* libFuzzer's part of dns_mutator.c, which AFL++ does not call. */
size_t
LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room)
{
    (void)data, (void)room;
    return size;
}
