/* avoid.h - how long an upstream is left alone that did what costs us dearly or leads nowhere
 * SPDX-License-Identifier: ISC
 *
 * What: a minute the first time, twice as long each further time, up to a quarter of an hour.
 * Who:  supervisor (handshakes that were too dear), worker (an upstream whose connections end
 *       before they are of use). Pure: time is an argument.
 * Ref:  docs/LIMITS.md "avoid".
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define AVOID_FIRST_US  (60ULL * 1000000)
#define AVOID_MOST_US   (15ULL * 60 * 1000000)
#define AVOID_FORGET_US (60ULL * 60 * 1000000) /* good for so long: the next time is the first */

struct avoid {         /* all zero: never */
    uint64_t until_us; /* monotonic */
    uint64_t wait_us;  /* the last time, how long */
};

/** It happened. @return for how long it is left alone from now on, in µs */
uint64_t avoid_for(struct avoid *avoid, uint64_t now_us);

/** Is it left alone now? */
static inline bool
avoid_is_on(const struct avoid *avoid, uint64_t now_us)
{
    return now_us < avoid->until_us;
}
