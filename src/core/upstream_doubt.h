/* upstream_doubt.h - a connection that is silent while answers are due
 *
 * What: between the first silence that is too long and the one that ends a connection. A table:
 *
 *   CALM → SUSPECT → LEFT            a single octet from the server leads back to CALM
 *          new queries  those in
 *          go elsewhere flight, too
 *
 *       Nothing is taken from the connection: whichever answer comes first counts. One that is
 *       silent for good ends by upstream_fsm.h (UPSTREAM_ON_OVERDUE).
 * Who:  worker. Pure.
 * Ref:  docs/LIMITS.md "upstream".
 */
#pragma once

#include <stdint.h>

enum upstream_doubt {
    UPSTREAM_CALM,
    UPSTREAM_SUSPECT,
    UPSTREAM_LEFT,
    UPSTREAM_DOUBTS_COUNT,
};

enum upstream_sign {
    UPSTREAM_SEEN_QUIET, /* silent past upstream_suspect_us() */
    UPSTREAM_SEEN_STILL, /* silent past upstream_leave_us(), and there is somewhere else to ask */
    UPSTREAM_SEEN_BYTES, /* the server said something */
    UPSTREAM_SIGNS_COUNT,
};

enum upstream_remedy {                        /* bits */
                       UPSTREAM_DO_PROBE = 1, /* ask for what any server knows: is it there? */
                       UPSTREAM_DO_LEAVE = 2, /* ask elsewhere what is in flight */
};

struct upstream_doubt_step {
    enum upstream_doubt doubt;
    uint32_t remedies; /* enum upstream_remedy */
};

/** One step of the table. A sign that means nothing in a state changes nothing. */
struct upstream_doubt_step upstream_doubt_step(enum upstream_doubt doubt, enum upstream_sign sign);
