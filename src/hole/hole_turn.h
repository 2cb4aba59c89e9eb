/* hole_turn.h - where a hole build differs from the others: before it waits, and at its filter
 * SPDX-License-Identifier: ISC
 *
 * What: the linker puts functions of this folder before sandbox_enter() and the functions that
 *       wait; no other source knows of it. A turn begins with an attack where one was ordered.
 * Who:  hole builds only.
 * Ref:  ld(1) --wrap; docs/HOLE.md.
 */
#pragma once

#include "hole/hole_attack.h"

#define HOLE_TURN_MS 20 /* between two looks for an order */

/** Finds what an attacker would in the process whose loop that is: all but page and role. */
typedef void hole_turn_look(struct hole_process *self, const struct evloop *loop);

/** At the start of a program, before main(). @param page  NULL: it is as any other
 *  @param look  NULL: nothing is to be found */
void hole_turn_begin(struct hole_page *page, hole_turn_look *look);

/** The same of a program that no other of ours starts: its page lies beside the executable. */
void hole_turn_begin_alone(hole_turn_look *look);

/** Carry out what was ordered of this process. @param loop  NULL: it has none */
void hole_turn_obey(const struct evloop *loop);

/** Was there a page at the start? */
bool hole_turn_has_page(void);

/** Is there one, and is the filter entered? */
bool hole_turn_listens(void);
