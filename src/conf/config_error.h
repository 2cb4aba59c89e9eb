/* config_error.h - the one line that says what is wrong
 * SPDX-License-Identifier: ISC
 *
 * What: "where: key: what is wrong; what is allowed", printable ASCII whatever the input holds.
 * Who:  conf. Pure apart from snprintf.
 */
#pragma once

#include "conf/config.h"
#include "conf/config_errors.h"
#include "conf/config_row.h"

/**
 * Add "PLACE: KEY: " and the text; the place is "FILE:LINE", "environment" or "command line".
 *
 * @param file    borrowed, or NULL: there is none
 * @param key     borrowed, or NULL: none
 * @return STATUS_INVALID, always
 */
__attribute__((format(printf, 5, 6))) enum status
config_error_at(struct config_errors *errors, const char *file, struct config_origin origin,
                const char *key, const char *format, ...);

/**
 * The same about a row's value, whose key is that of the place: PENSTOCK_KEY in the environment. It
 * is marked as wrong.
 */
__attribute__((format(printf, 6, 7))) enum status
config_error_of(struct config_errors *errors, const char *file, struct config_origin origin,
                enum config_row_id row, uint32_t upstream, const char *format, ...);
