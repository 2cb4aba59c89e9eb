/* lower.h - names of rows in lower case
 * SPDX-License-Identifier: ISC
 *
 * What: rows of tables have names in capitals; logs, JSON and metrics show them in small letters. ASCII,
 *       whatever the locale.
 * Who:  whoever shows the name of a row. Pure.
 */
#pragma once

#include <stddef.h>

#define LOWER_ROOM 64 /* of the longest name of a row, with its NUL */

/**
 * @param name  a C string
 * @param text  written, NUL-terminated: as much of it as there is room for
 * @param size  of `text`, 1 or more
 * @return `text`
 */
const char *lower_name(const char *name, char *text, size_t size);
