/* value_limits.h - the values of limits: rates, shares, sizes, secrets
 * SPDX-License-Identifier: ISC
 *
 * What: parsers return NULL, or static text that says what is wrong; the value is zero before.
 *       Formatters return `text`, or NULL: nothing reads to it.
 * Who:  value.c, and config_cookies.c for secrets of a file. Pure apart from snprintf.
 */
#pragma once

#include "conf/value.h"

/** Is it one word, as a unit is? A space may stand before it. */
bool value_limits_unit(const char *unit);

const char *value_limits_parse_port(const char *text, uint32_t *port);
const char *value_limits_parse_bytes(const struct value_rule *rule, const char *text,
                                     uint64_t *bytes);
const char *value_limits_format_bytes(const struct value_rule *rule, uint64_t bytes,
                                      char text[VALUE_TEXT_MAX]);

/** rule->words: the longest prefix length, in digits. */
const char *value_limits_parse_rate(const struct value_rule *rule, const char *text,
                                    struct config_rate *rate);
const char *value_limits_format_rate(const struct config_rate *rate, char text[VALUE_TEXT_MAX]);

const char *value_limits_parse_share(const char *text, struct config_share *share);
const char *value_limits_format_share(const struct config_share *share, char text[VALUE_TEXT_MAX]);

/** @param size  of the text; no NUL has to be behind it */
const char *value_limits_parse_secret(const char *text, size_t size, struct config_secret *secret);
const char *value_limits_format_secret(const struct config_secret *secret,
                                       char text[VALUE_TEXT_MAX]);
