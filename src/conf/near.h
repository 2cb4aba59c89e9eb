/* near.h - which word somebody meant
 * SPDX-License-Identifier: ISC
 *
 * What: counts the slips of a finger between two words: a character too many, missing or another
 *       one, or two in each other's place (Damerau, 1964).
 * Who:  conf, where it says what is wrong. Pure.
 */
#pragma once

#include <stddef.h>

#define NEAR_SIZE_MAX 80 /* characters of a word; longer ones are far from all others */
#define NEAR_FAR      3  /* slips: nobody means that word */

/**
 * @return 0: the same but for case, or for - and _; 1 and 2: so many slips; NEAR_FAR: more than a
 *         word of this length is likely to have (none up to 2 characters, one up to 5), or
 *         another number
 */
unsigned near_slips(const char *text, size_t size, const char *word, size_t word_size);
