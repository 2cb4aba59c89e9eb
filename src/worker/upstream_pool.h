/* upstream_pool.h - the connections to every upstream: opened ahead of need, grown, shrunk
 * SPDX-License-Identifier: ISC
 *
 * What: while there is traffic every upstream has a connection, used or not; one more is opened
 *       whenever those there have many queries in flight, or one of them is suspect. One at a time,
 *       within a budget, and none during back-off, so there is no storm. Idle ones are closed in
 *       order, before the server does, and replaced first where one is still needed.
 * Who:  worker. upstream_pick.c picks; upstream_open.c opens, keeps warm and probes.
 * Ref:  upstream/upstream_choice.h, upstream/upstream_idle.h; docs/LIMITS.md "upstream".
 */
#pragma once

#include "base/leak.h"
#include "lane/avoid.h"
#include "upstream/upstream_choice.h"
#include "upstream/upstream_quota.h"
#include "upstream/upstream_trust.h"
#include "worker/upstream_conn.h"

#define UPSTREAM_DOWN_FAILURES 3U
#define UPSTREAM_RANK_PART     8U  /* of the places on a connection: each rank leaves so much */
#define UPSTREAM_CROWD         64U /* queries in flight on a connection: another one helps */
#define UPSTREAM_PROBE_QUIET_US                                                                    \
    10000000U                     /* not measured for so long: probed, if there is traffic */
#define UPSTREAM_PROBE_ONE_IN 50U /* questions, for each probe of a quiet upstream */

struct upstream {
    unsigned index;
    const struct config_upstream *config; /* borrowed */
    struct upstream_health *health;       /* in pool.health */
    struct watch_times times;             /* that follow from it */
    struct stats_upstream *stats;         /* in the statistics page */
    struct tls_context *tls;
    struct upstream_conn *conns; /* config.upstream_connections */
    struct upstream_conn *open;  /* where the last query went; NULL: none */
    unsigned ready, opening;     /* how many are READY; WANTED to HANDSHAKE */
    unsigned suspects;           /* how many are not WATCH_CALM */
    bool wants_place;            /* a connection could not be opened: all places are taken */
    struct leak rate;            /* queries, where config.qps is not 0 */
    struct leak dials;           /* quarters of full handshakes */
    uint64_t dial_us;            /* no connection is opened before: the budget was used up */
    uint64_t heard_us;           /* an answer last */
    uint64_t spoke_us;           /* anything last, on any connection */
    uint64_t probed_us;          /* a probe of a quiet upstream last, and */
    uint64_t probed_asked;       /* pool.asked then */
    uint64_t server_idle_us;     /* it closes idle connections after; 0: not known */
    struct upstream_quota quota; /* queries on one connection */
    struct upstream_trust trust;
    struct avoid useless; /* its connections end before they are of use */
};

struct upstream_policy { /* what the configuration says about all */
    enum upstream_strategy strategy;
    uint32_t weights[CONFIG_UPSTREAMS_MAX];
    uint32_t qps[CONFIG_UPSTREAMS_MAX]; /* 0: no limit */
    uint32_t handshakes_per_s, handshakes_burst;
    uint32_t retry_percent, hedge_percent;
};

struct upstream_pool {
    unsigned count;       /* config.upstreams_count */
    uint32_t conns_count; /* per upstream */
    struct upstream_policy policy;
    struct upstream upstreams[CONFIG_UPSTREAMS_MAX];
    struct upstream_health health[CONFIG_UPSTREAMS_MAX];
    struct upstream_conn *conns;  /* count * conns_count */
    struct upstream_conn **dirty; /* to be flushed */
    unsigned dirty_count;
    struct tls_anchors *anchors; /* NULL: no upstream asks for a CA */
    uint64_t next_us;            /* no deadline before */
    uint64_t used_us;            /* a question last */
    uint64_t asked;              /* questions so far */
};

/** Reserve memory, parse CAs from `ca_pem` (may be NULL), prepare TLS for each upstream; fatal. */
void upstream_pool_reserve(struct worker *worker, const void *ca_pem, size_t ca_size);

/** Open the first connection to each upstream. */
void upstream_pool_start(struct worker *worker);

/** An UPSTREAM_SOCKET message; `fd` is given away. @return false: the message breaks the contract.
 */
bool upstream_pool_socket(struct worker *worker, uint32_t index, uint32_t tag, int fd,
                          uint32_t error);

/** The name of a connection's next attempt: never 0, and its slot can be found from it. */
uint32_t upstream_pool_next_tag(const struct worker *worker, uint32_t tag);

/**
 * A ready connection with room, of the upstream that is to be asked next.
 * @param avoid     upstream not to be asked if there is another; CONFIG_UPSTREAMS_MAX: none
 * @param rank      enum handoff_rank: from each but the first an eighth of the places is kept
 * @param heard_us  the connection was heard later than this; 0: any
 * @return NULL: there is none; connections are opened as far as that is allowed.
 */
struct upstream_conn *upstream_pool_pick(struct worker *worker, unsigned avoid, unsigned rank,
                                         uint64_t heard_us);

struct upstream_elsewhere {           /* one more place for a question */
    const struct upstream_conn *conn; /* not this one */
    unsigned rank;                    /* enum handoff_rank */
    uint64_t since_us;                /* when it came */
    uint32_t asked, again;            /* upstreams: asked; asked on a connection heard since */
    bool is_silent; /* `conn` is: the whole network may have forgotten our connections, so one that
                       was heard since the question came is better than any other */
};

/** Another upstream that is well and was not asked, else another connection. @return NULL: there is
 *  none now. */
struct upstream_conn *upstream_pool_elsewhere(struct worker *worker,
                                              const struct upstream_elsewhere *place);

/** Is a connection being opened to another upstream than `except`? */
bool upstream_pool_is_opening(const struct worker *worker, unsigned except);

/** A question came. */
void upstream_pool_asked(struct worker *worker);

/** A query was written: it counts toward the upstream's rate. */
void upstream_pool_spend(struct worker *worker, struct upstream *upstream);

/* upstream_open.c */

/** Open one more connection, unless one is being opened, or back-off or budget forbid it.
 *  @return it is being opened */
bool upstream_pool_open(struct worker *worker, struct upstream *upstream);

/** Where the server answers a number of queries on a connection: open as many as `wanted` queries
 *  will need, and those that wait, within the budget. */
void upstream_pool_keep_pace(struct worker *worker, struct upstream *upstream, uint32_t wanted);

/** When may a connection be opened? */
uint64_t upstream_pool_dial_us(const struct upstream *upstream);

/** Is there traffic, so that connections are kept? */
bool upstream_pool_is_busy(const struct worker *worker);

/** A connection is ready: it may take another one's place, and an upstream may have come back. */
void upstream_pool_opened(struct worker *worker, struct upstream_conn *conn);

/** Keep a connection, ask who was quiet for long. */
void upstream_pool_keep_warm(struct worker *worker, struct upstream *upstream);

/** The server says how long it keeps idle connections (RFC 7828); 0: it wants this one closed. */
void upstream_pool_keepalive(struct upstream_conn *conn, uint16_t keepalive_100ms);

/** The server closed an idle connection. */
void upstream_pool_closed_idle(struct upstream *upstream, uint64_t idle_us);

/** The earliest time at which an upstream could be ready: now while one is being opened. */
uint64_t upstream_pool_earliest_us(const struct worker *worker);

/** Deadlines of all connections; opens what traffic needs. */
void upstream_pool_tick(struct worker *worker);
uint64_t upstream_pool_deadline_us(const struct worker *worker);

/** Some connection's deadline is now at `at_us`. */
static inline void
upstream_pool_sooner(struct upstream_pool *pool, uint64_t at_us)
{
    if (at_us < pool->next_us)
        pool->next_us = at_us;
}

/** Send what was collected in this turn. */
void upstream_pool_flush(struct worker *worker);
void upstream_pool_mark(struct worker *worker, struct upstream_conn *conn);

/** There is room toward the front again. */
void upstream_pool_release(struct worker *worker);

/** Say goodbye on every connection. */
void upstream_pool_end(struct worker *worker);

/** Has every upstream failed UPSTREAM_DOWN_FAILURES times in a row, and is no connection left? */
bool upstream_pool_is_down(const struct worker *worker);

/** Does no other upstream answer? Then back-off is short. */
bool upstream_pool_is_lone(const struct worker *worker, const struct upstream *upstream);
