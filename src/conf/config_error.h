/* config_error.h - the one line that says what is wrong
 * SPDX-License-Identifier: ISC
 *
 * What: "where: key: what is wrong; what is allowed", printable ASCII whatever the input holds.
 * Who:  conf. Pure apart from snprintf.
 */
#pragma once

#include "conf/config.h"
#include "conf/config_row.h"

enum config_layer { CONFIG_DEFAULTS, CONFIG_FROM_FILE, CONFIG_FROM_ENV, CONFIG_FROM_FLAGS };

struct config_origin { /* where a value comes from */
    enum config_layer layer;
    uint32_t line; /* CONFIG_FROM_FILE: 1.., 0: no line of its own */
};

/**
 * Write "FILE:LINE: KEY: " and the text.
 *
 * @param line  1.., or 0: the file as a whole
 * @param key   borrowed, or NULL: none
 * @return STATUS_INVALID, always
 */
__attribute__((format(printf, 5, 6))) MUST_CHECK enum status
config_error_at(struct config_error *error, const char *file, uint32_t line, const char *key,
                const char *format, ...);

/**
 * The same for a row's value, which may come from anywhere: "environment: PENSTOCK_KEY: " where it
 * comes from there.
 */
__attribute__((format(printf, 6, 7))) MUST_CHECK enum status
config_error_of(struct config_error *error, const char *file, struct config_origin origin,
                const struct config_row *row, unsigned upstream, const char *format, ...);
