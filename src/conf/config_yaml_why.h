/* config_yaml_why.h - why a text is no YAML, or is another YAML than was meant, in words
 * SPDX-License-Identifier: ISC
 *
 * What: knows the mistakes that libyaml tells in words of its own grammar, or not at all: tabs, an
 *       address in brackets without quotes, the marks that editors put before a text.
 * Who:  config_yaml. Pure.
 * Ref:  YAML 1.1 section 4.1.3 (indentation).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/** What stands at the start and is no text. @param length  written: its octets; 0: to the end.
 *  @return what is wrong and what is allowed; NULL: nothing is */
const char *config_yaml_why_start(const char *text, size_t size, size_t *length);

/** Where libyaml, or a form, fails in this line. @param line  1..
 *  @return what is wrong and what is allowed; NULL: there is no guess */
const char *config_yaml_why_line(const char *text, size_t size, uint32_t line);
