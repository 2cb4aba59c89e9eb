/* health.h - how an upstream is doing: round trip, failures, back-off, and when it closes connections
 * SPDX-License-Identifier: ISC
 *
 * What: smoothed and near round trip, a late percentile, failures and back-off of one upstream. An
 *       answer is the only proof of health; it clears everything.
 *
 *       When it closes connections is learned by watching, and we close before it does, so that no
 *       query is written into a closing connection. A server that closed after some idle time is
 *       taken at its word; one that never did so much as that is tried with a little more, until the
 *       configured time is reached.
 *
 *       After how many queries. What was written beyond that has to be asked again, so no more is
 *       written than was learned. One close proves nothing: a server may have been restarted. Two
 *       connections in a row do, the second opened after the end of the first. One that the server
 *       leaves open at its quota is a sign that there is none, or a larger one; a server that closes
 *       only at the first query beyond its quota gives the same sign, so after each time that more
 *       was tried and refused it takes twice as many of them. Where others wait for its place, no
 *       connection is left open; so on some a query of our own is written beyond the quota, and
 *       one that is answered proves that the quota is larger.
 * Who:  worker. Pure: times and random numbers are arguments.
 * Ref:  docs/LIMITS.md "upstream"; RFC 6298 section 2 (smoothing); RFC 7766 section 6.2.3
 *       (idle timeouts), RFC 7828 (a server may name its own).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define UPSTREAM_HANDSHAKE_FULL   4U /* price of a handshake without a ticket; with one it is 1 */
#define UPSTREAM_BACKOFF_FIRST_US 100000U  /* after the first failure */
#define UPSTREAM_BACKOFF_MOST_US  5000000U /* while another upstream answers */
#define UPSTREAM_BACKOFF_LONE_US  700000U  /* while none does: its return is seen within 1 s */
#define UPSTREAM_SILENCE_MIN_US                                                                    \
    1000000U /* a silent connection keeps its place so long in any case */
#define UPSTREAM_SUSPECT_MIN_US 100000U /* silence before new queries go elsewhere */
#define UPSTREAM_ANSWER_MIN_US  50000U  /* for a probe, before those in flight do too */
#define UPSTREAM_SAMPLE_PARTS   8U      /* a round trip counts as at most so many of the usual */
#define UPSTREAM_SAMPLE_MORE_US 10000U  /* and so much more */
#define UPSTREAM_NEAR_ANSWERS   8U      /* answers of which the quickest says how far it is */
#define UPSTREAM_SPOILT_STEP    8U      /* a bad answer weighs as many good ones */
#define UPSTREAM_SPOILT_MANY    64U     /* debt of good ones: rather another upstream */
#define UPSTREAM_SPOILT_MOST    128U    /* no more are owed, so its return takes no longer */

struct health {          /* all zero: nothing known yet */
    uint32_t srtt_us;    /* smoothed round trip; 0: not measured */
    uint32_t p95_us;     /* estimate: 95 of 100 answers came sooner; 0: not measured */
    uint32_t near_us;    /* the quickest of the last 8 to 16 answers; 0: not measured */
    uint32_t next_us;    /* the quickest of those that will stand for it; 0: none yet */
    uint32_t next_count; /* of those, 0 to 7 */
    uint32_t failures;   /* in a row, without an answer between */
    uint32_t
        spoilt; /* grows with answers of no use (malformed, an error alone), sinks with others */
    uint64_t retry_us; /* monotonic; no connection is opened before */
};

/** A connection came up after `rtt_us`: a first guess, where no answer was measured yet. */
void health_connected(struct health *health, uint32_t rtt_us);

/**
 * An answer came: healthy, and measured. A name that is slow says little about how far away the
 * server is, so a sample that is far from the others moves the average by a bounded step.
 *
 * @param is_sound  false: an unusable answer, which proves all the same that it is there
 */
void health_answered(struct health *health, uint32_t rtt_us, bool is_sound);

/**
 * A connection failed. Several that fail within one back-off count once, so a pool that dies
 * together is one failure.
 *
 * @param random  32 fresh random bits, for the jitter of a quarter either way
 * @param lone    no other upstream can be asked: back off less
 */
void health_failed(struct health *health, uint64_t now_us, uint32_t random, bool lone);

/**
 * How long does an answer take that the server has at hand? What silence means goes by this, for
 * the average also knows names that are slow, and a connection that is lost is not slow.
 */
uint32_t health_near_us(const struct health *health);

/**
 * How long may a connection whose probe was not answered be silent, before a new one may take its
 * place? Four of health_near_us(), at least UPSTREAM_SILENCE_MIN_US, at most half of a query's
 * life.
 */
uint64_t health_silence_us(const struct health *health, uint32_t query_ms);

/** How long may a connection be silent before it is probed, and new queries go elsewhere? At most
 * the above. */
uint64_t health_suspect_us(const struct health *health, uint32_t query_ms);

/** And how long may the probe be unanswered, before those in flight are asked elsewhere too? */
uint64_t health_answer_us(const struct health *health, uint32_t query_ms);

/** There is traffic again after a quiet time: a back-off that was long for want of it ends now. */
void health_hurry(struct health *health, uint64_t now_us);

/* --- when it closes connections --------------------------------------------------------------- */

#define UPSTREAM_IDLE_LEARN_US 1000000U /* a close sooner than this was not for idleness */

/** When do we close? @param server_us  what was learned; 0: nothing yet */
uint64_t health_idle_us(uint64_t server_us, uint64_t configured_us);

/** The server closed a connection that was idle for `idle_us`. @return what is learned now */
uint64_t health_idle_closed(uint64_t server_us, uint64_t idle_us);

/** A connection was idle until we closed it. @return what is learned now; 0: no limit is known */
uint64_t health_idle_outlived(uint64_t server_us, uint64_t configured_us);

#define UPSTREAM_QUOTA_MOST     65536U /* queries; a larger quota is none */
#define UPSTREAM_QUOTA_RELAPSES 6U     /* so often the number of signs is doubled */
#define UPSTREAM_QUOTA_TRIALS   16U    /* at least one of so many connections is tried */

struct health_quota {  /* all zero: no quota is known */
    uint32_t known;    /* queries on a connection; 0: as many as one likes */
    uint32_t guess;    /* answers on the first connection that it closed; 0: none yet */
    uint64_t guess_us; /* when it did */
    uint32_t relapses; /* times that more was tried and refused */
    uint32_t outlived; /* connections that it left open at `known`, in a row */
    uint32_t untried;  /* connections that had `known` and were not tried, in a row */
    uint32_t unheard;  /* trials without an answer, in a row, as far as they matter */
};

/**
 * The server closed a connection that was in use.
 * @param answers   that it gave on it; 0 teaches nothing
 * @param since_us  when the connection was ready
 * @param now_us    monotonic
 */
void health_quota_closed(struct health_quota *quota, uint32_t answers, uint64_t since_us,
                         uint64_t now_us);

/** It has given `answers` on a connection that was ready at `since_us`: more than guessed? */
void health_quota_answered(struct health_quota *quota, uint32_t answers, uint64_t since_us);

/** A connection had its quota, and the server left it open. */
void health_quota_outlived(struct health_quota *quota);

/**
 * A connection had its quota. Is one more to be asked on it, before it is closed? After each trial
 * without an answer only on the second, fourth, ... UPSTREAM_QUOTA_TRIALS-th connection.
 */
bool health_quota_is_tried(struct health_quota *quota);

/** What was asked beyond the quota was answered, or (`is_heard` false) was not. */
void health_quota_tried(struct health_quota *quota, bool is_heard);
