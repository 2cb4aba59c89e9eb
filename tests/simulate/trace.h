/* trace.h - what happened, as one number and, if wanted, line by line
 * SPDX-License-Identifier: ISC
 *
 * What: time, event and octets of everything that crosses the virtual kernel are hashed. Two runs of
 *       one seed have one hash, or nothing that the simulation says can be believed.
 * Who:  tests/simulate.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Begin anew. @param is_shown  lines go to standard output */
void trace_begin(bool is_shown);

/** @param what  static text; @param a,b  numbers; @param data  `size` octets, may be NULL if that is 0 */
void trace_note(const char *what, uint64_t a, uint64_t b, const void *data, size_t size);

/** A line that belongs to no hash: a log line of a process. */
void trace_line(const char *text, size_t size);

bool trace_is_shown(void);
uint64_t trace_hash(void);
