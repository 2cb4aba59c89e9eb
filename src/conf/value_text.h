/* value_text.h - what a name, an account, a DNS name and a path may consist of
 * SPDX-License-Identifier: ISC
 *
 * What: checks the characters; a value's length is for its field to bound.
 * Who:  value.c. Pure.
 * Ref:  RFC 1123 section 2.1 (host names), RFC 1035 section 2.3.4 (lengths).
 */
#pragma once

#include "conf/value.h"

/**
 * @param kind  VALUE_NAME, VALUE_USER, VALUE_WHO, VALUE_HOST, or VALUE_PATH and VALUE_SOCKET
 * @param text  borrowed, NUL-terminated
 * @return NULL: fine, but for the length that its field allows; or static text, what is wrong.
 */
const char *value_text_check(enum value_kind kind, const char *text);

/**
 * Read a domain name; a dot at its end may be left out.
 *
 * @param field  written: the name in lower case without that dot; `size` octets of room, zeroed
 * @return NULL: fine; or static text, what is wrong
 */
const char *value_text_parse_domain(const char *text, char *field, size_t size);
