/* budget.h - so many at once, so many per second
 * SPDX-License-Identifier: ISC
 *
 * What: a leaky bucket in one number. The supervisor spends from one for each thing that a child
 *       may ask of it, so that a child that was taken over cannot turn it into a tool: a SYN flood
 *       of dials, a log that fills the disk.
 * Who:  supervisor. Pure: time is an argument.
 * Ref:  docs/LIMITS.md "supervisor".
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct budget {          /* all zero: full */
    uint64_t full_at_us; /* monotonic: when everything spent will have come back */
};

/**
 * Spend one.
 *
 * @param burst       how many may be spent at once, 1..1000000
 * @param per_second  how many come back in a second, 1..1000000
 * @param now_us      monotonic, never less than in the call before
 * @return true: spent; false: nothing is left, and nothing changed
 */
bool budget_take(struct budget *b, uint32_t burst, uint32_t per_second, uint64_t now_us);
