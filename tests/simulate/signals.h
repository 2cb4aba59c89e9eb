/* signals.h - signals to the supervisor; privileges and filters that nobody has
 * SPDX-License-Identifier: ISC
 *
 * What: takes the place of supervisor/signals.c, os/privs.c, os/sandbox.c, os/landlock.c, os/locked.c,
 *       supervisor/reach.c.
 * Who:  proxy.c.
 */
#pragma once

void signals_begin(void);

/** As kill(2) to the supervisor: it is told once, however often that comes before it looks. */
void signals_raise(unsigned number);
