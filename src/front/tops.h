/* tops.h - which networks ask most, and which are refused most
 * SPDX-License-Identifier: ISC
 *
 * What: one query of TOPS_SAMPLED on average, and of those that a limit refused one too, is counted
 *       for its network at each configured prefix length. Gaps between them are drawn from a keyed
 *       sequence, so that no client can ask in step with them. A minute is counted, then the next; the
 *       one that is being counted is told once half of it is over, before that the last whole one. A network that asked c times in it is told as c in the mean, with a
 *       standard deviation of at most the root of TOPS_SAMPLED times c, and besides within the bound of
 *       gate/heavy.h.
 * Who:  front; read for `penstockctl networks`, by operators alone.
 * Ref:  gate/heavy.h; docs/LIMITS.md "networks".
 */
#pragma once

#include "gate/heavy.h"
#include "lane/networks_report.h"
#include "os/clock.h"

#include <stdbool.h>

#define TOPS_SAMPLED  64 /* one of so many */
#define TOPS_WINDOW_S 60
#define TOPS_ENOUGH_S 30 /* of a window that is not whole: what is told is no older than that */

struct tops_window {
    struct heavy tables[NETWORKS_REPORT_KINDS][ADDR_LENGTHS_MAX];
    uint32_t begun_s; /* monotonic */
};

struct tops {
    uint32_t left[NETWORKS_REPORT_KINDS]; /* until the next is counted */
    uint64_t random;                      /* state of the sequence of gaps */
    uint32_t mark;                        /* of the lengths that are counted by */
    bool has_before;
    struct tops_window now, before; /* the minute that is counted; the last whole one */
};

/** @param key  random and secret */
void tops_init(struct tops *tops, struct hash_key key, uint32_t now_s);

/** Count one, behind tops_note(). @param keys  the client's names, changed: missing ones are added */
void tops_count(struct tops *tops, enum networks_kind kind, const struct addr_lengths *set,
                const struct addr *client, struct addr_keys *keys, uint32_t now_s);

/** One query has ended, or was refused by a limit. @return true: it is one to be counted */
static inline bool
tops_note(struct tops *tops, enum networks_kind kind)
{
    return --tops->left[kind] == 0;
}

/** @param number  0..NETWORKS_REPORTS - 1: which kind and place */
void tops_report(struct tops *tops, const struct addr_lengths *set, unsigned number, uint32_t now_s,
                 struct networks_report *report);
