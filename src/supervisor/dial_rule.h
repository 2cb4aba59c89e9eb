/* dial_rule.h - which upstream a worker gets a socket to, and how often
 * SPDX-License-Identifier: ISC
 *
 * What: a budget per lane and upstream keeps a worker that was taken over from using us for a SYN
 *       flood: as many dials as its handshakes may be by limits.handshakes_burst and
 *       limits.handshakes_per_s, were all of them resumed. And an upstream whose refused handshakes
 *       cost too much CPU gets no connection from any lane for a while.
 * Who:  supervisor. Pure: time is an argument.
 * Ref:  lane/avoid.h; docs/LIMITS.md "supervisor".
 */
#pragma once

#include "base/addr.h"
#include "base/leak.h"
#include "conf/config.h"
#include "lane/avoid.h"
#include "lane/routes.h"

/* Dials beyond what limits.handshakes_burst allows: the worker's clock and ours differ by a turn. */
#define DIAL_MORE 4U

struct dial_avoided { /* upstreams that no lane connects to; all zero: none */
    struct {
        struct addr address; /* family ADDR_NONE: free */
        struct avoid state;
    } entries[CONFIG_UPSTREAMS_MAX];
};

enum dial_verdict {
    DIAL_GO,
    DIAL_AVOIDED,
    DIAL_OVER_BUDGET,
};

/**
 * May the worker have a socket to this address now?
 *
 * @param budget  of its lane and this upstream; changed: DIAL_GO costs one
 * @param config  in force
 * @param now_us  monotonic
 */
enum dial_verdict dial_rule_judge(const struct dial_avoided *avoided, const struct addr *to,
                                  struct leak *budget, const struct config *config,
                                  uint64_t now_us);

enum dial_avoidance {
    DIAL_IS_AVOIDED,  /* from now on */
    DIAL_WAS_AVOIDED, /* another lane said so already; nothing changed */
    DIAL_IS_LAST,     /* the only one of them that is left: it is connected to all the same */
};

/**
 * A refused handshake with an upstream cost too much. The last upstream of a group (lane/routes.h)
 * that is left is never avoided: one has to be asked, and a worker that was taken over could else cut off the other
 * lanes too.
 *
 * @param upstreams  the addresses that the worker knows; it is the one at `index`
 * @param sets       the groups of them
 * @param wait_us    written: DIAL_IS_AVOIDED: for how long; else 0
 */
enum dial_avoidance dial_rule_avoid(struct dial_avoided *avoided, const struct addr upstreams[],
                                    const struct routes_sets *sets, uint32_t index, uint64_t now_us,
                                    uint64_t *wait_us);
