/* upstream_doubt.h - a connection that is silent while answers are due
 * SPDX-License-Identifier: ISC
 *
 * What: between the first silence that is too long and the one that ends a connection. A table:
 *
 *   CALM → SUSPECT → LEFT            a single octet from the server leads back to CALM
 *          new queries  those in
 *          go elsewhere flight, too
 *
 *       Nothing is taken from the connection: whichever answer comes first counts. Silence alone
 *       proves nothing, for a name may be slow: only a probe on the same connection that nothing
 *       followed leads to LEFT. A connection that is LEFT ends when nobody waits for it any more.
 * Who:  worker. Pure: times are arguments.
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
    UPSTREAM_SEEN_QUIET, /* silent for too long while something is in flight */
    UPSTREAM_SEEN_STILL, /* and after the probe, too */
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

struct upstream_quiet {    /* times in µs, monotonic; 0: not so */
    uint64_t heard_us;     /* the server said something last */
    uint64_t unheard_us;   /* the first query after that was written */
    uint64_t oldest_us;    /* the oldest query in flight was written */
    uint64_t probe_us;     /* the probe in flight was written */
    uint64_t suspected_us; /* SUSPECT since */
};

/**
 * When does the next sign of silence come, if nothing is heard until then?
 *
 * A query that was written since the server was heard last is due after `suspect_us`. Where all in
 * flight are older than that, the server lives and a name is slow: it is asked whether it still
 * does when as much time has passed again as the oldest had waited then, so a slow name costs a few
 * probes, and hardly one where other answers come.
 *
 * @param suspect_us  how long may a query be unanswered, before a probe
 * @param answer_us   how long may the probe be
 * @return CALM: when it becomes UPSTREAM_SEEN_QUIET. SUSPECT: UPSTREAM_SEEN_STILL; 0 where the
 * probe is still to be written. LEFT, or nothing in flight: UINT64_MAX.
 */
uint64_t upstream_doubt_at(enum upstream_doubt doubt, const struct upstream_quiet *quiet,
                           uint64_t suspect_us, uint64_t answer_us);

/** One step of the table. A sign that means nothing in a state changes nothing. */
struct upstream_doubt_step upstream_doubt_step(enum upstream_doubt doubt, enum upstream_sign sign);
