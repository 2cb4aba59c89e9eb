/* oracle.h - what must hold, asked after every event
 * SPDX-License-Identifier: ISC
 *
 * What: oracle.c collects violations and hands events to the files that judge: oracle_answers.c
 *       (the right answer, once, in time), oracle_cookies.c (they are of their time), oracle_tcp.c
 *       (whose connection ends, and why),
 *       oracle_counters.c (every query has one end), oracle_crowd.c (a flood costs others nothing),
 *       oracle_memory.c (bounds, and nothing of clients in workers), oracle_octets.c (what is sent to
 *       an address that is not proven), oracle_policy.c (access list and rates),
 *       oracle_room.c and oracle_queue.c (fairness), oracle_routes.c (who is asked what), oracle_turns.c (nobody spins).
 * Who:  world.c and the parts of the world call it; main.c prints.
 * Ref:  docs/SIMULATION.md "properties".
 */
#pragma once

#include "process.h"
#include "world_clients.h"
#include "world_tcp.h"

void oracle_begin(void);
void oracle_end(void);

/** Something that must not be. @param what  static text; the same for the same kind */
void oracle_violation(const char *what);
/** With numbers for the reader. */
void oracle_violation_of(const char *what, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

unsigned oracle_violations(void);
/** The first one: time, what, numbers. "" if there is none. */
const char *oracle_first(void);
/** Its kind alone. */
const char *oracle_first_kind(void);

/* --- events ---------------------------------------------------------------------------------- */

/** A query is in a front's socket; its response has left. */
void oracle_asked(struct ask *ask);
/** It found no socket, or a full one. */
void oracle_unheard(const struct ask *ask);
void oracle_answered(struct ask *ask);
/** A front took it out of its socket, behind those before. */
void oracle_taken(struct ask *ask);

/** A connection found nobody who listens, or no room; it was sent what is no query; the front closed it. */
void oracle_tcp_unheard(const struct tcp_conn *conn);
void oracle_tcp_junk(struct tcp_conn *conn);
void oracle_tcp_closed(const struct tcp_conn *conn);

/* --- the files that judge -------------------------------------------------------------------- */

void oracle_answers_judge(const struct ask *ask);
/** Its time is over. */
void oracle_answers_overdue(const struct ask *ask);
void oracle_cookies_judge(const struct ask *ask);

struct front;
struct world_made;
/** At the end of a turn of a front. */
void oracle_queue_turn(const struct front *front);
void oracle_queue_begin(void);
void oracle_queue_taken(struct ask *ask);
void oracle_room_turn(void);
void oracle_room_begin(void);
void oracle_room_taken(const struct ask *ask);
void oracle_room_answered(const struct ask *ask);

void oracle_policy_taken(struct ask *ask);
void oracle_policy_begin(void);
void oracle_policy_end(void);

/** A reload gives these routes, as `world.routes`. */
void oracle_routes_change(uint64_t sets);
void oracle_routes_asked(unsigned upstream, const struct message_facts *facts);
void oracle_routes_answered(const struct world_made *made, const struct ask *ask);
void oracle_routes_begin(void);

void oracle_octets_begin(void);
void oracle_octets_judge(const struct ask *ask);
void oracle_octets_end(void);

/** May it be closed with queries on it, by what its client or a fault did? */
bool oracle_tcp_is_excused(const struct tcp_conn *conn);
/** Nothing is promised of when it is answered. */
bool oracle_tcp_may_be_late(const struct ask *ask);
/** How long its response is on the way from the front at most. */
uint64_t oracle_tcp_way_us(const struct ask *ask);
void oracle_tcp_end(void);

/** Memory that processes of main() share. @return NULL: there is none */
bool oracle_crowd_begin(void);
/** The world was played without its floods. */
void oracle_crowd_note(void);
/** It was played with them. */
void oracle_crowd_end(void);

void oracle_memory_begin(void);
/** At the end of a turn of a front or worker. */
void oracle_memory_turn(struct process *process);

void oracle_turns_begin(void);
/** At the end of a turn of any process. */
void oracle_turns_turn(const struct process *process);

void oracle_counters_begin(void);
void oracle_counters_turn(const struct process *front);
void oracle_counters_front_ended(const struct process *front);
void oracle_counters_end(void);
