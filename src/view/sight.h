/* sight.h - from the pages of a service to what is shown of it
 * SPDX-License-Identifier: ISC
 *
 * What: one call, the same for everybody: the pages are read, the reading is added to the last hour
 *       as the supervisor published it, and figures and findings are made of both. So nobody judges
 *       otherwise than somebody else. Without a published hour one's own readings count.
 * Who:  supervisor, whose own hour it is; penstockctl. Pure: pages and time are arguments.
 * Ref:  docs/VIEW.md.
 */
#pragma once

#include "view/chronicle.h"
#include "view/reading.h"

struct sight { /* all zero: nothing was seen yet; about 250 kB */
    struct reading reading;
    struct chronicle chronicle; /* the last hour, with the reading as its newest */
    bool is_shared;             /* it is the supervisor's, and not of one's own readings */
    bool is_alone;              /* a page was wrong, so no other is read */
    struct figures figures;     /* borrow from `reading` and `chronicle` */
    struct judgement judgement;
};

/**
 * Look once.
 *
 * @param sight   changed: who looks again brings it along
 * @param pages   borrowed for this call
 * @param at_us   monotonic, @param wall_s  since 1970: now
 * @return STATUS_OK; STATUS_INVALID: not the pages of this build, and `sight` says nothing
 */
MUST_CHECK enum status sight_take(struct sight *sight, const struct service_page_set *pages,
                                  uint64_t at_us, uint64_t wall_s);

/**
 * The service is gone, and its pages do not change any more: the figures are those of the last look,
 * whose moment stays, and only grow older. What was not counted since is not none.
 *
 * @param at_us   monotonic, @param wall_s  since 1970: now
 * @param age_us  for how long nothing was written
 */
void sight_age(struct sight *sight, uint64_t at_us, uint64_t wall_s, uint64_t age_us);
