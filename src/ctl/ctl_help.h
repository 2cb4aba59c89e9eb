/* ctl_help.h - what penstockctl --help prints
 * SPDX-License-Identifier: ISC
 *
 * What: each command and what it is for, in 80 columns.
 * Who:  penstockctl.
 * Ref:  penstockctl(8).
 */
#pragma once

/** Static text. */
const char *ctl_help(void);
