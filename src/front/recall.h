/* recall.h - answers from the cache: fresh, refreshed ahead of their end, or stale in need
 * SPDX-License-Identifier: ISC
 *
 * What: the stage of a query that can be answered without an upstream, and what becomes of answers
 *       that come from one. A stale answer stands in only where an upstream failed to answer, or
 *       did not within cache.stale_after; the question stays under way, and what comes late is
 *       kept. For a while no client waits for that name again. Where upstreams fail altogether,
 *       stale answers leave at once for every name, while their questions are asked and no client
 *       waits, until an upstream answers anything. That one name is late is no sign of it: signs
 *       are what the worker says (HANDOFF_DOWN), and a query of our own, for what any server knows,
 *       that is unanswered together with all else.
 * Who:  front.
 * Ref:  answers/cache.h; RFC 8767, 9520; docs/LIMITS.md "cache".
 */
#pragma once

#include "answers/cache.h"
#include "base/leak.h"
#include "front/flush.h"
#include "front/local.h"
#include "front/verdict.h"
#include "front/waiting.h"
#include "lane/deadlines.h"

#define RECALL_RECHECK_S      30 /* RFC 8767 section 5: so long no client waits for a failed name */
#define RECALL_STALE_TTL_S    30 /* RFC 8767 section 5: what a client is told of a stale answer */
#define RECALL_PREFETCH_HITS  3  /* asked for so often, it is worth asking ahead */
#define RECALL_PREFETCH_PART  10 /* in the last tenth of its TTL */
#define RECALL_PREFETCH_MILLI 100 /* thousandths of an upstream query earned with each answer */
#define RECALL_PREFETCH_BURST 50  /* upstream queries saved up */

struct recall_wait {     /* a question whose clients can be given a stale answer, by its slot */
    uint64_t asked_us;   /* monotonic */
    uint64_t due_us;     /* when they are */
    uint32_t generation; /* the slot's: another question has none */
    bool is_half_waited; /* half of that time is over */
};

struct recall {
    const struct config *config; /* borrowed, as the three below */
    struct stats_page *stats;
    const struct local *local;
    struct waiting *waiting;
    struct cache *cache; /* NULL: none */
    struct cache_times times;
    uint8_t *message;          /* CACHE_MESSAGE_MAX octets: the answer found last, */
    struct cache_hit hit;      /* and what is known of it */
    struct recall_wait *waits; /* by slot of the table of questions */
    struct deadlines dues;     /* of them, in us */
    struct flush flush;        /* names whose answers are dropped, and not kept from before */
    struct leak prefetch;
    uint64_t word_us;          /* an upstream answered anything at that time */
    uint64_t probed_us;        /* our own query was asked at that time */
    uint64_t failing_until_us; /* upstreams fail; 0: they do not */
};

struct recall_parts { /* what recall works with; borrowed for life */
    struct stats_page *stats;
    const struct local *local;
    struct waiting *waiting;
};

/** Reserve the memory and take up a configuration; fatal if there is none. */
void recall_reserve(struct recall *recall, const struct config *config,
                    const struct recall_parts *parts, const struct clock_time *now);

/** Take up another configuration; the cache keeps its size and what is in it. */
void recall_change(struct recall *recall, const struct config *config);

/**
 * The stage: is there an answer already?
 *
 * @param draft    has_stale is written
 * @param verdict  written if there is: answered, or kept back by policy; what it borrows is valid
 *                 until the next call
 * @return true: there is none; go on
 */
MUST_CHECK bool recall_pass(struct recall *recall, struct query *draft,
                            const struct clock_time *now, struct verdict *verdict);

/** A query started this question: if it has a stale answer, that may have to stand in. */
void recall_watch(struct recall *recall, const struct inflight_question *question,
                  const struct query *query, const struct clock_time *now);

/** Keep an upstream's sound answer, if it may be kept. @param is_withheld  policy keeps it from
 * clients: it is kept for a while in any case, so that it is not asked for again at once */
void recall_keep(struct recall *recall, const struct inflight_question *question,
                 const uint8_t *message, const struct dns_answer *answer, bool is_withheld,
                 const struct clock_time *now);

/** No upstream can be reached that may be asked this question. */
void recall_note_down(struct recall *recall, const struct inflight_question *question,
                      const struct clock_time *now);

/** An upstream said something: it is a sign that it works, unless it says that it fails. */
void recall_note_word(struct recall *recall, const struct inflight_question *question,
                      const struct dns_answer *answer, const struct clock_time *now);

/** Upstreams failed: is there a stale answer for the queries that wait?
 *  @param verdict  written if there is; theirs. The question stays under way, and is marked. */
MUST_CHECK bool recall_stand_in(struct recall *recall, struct inflight_question *question,
                                const struct clock_time *now, struct verdict *verdict);

/** The next question whose clients have waited long enough for a stale answer. @param verdict
 *  written: theirs. @return NULL: there is none now */
struct inflight_question *recall_next_due(struct recall *recall, const struct clock_time *now,
                                          struct verdict *verdict);

/** When recall_next_due() has to be called next, monotonic; UINT64_MAX: not. */
uint64_t recall_deadline_us(const struct recall *recall);
