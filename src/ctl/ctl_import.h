/* ctl_import.h - penstockctl import: the configuration of another program becomes a policy
 * SPDX-License-Identifier: ISC
 *
 * What: reads a file, gives up everything, and only then looks at what it read. Writes the policy to
 *       standard output or a new file, and what became of each setting to standard error.
 * Who:  penstockctl.
 * Ref:  penstockctl(8) "import"; docs/MIGRATION.md.
 */
#pragma once

#include "ctl/ctl_options.h"

/** Do it. @return the exit status: 0, CTL_EXIT_LOOK (nothing usable) or CTL_EXIT_FILES_USAGE */
int ctl_import_run(const struct ctl_options *options);
