/* change_mark.h - are the files that a reload reads still those that were read?
 * SPDX-License-Identifier: ISC
 *
 * What: one number made of which files they are, how long, and when they, their mode or their owner were changed.
 *       Reads nothing of what is in them.
 * Who:  supervisor.
 * Ref:  penstock.yaml(5) reload_on_change.
 */
#pragma once

#include "supervisor/options.h"

struct config;

/**
 * A mark of all files of reread_each().
 *
 * @return never 0; the same as long as no file was replaced, written to or given another mode or owner. One that cannot be opened counts
 *         with the reason.
 */
uint64_t change_mark(const struct options *options, const struct config *config);
