/* deliver.h - the only place where a query ends
 * SPDX-License-Identifier: ISC
 *
 * What: answered, refused or dropped; each adds to exactly one row of lane/why.def. What was
 *       received is at any moment the sum of those rows, the queries alive, and the answers that
 *       lie in a batch for the kernel.
 * Who:  front.
 * Ref:  docs/QUERY.md.
 */
#pragma once

#include "answers/special.h"
#include "dns/dns_answer.h"
#include "front/local.h"
#include "lane/handoff.h"
#include "lane/inflight.h"
#include "lane/why.h"

struct front;

/** A message ends in silence. @param query  the draft */
void deliver_drop(struct front *front, const struct query *query, enum why why);

/** A message ends with a reply of ours. @param query  the draft, parsed. @param ede  or
 * DNS_EDE_NONE */
void deliver_refuse(struct front *front, const struct query *query, enum why why, uint16_t rcode,
                    uint16_t ede);

/** A message ends with TC=1: no larger than it came, and who is honest asks again over TCP. */
void deliver_slip(struct front *front, const struct query *query, enum why why);

/** Type ANY, or who we are (answers/minimal.h): answered here. */
void deliver_minimal(struct front *front, const struct query *query);

/** The worker answered: judge its answer again and give it to all who wait. The question ends. */
void deliver_answer(struct front *front, struct inflight_question *question,
                    const struct handoff_answer *from_worker);

/** No answer comes: SERVFAIL to all who wait. The question ends. */
void deliver_failure(struct front *front, struct inflight_question *question, enum why why,
                     uint16_t ede);

/** A query that waits loses its place to another: SERVFAIL if its client's address is proven, else
 *  TC=1. Its question ends with it if nobody else waits and it was not asked yet. */
void deliver_give_way(struct front *front, struct query *query, enum why why);

/** A query that waits ends in silence with its connection. */
void deliver_abandon(struct front *front, struct query *query);

/** A transport tells what became of an answer it was given. */
void deliver_count(struct front *front, enum why why);

/** Answered from what is kept. @param why  WHY_CACHE_HIT or WHY_CACHE_STALE */
void deliver_kept(struct front *front, const struct query *query, const uint8_t *message,
                  const struct dns_answer *answer, enum why why);

/** A stale answer for all who wait; the question stays under way. */
void deliver_stand_in(struct front *front, struct inflight_question *question,
                      const uint8_t *message, const struct dns_answer *answer);

/** A name on a block list does not exist. @param zone_at  where the listed name begins in it */
void deliver_blocked(struct front *front, const struct query *query, size_t zone_at);

/** There is an answer, and policy keeps it from this client. @param verdict  not LOCAL_FINE */
void deliver_withheld(struct front *front, const struct query *query, enum local_verdict verdict);

/** A query signed with a key that is not known, as none is. @param message  borrowed; the query */
void deliver_signed(struct front *front, const struct query *query, const uint8_t *message,
                    size_t message_size);

/** A special-use name, answered here. */
void deliver_special(struct front *front, const struct query *query, enum special_action action);
