/* tls_ideal.h - public-key computations that cost next to nothing, for targets that shake hands
 * SPDX-License-Identifier: ISC
 *
 * To be linked with what fuzz/meson.build names as its wrapped calls.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Randomness from the beginning. */
void tls_ideal_begin(uint64_t seed);
