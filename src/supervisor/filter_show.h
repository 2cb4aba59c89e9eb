/* filter_show.h - `penstock --sandbox`: the filters of all processes, as text
 * SPDX-License-Identifier: ISC
 *
 * What: prints the rows of each table as this build and architecture have them; or the program that
 *       is made of them, instruction by instruction, with the SHA-256 of its octets. Nothing is
 *       loaded, opened or changed.
 * Who:  supervisor, instead of serving.
 * Ref:  penstock(8); docs/SANDBOX.md.
 */
#pragma once

#include "supervisor/options.h"

/** `penstock --sandbox` and `--sandbox-bpf`. @return the exit code; what went wrong is on stderr, in
 *  one line */
int filter_show_run(const struct options *options);
