/* avoid.c - see avoid.h
 * SPDX-License-Identifier: ISC
 */
#include "lane/avoid.h"

uint64_t
avoid_for(struct avoid *avoid, uint64_t now_us)
{
    bool is_new = avoid->wait_us == 0 || now_us >= avoid->until_us + AVOID_FORGET_US;
    uint64_t wait_us = is_new ? AVOID_FIRST_US : 2 * avoid->wait_us;
    avoid->wait_us = wait_us < AVOID_MOST_US ? wait_us : AVOID_MOST_US;
    avoid->until_us = now_us + avoid->wait_us;
    return avoid->wait_us;
}
