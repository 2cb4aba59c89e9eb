/* worlds.h - builders of worlds, and what several of them do
 * SPDX-License-Identifier: ISC
 *
 * What: the builders of worlds.def that lie in files of their own. The rest of a row's builders is in worlds.c.
 * Who:  worlds.c; worlds_*.c.
 * Ref:  docs/SIMULATION.md.
 */
#pragma once

#include "world.h"

#define WORLDS_BEGIN_US (2 * KERNEL_S) /* all serve by then */

#define WORLDS_IPV6 (UINT64_C(1) << 32) /* added to a client's number */

/** A client of the first so many, over IPv4 or IPv6. */
uint64_t worlds_client(uint64_t *dice, uint64_t below);

/** A question for q`number`.example, with `script` before it (message.h). */
void worlds_ask(uint64_t at_us, uint64_t who, const char *script, uint64_t number);

/** An even stream of questions from many clients. @param names  0: each is another @param slow,silent
 * per cent of names */
void worlds_ask_evenly(uint64_t *dice, uint64_t length_us, uint64_t names, unsigned slow,
                       unsigned silent);

/** One of the faults that a machine or a network has. */
void worlds_fault(uint64_t *dice, uint64_t at_us);

/* worlds_clients.c */
void worlds_private(uint64_t *dice);
void worlds_cookies(uint64_t *dice);
void worlds_crowd(uint64_t *dice);
void worlds_silent(uint64_t *dice);
void worlds_route_flood(uint64_t *dice);

/* worlds_network.c */
void worlds_network(uint64_t *dice);
void worlds_pulses(uint64_t *dice);

/* worlds_policy.c */
void worlds_access(uint64_t *dice);
void worlds_rates(uint64_t *dice);
/** The configuration begins with rates, and all may ask. */
void worlds_begin_rates(uint64_t *dice);

/* worlds_turns.c */
void worlds_turns(uint64_t *dice);

/* worlds_tcp.c */
void worlds_tcp(uint64_t *dice);
void worlds_tcp_faults(uint64_t *dice);
void worlds_tcp_crowd(uint64_t *dice);

/* worlds_uptime.c */
void worlds_uptime(uint64_t *dice);
void worlds_uptime_rates(uint64_t *dice);

/* worlds_whole.c */
void worlds_lies(uint64_t *dice);
void worlds_again(uint64_t *dice);
void worlds_tickets(uint64_t *dice);
void worlds_sound(uint64_t *dice);
void worlds_ample(uint64_t *dice);

/* worlds_input.c */
/** What the next world of that name is made of. @param octets  borrowed while it is played */
void worlds_input_take(const uint8_t *octets, size_t size);
void worlds_input(uint64_t *dice);

/* worlds_upstreams.c */
void worlds_errors(uint64_t *dice);
void worlds_stale(uint64_t *dice);
void worlds_deaths(uint64_t *dice);
void worlds_pieces(uint64_t *dice);
void worlds_rings(uint64_t *dice);
void worlds_keys(uint64_t *dice);
void worlds_rerouted(uint64_t *dice);
void worlds_routes(uint64_t *dice);
