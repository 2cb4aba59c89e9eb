/* config_zone.h - interfaces by name in addresses: [fe80::1%eth0]:53
 * SPDX-License-Identifier: ISC
 *
 * What: a struct addr has the number of an interface; a file has its name. Numbers
 *       come from the caller, since this is pure.
 * Who:  config_load(), before an address is read.
 * Ref:  RFC 4007 section 11.
 */
#pragma once

#include "base/addr.h"
#include "conf/value.h"

#define CONFIG_ZONE_NAME_MAX 16 /* octets of an interface's name, with its NUL */

/** The name of an interface by its number. @param name  written @return false: it has none */
typedef bool config_zone_namer(uint32_t number, char name[CONFIG_ZONE_NAME_MAX]);

/** The number of an interface by its name. @return 0: there is none */
typedef uint32_t config_zone_numberer(const char *name);

/** Can a value of this kind name an interface? */
bool config_zone_is_possible(enum value_kind kind);

/**
 * The other way round: the name of an interface in the place of its number.
 *
 * @param zone_name  NULL: none is known
 * @param text       a value of such a kind, as value_format() writes it; borrowed
 * @param named      room for what is returned
 * @return `text` where there is no interface, or it has no name that could be read again; `named`
 */
const char *config_zone_name(config_zone_namer *zone_name, const char *text,
                             char named[VALUE_TEXT_MAX]);

/**
 * Put the number of an interface in the place of its name.
 *
 * @param zone_index  NULL: none is known
 * @param text        an address in any form that a value can have; borrowed
 * @param number      room for what is returned
 * @return `text` where it names no interface, or has a number already; `number`, written; NULL:
 *         there is no such interface
 */
const char *config_zone_number(config_zone_numberer *zone_index, const char *text,
                               char number[VALUE_TEXT_MAX]);
