/* budget.c - so many at once, so many per second
 * SPDX-License-Identifier: ISC
 */
#include "lane/budget.h"

bool
budget_take(struct budget *b, uint32_t burst, uint32_t per_second, uint64_t now_us)
{
    uint64_t price_us = 1000000U / per_second;
    uint64_t from_us = b->full_at_us > now_us ? b->full_at_us : now_us;
    if (from_us - now_us > (burst - 1U) * price_us)
        return false;
    b->full_at_us = from_us + price_us;
    return true;
}
