/* notice.h - a log line for many events, written at most once in ten seconds
 * SPDX-License-Identifier: ISC
 *
 * What: counts what happens between two lines, so that the next line says how much it stands for.
 * Who:  front: clients that are over their rate, clients that are not on the access list.
 * Ref:  docs/LIMITS.md "limiter".
 */
#pragma once

#include "base/addr.h"

#define NOTICE_MS 10000 /* between two lines */

struct notice {
    uint64_t at_ms;   /* the last line; 0: none yet */
    uint64_t skipped; /* events since then, the one at hand included */
};

/** Count an event. @return true: write a line, and then set `skipped` to 0 */
bool notice_is_due(struct notice *notice, uint64_t now_ms);

/** The network of an address, as text. @param length  its prefix length in bits */
const char *notice_network(const struct addr *addr, unsigned length, char text[ADDR_TEXT_MAX]);
