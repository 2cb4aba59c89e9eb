/* shrink.h - the acts of a world without which its violation does not happen
 * SPDX-License-Identifier: ISC
 *
 * What: leaves out halves of the acts, quarters and so on down to single ones, as long as a violation of the
 *       same kind is the first. Draws belong to things, so that what is left does what it did.
 * Who:  main.c.
 */
#pragma once

#include "world.h"

/** Print what is enough, as `simulate` takes it. @param seconds  then it ends with what it has
 * @return an exit status: 1; 2: there was no violation */
int shrink_world(const struct world_row *row, uint64_t seed, unsigned seconds);

/** A list as it was printed: "3,5-9". @return a flag for each of WORLD_ACTS_MAX acts, the caller's to
 * free; NULL: it is none */
unsigned char *shrink_kept(const char *list);
