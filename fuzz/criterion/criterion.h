/* criterion.h - what scenes of the unit tests require, in a fuzz target
 * SPDX-License-Identifier: ISC
 *
 * tests/unit/..._scene.h put parts of a front or a worker together for unit tests, which have a test
 * framework of this name. A target has none: what does not hold ends the run.
 */
#pragma once

#include "../fuzz.h"

#include <string.h>

#define cr_assert(condition, ...)      must(condition)
#define cr_assert_not(condition, ...)  must(!(condition))
#define cr_assert_eq(a, b, ...)        must((a) == (b))
#define cr_assert_neq(a, b, ...)       must((a) != (b))
#define cr_assert_lt(a, b, ...)        must((a) < (b))
#define cr_assert_leq(a, b, ...)       must((a) <= (b))
#define cr_assert_gt(a, b, ...)        must((a) > (b))
#define cr_assert_str_eq(a, b, ...)    must(strcmp(a, b) == 0)
#define cr_assert_arr_eq(a, b, n, ...) must(memcmp(a, b, n) == 0)
