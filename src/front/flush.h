/* flush.h - names that an operator had forgotten
 * SPDX-License-Identifier: ISC
 *
 * What: drops what is kept of a name, a part of the cache in each turn, so that no query waits for
 *       it. An upstream may have answered a question that is under way before the operator asked:
 *       who asks from then on joins no such question, and its response is not kept.
 * Who:  front.
 * Ref:  answers/cache.h, lane/inflight.h; docs/LIMITS.md "cache".
 */
#pragma once

#include "answers/cache.h"
#include "lane/inflight.h"

#define FLUSH_STEP  256 /* chunks of the cache looked at in one turn */
#define FLUSH_NAMES 8   /* flushes whose names are remembered */

struct flush_name {
    struct dns_name name; /* in lower case */
    bool is_below;        /* with all names below it */
};

struct flush { /* zeroed: none yet */
    struct cache_flush walk;
    uint32_t tag;                         /* of the one under way, as its asker calls it */
    bool is_under_way;                    /* else `walk` is over */
    uint32_t questions;                   /* inflight.flushes as the last one left it */
    struct flush_name names[FLUSH_NAMES]; /* of the last ones, each at its number */
};

/**
 * Begin. None is under way.
 *
 * @param questions  those of this front; changed: inflight_flush()
 * @param name       borrowed for the call
 */
void flush_begin(struct flush *flush, struct inflight *questions, const struct dns_name *name,
                 bool is_below, uint32_t tag);

/** Names are asked of others from now on: whoever asks joins no question that is under way. */
void flush_reroute(struct flush *flush, struct inflight *questions);

/** One step of the one under way. @param cache  NULL: there is none
 *  @return true: it has ended; walk.dropped says how many responses it dropped */
bool flush_step(struct flush *flush, struct cache *cache);

/** May the response to this question be kept? Not if its name was flushed since it started, nor if
 *  so many were that this is not known any more. */
bool flush_lets_keep(const struct flush *flush, const struct inflight_question *question);
