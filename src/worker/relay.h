/* relay.h - the worker's end of the two rings, and the table of questions between them
 * SPDX-License-Identifier: ISC
 *
 * What: takes questions out of the ring, places each on a connection, checks that an answer belongs
 *       to it, puts the answer into the other ring. A question whose answer is of no use is asked
 *       once more elsewhere, inside its own time; then it fails with the reason. A connection that
 *       was lost without a word was no attempt. A question that is late, or whose connection is
 *       silent, may be under way at several places at once: the first answer counts.
 * Who:  worker.
 * Ref:  lane/ring.h, lane/handoff.h; RFC 5452; RFC 8914 (why it failed).
 */
#pragma once

#include "base/leak.h"
#include "ipc/ipc.h"
#include "lane/deadlines.h"
#include "lane/handoff.h"
#include "lane/ring.h"
#include "os/evloop.h"

#define RELAY_BATCH 256 /* questions taken per turn */
#define RELAY_MARGIN_US                                                                            \
    20000U                 /* a question fails this much before its time, so the reason arrives */
#define RELAY_ASKS_MAX  2U /* one retry */
#define RELAY_MOVES_MAX 8U /* times asked at all, clean closes of the server included */
#define RELAY_WAYS_MAX  4U /* places where it is under way at once */
#define RELAY_UNHEARD_MAX                                                                          \
    2U /* ways that end without a word, until only a connection heard since will do */
#define RELAY_NONE UINT32_MAX

struct worker;
struct upstream_conn;

enum relay_state {
    RELAY_FREE,
    RELAY_WAITING, /* for a connection */
    RELAY_PICKY,   /* for one that is being opened, rather than ask where it was asked in vain */
    RELAY_ASKED,   /* on one */
    RELAY_FAILED,  /* for room in the ring to say so */
};

/* What share of the traffic may be asked again, and how much of it at once. */
#define RELAY_RETRY_FLOOR    5U   /* retries per second however little traffic there is */
#define RELAY_RETRY_BURST    100U /* retries */
#define RELAY_SLOW_LEAVES    50U  /* retries that slow names leave for questions that failed */
#define RELAY_HEDGE_BURST    20U  /* second asks of late questions */
#define RELAY_FAILOVER_PARTS 4U   /* a quarter of the table per second, the whole of it at once */

enum relay_loss {                /* why a question lost its connection */
                  RELAY_LOST,    /* it broke: an attempt, and asking elsewhere is failover */
                  RELAY_ENDED,   /* the server closed in order: not an attempt */
                  RELAY_UNHEARD, /* nothing was heard on it since it was asked: not an attempt */
                  RELAY_SPOILT,  /* it drew an answer that cannot be used: an attempt, and asking
                                    again a retry */
};

enum relay_second {                 /* why a question is asked at one more place */
                    RELAY_HEDGE,    /* it is later than nearly all */
                    RELAY_SLOW,     /* its server lives, and has not answered it: ask another one */
                    RELAY_FAILOVER, /* its connection does not answer a probe */
                    RELAY_STUCK,    /* the same, in the middle of an answer to another question */
};

struct relay_way {              /* where a question is under way */
    struct upstream_conn *conn; /* NULL: nowhere */
    uint16_t id;
};

struct relay_question {
    struct handoff_query query;
    uint64_t deadline_us;                  /* monotonic, margin taken off */
    uint64_t since_us;                     /* when it came */
    uint32_t next_free;                    /* FREE: the next that was given back */
    uint32_t before, after;                /* in the list of its state: WAITING, PICKY or FAILED */
    struct relay_way ways[RELAY_WAYS_MAX]; /* ASKED: `ways_count` of them */
    uint16_t asked, again; /* sets of upstreams: asked; and on a connection heard since it came */
    uint16_t ede;          /* FAILED */
    uint8_t state;         /* enum relay_state */
    uint8_t asks;          /* attempts that count against it */
    uint8_t moves;         /* times written to a connection */
    uint8_t unheard;       /* ways that ended without a word */
    uint8_t ways_count;
    uint8_t rcode;    /* of an error that came without a question; NOERROR: none did */
    uint8_t upstream; /* asked last; CONFIG_UPSTREAMS_MAX: none yet */
};

struct relay_list {
    uint32_t first, last; /* RELAY_NONE: empty */
};

struct relay {
    struct ring_consumer from_front;
    struct ring_producer to_front;
    uint32_t ring; /* the supervisor's name for them */
    void *memory;  /* both rings; NULL: none yet */
    size_t memory_size;
    struct ev_source bell; /* rung by the front */
    int front_bell;        /* rung by us */
    bool is_broken;        /* reported; a new ring is awaited */
    bool has_more;         /* questions were left in the ring, or lost their connection this turn */
    bool is_held;          /* the ring to the front is full: nothing is read from upstreams */
    size_t held_size;      /* the record that found no room last */
    uint32_t alive;        /* questions not FREE */
    struct relay_question *questions; /* config.queries */
    uint32_t free;                    /* given back; RELAY_NONE: none */
    uint32_t fresh,
        count; /* questions from `fresh` on were never used: their pages are untouched */
    struct relay_list waiting[HANDOFF_RANKS]; /* the first goes first */
    struct relay_list picky, failed;
    uint32_t waiting_count;     /* in `waiting` */
    struct deadlines deadlines; /* of questions that are WAITING, PICKY or ASKED, in us */
    struct leak retries, hedges, failovers; /* what may still be asked again */
    uint8_t record[HANDOFF_QUERY_MAX];
};

enum relay_verdict {
    RELAY_TAKEN,   /* delivered: the id is done with */
    RELAY_USELESS, /* an answer that is of no use; the question was put back for another attempt, or
                      has failed: the id is done with */
    RELAY_WRONG,   /* not an answer to this question: the connection cannot be trusted any more */
    RELAY_HELD,    /* no room toward the front: show it again after upstream_pool_release() */
};

/** Reserve the table; fatal if there is no memory. */
void relay_reserve(struct worker *worker);

/**
 * Take up new rings in place of the old ones; every question of the old ones is forgotten.
 *
 * @param ring  an IPC_RING message
 * @param fds   its three descriptors, given away
 * @return STATUS_OK; STATUS_INVALID; STATUS_SYSTEM (the supervisor broke its contract).
 */
MUST_CHECK enum status relay_attach(struct worker *worker, const struct ipc_message *ring,
                                    const int fds[IPC_FDS_MAX]);

/** Take questions and place them, at most RELAY_BATCH. */
void relay_take(struct worker *worker);

/** Place what waits, as far as there are connections. */
void relay_place_waiting(struct worker *worker);

/** Fail what ran out of time, or cannot be asked in time. */
void relay_expire(struct worker *worker);

/** Deliver failures that found no room, make everything visible, ring the front's bell. */
void relay_publish(struct worker *worker);

/**
 * An upstream answered.
 * @param message  borrowed; `size` octets, 2..65535
 * @param rtt_us   since it was written
 */
enum relay_verdict relay_answer(struct worker *worker, struct upstream_conn *conn,
                                uint32_t question, const uint8_t *message, size_t size,
                                uint32_t rtt_us);

/** A question is under way on `conn` no more. If nowhere else either, it is asked again or fails.
 */
void relay_orphan(struct worker *worker, uint32_t question, const struct upstream_conn *conn,
                  enum relay_loss loss);

/**
 * Ask a question that is under way on `conn` at one more place, too, if it makes sense and the
 * budget has one left. Of silent upstreams each is asked at most twice, the second time on a
 * connection that was heard since the question came; more often only where another question is to
 * blame.
 * @return false: there is no room elsewhere now; nothing changed.
 */
bool relay_ask_second(struct worker *worker, uint32_t question, struct upstream_conn *conn,
                      enum relay_second why);

/** All upstreams are down and one more attempt has failed: whoever waited for it is told now. Who
 *  comes later waits for the next attempt, so nobody waits longer than one. */
void relay_give_up(struct worker *worker);

/** When relay_expire() has something to do; UINT64_MAX: nothing. */
uint64_t relay_deadline_us(const struct worker *worker);

/** Has every question that was put into the ring come to its end? */
static inline bool
relay_is_done(const struct relay *relay)
{
    return relay->alive == 0 && !relay->has_more;
}

/** Is anybody waiting for a connection? */
static inline bool
relay_is_waiting(const struct relay *relay)
{
    return relay->waiting_count > 0;
}

/** Before waiting for events. @return false: there is work already. */
bool relay_sleep(struct worker *worker);
/** After waiting. */
void relay_wake(struct worker *worker);
