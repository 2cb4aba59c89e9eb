/* store.h - answers from the cache: fresh, refreshed ahead of their end, or stale in need
 * SPDX-License-Identifier: ISC
 *
 * What: the stage of a query that can be answered without an upstream, and what becomes of answers
 *       that come from one. A stale answer stands in only where an upstream failed to answer, or
 *       did not within cache.stale_after; the question stays under way, and what comes late is
 *       kept. For a while nobody waits for that name again. Where upstreams fail altogether, stale
 *       answers leave at once for every name, while their questions are asked with nobody waiting,
 *       until an upstream answers anything. That one name is late is no sign of it: signs are what
 *       the worker says (HANDOFF_DOWN), and a query of our own, for what any server knows, that is
 *       unanswered together with all else.
 * Who:  front.
 * Ref:  answers/cache.h, answers/freshness.h; RFC 8767, 9520; docs/LIMITS.md "cache".
 */
#pragma once

#include "answers/cache.h"
#include "answers/freshness.h"
#include "base/leak.h"
#include "lane/deadlines.h"
#include "lane/inflight.h"

struct front;

#define STORE_RECHECK_S     30 /* RFC 8767 section 5: so long nobody waits for what has failed */
#define STORE_STALE_TTL_S   30 /* RFC 8767 section 5: what a client is told of a stale answer */
#define STORE_PREFETCH_HITS 3  /* asked for so often, it is worth asking ahead */
#define STORE_PREFETCH_PART 10 /* in the last tenth of its TTL */
#define STORE_PREFETCH_MILLI                                                                       \
    100                         /* thousandths of an upstream query earned with each answer given */
#define STORE_PREFETCH_BURST 50 /* upstream queries saved up */

struct store_wait {      /* a question whose clients can be given a stale answer, by its slot */
    uint64_t asked_us;   /* monotonic */
    uint64_t due_us;     /* when they are */
    uint32_t generation; /* the slot's: another question has none */
    bool is_half_waited; /* half of that time is over */
};

struct store {
    struct cache *cache; /* NULL: none */
    struct freshness freshness;
    struct dns_question asked; /* what the message at hand asks, in lower case */
    bool has_stale;            /* there is a stale answer to it */
    uint8_t *message;          /* CACHE_MESSAGE_MAX octets to copy an answer into */
    struct store_wait *waits;  /* by slot of the table of questions */
    struct deadlines dues;     /* of them, in us */
    struct leak prefetch;
    uint64_t word_us;          /* an upstream answered anything at that time */
    uint64_t probed_us;        /* our own query was asked at that time */
    uint64_t failing_until_us; /* upstreams fail; 0: they do not */
};

/** Reserve the memory; fatal if there is none. */
void store_reserve(struct front *front);

/** Take up front->config after it changed; the cache keeps its size and what is in it. */
void store_change(struct front *front);

/** Note what the message at hand asks. To be called before the stages that look at the question. */
void store_look(struct front *front, const struct query *draft);

/** The stage: is there an answer already? @return true: the query has ended, answered. */
MUST_CHECK bool store_answer(struct front *front, struct query *draft);

/** The message at hand started this question: if there is a stale answer, it may have to stand in.
 */
void store_watch(struct front *front, const struct inflight_question *question);

/** Keep an upstream's sound answer, if it may be kept. @param is_withheld  policy keeps it from
 * clients: it is kept for a while in any case, so that it is not asked for again at once */
void store_keep(struct front *front, const struct inflight_question *question,
                const uint8_t *message, const struct dns_answer *answer, bool is_withheld);

/** No upstream can be reached. */
void store_note_down(struct front *front);

/** An upstream said something: it is a sign that it works, unless it says that it fails. */
void store_note_word(struct front *front, const struct inflight_question *question,
                     const struct dns_answer *answer);

/** Upstreams failed: give those who wait a stale answer. @return false: there is none. */
bool store_stand_in(struct front *front, struct inflight_question *question);

/** Let stale answers stand in where clients have waited long enough. */
void store_expire(struct front *front);

/** When store_expire() has to be called next, monotonic; UINT64_MAX: not. */
uint64_t store_deadline_us(const struct front *front);
