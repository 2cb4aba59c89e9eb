/* config_warn.h - what is sound in a configuration, and unwise
 * SPDX-License-Identifier: ISC
 *
 * What: says what does not stop a start and may be a mistake, a line each.
 * Who:  supervisor: --check, and the log at the start and after a reload.
 */
#pragma once

#include "conf/config.h"

#include <stdio.h>

/** Print warnings (no backup pin, an open resolver without limits, ...), one line each.
 *  @return how many */
unsigned config_warn(const struct config *config, FILE *to);

/** What is worth a word, and as well meant as not: that the internet is served, within limits.
 *  @return a sentence; NULL: there is nothing */
const char *config_warn_notice(const struct config *config);
