/* upstream_quota.h - how many queries a server answers on one connection, learned by watching
 * SPDX-License-Identifier: ISC
 *
 * What: some servers close a connection after so many queries. What was written beyond that has to
 *       be asked again, so no more is written than was learned. One close proves nothing: a server
 *       may have been restarted. Two connections in a row do, the second opened after the end of
 * the first. One that the server leaves open at its quota is a sign that there is none, or a larger
 * one; a server that closes only at the first query beyond its quota gives the same sign, so after
 * each time that more was tried in vain it takes twice as many of them. Who:  worker. Pure: times
 * are arguments. Ref:  RFC 7766 section 6.2.3; docs/LIMITS.md "upstream".
 */
#pragma once

#include <stdint.h>

#define UPSTREAM_QUOTA_MOST     65536U /* queries; a larger quota is none */
#define UPSTREAM_QUOTA_RELAPSES 6U     /* so often the number of signs is doubled */

struct upstream_quota { /* all zero: no quota is known */
    uint32_t known;     /* queries on a connection; 0: as many as one likes */
    uint32_t guess;     /* answers on the first connection that it closed; 0: none yet */
    uint64_t guess_us;  /* when it did */
    uint32_t relapses;  /* times that more was tried in vain */
    uint32_t outlived;  /* connections that it left open at `known`, in a row */
};

/**
 * The server closed a connection that was in use.
 * @param answers   that it gave on it; 0 teaches nothing
 * @param since_us  when the connection was ready
 * @param now_us    monotonic
 */
void upstream_quota_closed(struct upstream_quota *quota, uint32_t answers, uint64_t since_us,
                           uint64_t now_us);

/** It has given `answers` on a connection that was ready at `since_us`: more than guessed? */
void upstream_quota_answered(struct upstream_quota *quota, uint32_t answers, uint64_t since_us);

/** A connection had its quota, and the server left it open. */
void upstream_quota_outlived(struct upstream_quota *quota);
