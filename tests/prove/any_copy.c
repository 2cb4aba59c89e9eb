/* any_copy.c - memcpy() and memset() that only claim the bounds of what they touch
 * SPDX-License-Identifier: ISC
 *
 * For proofs over sizes at which single octets cannot be followed. The octets stay what they were, and
 * that is anything: whoever links this copies into objects of unknown octets that nobody reads.
 */
#include "prove.h"

void *
memcpy(void *to, const void *from, size_t size)
{
    CLAIM(size == 0 || __CPROVER_r_ok(from, size), "what is copied is inside its object");
    CLAIM(size == 0 || __CPROVER_w_ok(to, size), "where it goes is inside its object");
    return to;
}

void *
memset(void *to, int octet, size_t size)
{
    CLAIM(size == 0 || __CPROVER_w_ok(to, size), "what is set is inside its object");
    (void)octet;
    return to;
}
