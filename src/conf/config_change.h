/* config_change.h - what a difference between two configurations takes
 * SPDX-License-Identifier: ISC
 *
 * What: reads the columns "who" and "change" of config.def: which keys only a restart can change,
 *       and whether a change concerns workers.
 * Who:  supervisor at a reload; front, which refuses what its tables cannot follow. Pure.
 * Ref:  penstock(8) "SIGHUP".
 */
#pragma once

#include "conf/config_row.h"

/** The first key that differs and that only a restart can change; CONFIG_ROWS: there is none. */
enum config_row_id config_change_fixed(const struct config *a, const struct config *b);

/** Does a key that workers use differ? */
bool config_change_is_for_workers(const struct config *a, const struct config *b);
