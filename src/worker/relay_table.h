/* relay_table.h - the questions a worker has under way: a fixed table with lists through it
 * SPDX-License-Identifier: ISC
 *
 * What: taking and giving entries, their state and deadline. Pages of the table are touched
 *       only as far as it was ever used at once.
 * Who:  relay.c, relay_ask.c; no other file includes this.
 */
#pragma once

#include "worker/relay.h"

uint32_t relay_index_of(const struct relay *relay, const struct relay_question *q);

/** Is no entry free? */
bool relay_is_full(const struct relay *relay);

/** An entry in state FREE, in no list yet; only where relay_is_full() says no. */
struct relay_question *relay_question_take(struct relay *relay);

/** Move an entry into the list of another state. Nothing else writes the state. */
void relay_set_state(struct relay *relay, struct relay_question *q, enum relay_state state);

/** End an entry: wiped, in no list, free. */
void relay_question_give(struct relay *relay, struct relay_question *q);

/* relay.c */

/** Is there room toward the front for an answer of `size` octets? If not, the front rings later. */
bool relay_has_room(struct worker *worker, size_t size);

/** Put an answer for which there is room. */
void relay_put(struct worker *worker, const struct handoff_answer *answer);

/* relay_ask.c */

/** Nobody waits for a question's answers any more, wherever it is under way. */
void relay_recall(struct relay_question *q);

/** End a question that has no answer; delivered by relay_publish(). */
void relay_fail(struct worker *worker, struct relay_question *q, uint16_t ede);

/** Put a question on a connection, or among the picky. @return false: no connection can take it. */
bool relay_place(struct worker *worker, struct relay_question *q);
