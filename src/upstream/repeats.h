/* repeats.h - names that went wrong lately
 * SPDX-License-Identifier: ISC
 *
 * What: remembers the last few names about which an upstream answered with an error, as hashes. A
 *       client that asks for one broken name again and again says nothing of the upstream; errors
 *       about many names do.
 * Who:  worker, for each upstream. Pure.
 * Ref:  docs/LIMITS.md "upstream"; docs/VIEW.md.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REPEATS_NAMES 8

struct repeats { /* all zero: none yet */
    uint64_t names[REPEATS_NAMES];
    unsigned next;
};

/** One more name, `size` octets in lower case. @return is it one of the last? Else it is now. */
bool repeats_take(struct repeats *repeats, const uint8_t *name, size_t size);
