/* idna.h - a name of a list as the DNS has it
 * SPDX-License-Identifier: ISC
 *
 * What: published lists have names of other scripts in UTF-8; on the wire they are "xn--" and ASCII.
 *       The rules of that change with Unicode, so a library that is kept up to date applies them.
 * Who:  supervisor.
 * Ref:  RFC 5891 (IDNA2008), Unicode TR46.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define IDNA_NAME_MAX 1024 /* octets of text; the longest name in UTF-8 is shorter */

/**
 * Write a name in ASCII.
 *
 * @param text   borrowed, `size` octets, ASCII or UTF-8
 * @param ascii  written, with a NUL
 * @return false: too long, or no name by the rules of IDNA2008
 */
bool idna_to_ascii(const char *text, size_t size, char ascii[IDNA_NAME_MAX]);
