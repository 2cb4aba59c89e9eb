/* habits.h - when a server closes connections, learned by watching
 * SPDX-License-Identifier: ISC
 *
 * What: after how long without traffic. We close before it does, so that no query is written into a
 *       closing connection. A server that closed after some idle time is taken at its word; one that
 *       never did so much as that is tried with a little more, until the configured time is reached.
 *
 *       After how many queries. What was written beyond that has to be asked again, so no more is
 *       written than was learned. One close proves nothing: a server may have been restarted. Two
 *       connections in a row do, the second opened after the end of the first. One that the server
 *       leaves open at its quota is a sign that there is none, or a larger one; a server that closes
 *       only at the first query beyond its quota gives the same sign, so after each time that more
 *       was tried and refused it takes twice as many of them.
 * Who:  worker. Pure: times are arguments.
 * Ref:  RFC 7766 section 6.2.3 (idle timeouts), RFC 7828 (a server may name its own);
 *       docs/LIMITS.md "upstream".
 */
#pragma once

#include <stdint.h>

#define UPSTREAM_IDLE_LEARN_US 1000000U /* a close sooner than this was not for idleness */

/** When do we close? @param server_us  what was learned; 0: nothing yet */
uint64_t habits_idle_us(uint64_t server_us, uint64_t configured_us);

/** The server closed a connection that was idle for `idle_us`. @return what is learned now */
uint64_t habits_idle_closed(uint64_t server_us, uint64_t idle_us);

/** A connection was idle until we closed it. @return what is learned now; 0: no limit is known */
uint64_t habits_idle_outlived(uint64_t server_us, uint64_t configured_us);

#define UPSTREAM_QUOTA_MOST     65536U /* queries; a larger quota is none */
#define UPSTREAM_QUOTA_RELAPSES 6U     /* so often the number of signs is doubled */

struct habits_quota {  /* all zero: no quota is known */
    uint32_t known;    /* queries on a connection; 0: as many as one likes */
    uint32_t guess;    /* answers on the first connection that it closed; 0: none yet */
    uint64_t guess_us; /* when it did */
    uint32_t relapses; /* times that more was tried and refused */
    uint32_t outlived; /* connections that it left open at `known`, in a row */
};

/**
 * The server closed a connection that was in use.
 * @param answers   that it gave on it; 0 teaches nothing
 * @param since_us  when the connection was ready
 * @param now_us    monotonic
 */
void habits_quota_closed(struct habits_quota *quota, uint32_t answers, uint64_t since_us,
                         uint64_t now_us);

/** It has given `answers` on a connection that was ready at `since_us`: more than guessed? */
void habits_quota_answered(struct habits_quota *quota, uint32_t answers, uint64_t since_us);

/** A connection had its quota, and the server left it open. */
void habits_quota_outlived(struct habits_quota *quota);
