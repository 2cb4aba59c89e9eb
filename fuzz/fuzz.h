/* fuzz.h - what every fuzz target has
 * SPDX-License-Identifier: ISC
 *
 * A target is a file with LLVMFuzzerTestOneInput(). It says what its input means and which
 * invariants hold for any input; must() ends the run where one does not. Each input begins with the
 * same state, so that what was found once is found again.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** A target may have it: called by replay.c when all inputs of a corpus were run, to require that
 * they reached what they are there for. */
void fuzz_reached(void);

static _Noreturn inline void
fuzz_broken(const char *what, const char *file, int line)
{
    fprintf(stderr, "%s:%d: must hold: %s\n", file, line, what);
    abort();
}

#define must(holds) ((holds) ? (void)0 : fuzz_broken(#holds, __FILE__, __LINE__))
