/* inflight.h - queries that wait for an answer, and the questions under way that they wait for
 * SPDX-License-Identifier: ISC
 *
 * What: two fixed tables. Queries that ask the same (name without case, type, class, RD, CD, DO)
 *       share one question and one answer: fewer upstream queries, and no second chance to guess
 *       an answer (birthday attack). A question is queued until its turn comes (front/waiting.h),
 *       then asked; its name across the ring is (slot, generation).
 * Who:  front. Pure: no clock, no allocation.
 * Ref:  RFC 5452 section 5; docs/QUERY.md; docs/LIMITS.md "questions".
 */
#pragma once

#include "base/hash.h"
#include "lane/deadlines.h"
#include "lane/query.h"

#define INFLIGHT_WAITING_MAX 256 /* queries per question; one more starts a new question */
#define INFLIGHT_ASKED_MAX   3   /* times a question is asked when workers die under it */

enum inflight_state { INFLIGHT_FREE, INFLIGHT_QUEUED, INFLIGHT_ASKED };

struct inflight_question {
    uint64_t deadline_ms;    /* monotonic; all that wait get SERVFAIL then */
    uint64_t join_ms;        /* a query after this starts a new question */
    uint64_t since_us;       /* the caller's: when it was put in line, monotonic */
    uint32_t generation;     /* odd: in use; never 0 then */
    uint32_t ring;           /* ASKED: the number of the ring that it was put into */
    uint32_t hash;           /* inflight_hash() of it */
    uint32_t flushes;        /* of the table, when it started */
    uint32_t next;           /* in the bucket, or next free slot */
    struct list_links links; /* by age */
    struct list waiting;     /* queries, as they came */
    uint32_t waiting_count;
    uint16_t flags; /* DNS_RD, DNS_CD; DNS_AD always (RFC 6840 5.7): one answer serves all */
    uint8_t state;  /* enum inflight_state */
    uint8_t asked;  /* times put into a ring whose worker did not end in order */
    uint8_t group;  /* the caller's: of upstreams, by the routes in force when it came */
    bool dnssec_ok;
    bool indexed;                 /* can be found and joined */
    bool is_stood_in;             /* the caller's: a stale answer went to those that waited */
    struct dns_question question; /* name in lower case */
};

struct inflight {
    struct inflight_question *slots; /* borrowed; [0] is never used */
    uint32_t *buckets;               /* borrowed; first question of each, 0 none */
    uint32_t buckets_mask;
    uint32_t count, touched, alive; /* as in struct query_table */
    uint32_t free;                  /* head of the free slots, linked by next */
    uint32_t queued;                /* questions in state INFLIGHT_QUEUED */
    uint32_t flushes;               /* calls of inflight_flush() */
    struct list by_age;             /* the oldest comes first */
    struct deadlines deadlines;     /* by slot */
    struct hash_key key;
};

enum inflight_result {
    INFLIGHT_STARTED,  /* a new question, queued */
    INFLIGHT_JOINED,   /* another asked already */
    INFLIGHT_TOO_MANY, /* the table is full; the query waits for nothing */
};

/* --- queries --- */

/** Bytes of memory for `count` queries (1..2^20). */
size_t inflight_queries_bytes(uint32_t count);

/** @param memory  borrowed as long as the table lives; zeroed, inflight_queries_bytes(count), aligned
 * for any type */
void inflight_queries_init(struct query_table *table, void *memory, uint32_t count);

/** The slot to parse the next message into; always the same one until it is kept. Never NULL. */
struct query *inflight_draft(struct query_table *table);

/** Keep the draft. @return STATUS_OK; STATUS_FULL (it stays the draft). */
MUST_CHECK enum status inflight_keep(struct query_table *table, struct query *draft);

/** Wipe and free a kept query; the draft stays the draft. May be called twice. */
void inflight_give(struct query_table *table, struct query *query);

/** Index of a slot, 1.. */
uint32_t inflight_query_index(const struct query_table *table, const struct query *query);

/** The query in use at `index`, NULL if there is none. */
struct query *inflight_query_at(const struct query_table *table, uint32_t index);

/** What finds its question in flight and in the cache: a keyed hash of its name, type, class, RD,
 * CD, DO. */
uint32_t inflight_hash(const struct hash_key *key, const struct dns_query *query);

/* --- questions --- */

/** Slots of a table for `count` questions: what inflight_slot() says is less. */
uint32_t inflight_slots(uint32_t count);

/** Bytes of memory for `count` questions (1..2^20). */
size_t inflight_bytes(uint32_t count);

/** @param memory  borrowed as long as the table lives; zeroed, inflight_bytes(count), aligned for
 * any type
 *  @param key     random, so that no outsider can choose colliding questions */
void inflight_init(struct inflight *table, void *memory, uint32_t count, struct hash_key key);

/**
 * Let a kept query wait for its question.
 *
 * A question can be joined in the first half of its life only, so that each has at least half
 * of it; after that a new question takes its place in the index.
 *
 * @param query    borrowed until inflight_pop_waiting() returns it; its hash is known
 * @param now_ms   monotonic
 * @param life_ms  from now to the deadline of a new question, at least 1
 * @param question written: what it waits for; NULL with INFLIGHT_TOO_MANY
 */
MUST_CHECK enum inflight_result inflight_join(struct inflight *table, struct query_table *queries,
                                              struct query *query, uint64_t now_ms,
                                              uint32_t life_ms,
                                              struct inflight_question **question);

/**
 * Start a question that no query waits for, unless the same is under way.
 *
 * @param query    what is asked, borrowed for the call
 * @param started  written: the question; NULL if none was started
 * @return INFLIGHT_STARTED; INFLIGHT_JOINED (it is under way already); INFLIGHT_TOO_MANY.
 */
MUST_CHECK enum inflight_result inflight_start(struct inflight *table,
                                               const struct dns_query *query, uint64_t now_ms,
                                               uint32_t life_ms,
                                               struct inflight_question **started);

/** Is the same question under way, and did a stale answer stand in for it? */
bool inflight_is_stood_in(struct inflight *table, const struct dns_query *query);

/** The question asked under this name; NULL: stale or invented. */
struct inflight_question *inflight_find(const struct inflight *table, uint32_t slot,
                                        uint32_t generation);

/** Index of a question, 1.. */
uint32_t inflight_slot(const struct inflight *table, const struct inflight_question *question);

/** The question with the earliest deadline, NULL if there is none. Not always the oldest: a reload
 *  may shorten what later ones are given. */
struct inflight_question *inflight_first_due(const struct inflight *table);

/** The question that started first, NULL if there is none. */
struct inflight_question *inflight_oldest(const struct inflight *table);

/** The one that started next after this one, NULL if there is none. */
struct inflight_question *inflight_younger(const struct inflight *table,
                                           const struct inflight_question *question);

/** The question in use in a slot, NULL if it is free. */
struct inflight_question *inflight_at(const struct inflight *table, uint32_t slot);

/** It is in a ring now: INFLIGHT_QUEUED → INFLIGHT_ASKED. @param ring  the ring's number */
void inflight_asked(struct inflight *table, struct inflight_question *question, uint32_t ring);

/** Was it put into this ring, and is the answer still awaited? */
bool inflight_is_in_ring(const struct inflight_question *question, uint32_t ring);

/**
 * The ring is gone, and with it what was asked: INFLIGHT_ASKED → INFLIGHT_QUEUED.
 *
 * @param is_death  the worker died, perhaps of this question: it has used up one of the times that
 *                  it may be asked. Else the worker ended in order, and it has not.
 * @return false: it was not asked, or INFLIGHT_ASKED_MAX times already; nothing changed, and it
 *         waits for its deadline.
 */
bool inflight_ask_again(struct inflight *table, struct inflight_question *question, bool is_death);

/** Take the next query off the question's list, first come first; NULL when none is left. */
struct query *inflight_pop_waiting(struct inflight *table, struct query_table *queries,
                                   struct inflight_question *question);

/** A query waits no longer. @param query  waits for a question. @return that question */
struct inflight_question *inflight_leave(struct inflight *table, struct query_table *queries,
                                         struct query *query);

/** Names were flushed: who asks from now on has a new question, whatever is under way. */
static inline void
inflight_flush(struct inflight *table)
{
    table->flushes++;
}

/** No query can join any more (the answer is here). May be called twice. */
void inflight_unindex(struct inflight *table, struct inflight_question *question);

/** Wipe and free a question that no query waits for. May be called twice. */
void inflight_end(struct inflight *table, struct inflight_question *question);
