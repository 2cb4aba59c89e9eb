/* dns_mutator.h - changes DNS messages as messages
 * SPDX-License-Identifier: ISC
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Defined by each target that links it: where in its input the message begins. */
extern const size_t dns_mutator_at;

/** Change a message in place. @return its new size, at most `room`; 0: it is not one, or nothing
 *  was changed */
size_t dns_mutator_change(uint8_t *message, size_t size, size_t room, uint64_t seed);
