/* pin_show.h - `penstock pin`: what an upstream shows, as configuration to paste
 * SPDX-License-Identifier: ISC
 *
 * What: prints the keys of the chain that one look saw, and says that a look is no proof.
 * Who:  supervisor, instead of serving.
 * Ref:  penstock(8); RFC 7858 section 4.2.
 */
#pragma once

#include "supervisor/options.h"

/** `penstock pin ADDRESS`. @return the exit code; what went wrong is on stderr, in one line */
int pin_show_run(const struct options *options);
