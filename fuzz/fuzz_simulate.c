/* fuzz_simulate.c - supervisor, fronts and workers over a virtual kernel, in a world of octets
 * SPDX-License-Identifier: ISC
 *
 * Input: tests/simulate/worlds_input.c. Invariants: the properties of docs/SIMULATION.md that hold
 * with any faults; none may be violated.
 */
#include "oracle.h"
#include "trace.h"
#include "world.h"
#include "worlds.h"

#include "fuzz.h"

#include <stdlib.h>

static uint64_t answered;

/* What is under way when a world ends is left, and so is what its processes had. */
const char *__asan_default_options(void);
const char *
__asan_default_options(void)
{
    return "detect_leaks=0";
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct world_result result;
    const struct world_row *row = world_find("input");
    clearenv(); /* the supervisor reads it */
    trace_begin(false);
    worlds_input_take(data, size);
    world_play(row, 1, NULL, &result);
    draw_input(NULL, 0);
    answered += result.answered;
    if (result.violations > 0)
        fprintf(stderr, "%s\n", result.first);
    must(result.violations == 0);
    return 0;
}

void
fuzz_reached(void)
{
    must(answered > 0);
}
