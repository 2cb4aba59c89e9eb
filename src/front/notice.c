/* notice.c - see notice.h
 * SPDX-License-Identifier: ISC
 */
#include "front/notice.h"

bool
notice_is_due(struct notice *notice, uint64_t now_ms)
{
    notice->skipped++;
    if (notice->at_ms != 0 && now_ms < notice->at_ms + NOTICE_MS)
        return false;
    notice->at_ms = now_ms;
    return true;
}

const char *
notice_network(const struct addr *addr, unsigned length, char text[ADDR_TEXT_MAX])
{
    struct addr_prefix prefix = {.addr = *addr, .length = (uint8_t)length};
    addr_mask(&prefix.addr, length);
    prefix.addr.scope = 0;
    return addr_prefix_format(&prefix, text);
}
