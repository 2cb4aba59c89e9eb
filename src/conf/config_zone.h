/* config_zone.h - interfaces by name in addresses: [fe80::1%eth0]:53
 *
 * What: an address has the number of its interface; whoever writes a file knows the name. Numbers
 *       come from the caller, since this is pure.
 * Who:  config_load(), before an address is read.
 * Ref:  RFC 4007 section 11.
 */
#pragma once

#include "conf/config.h"
#include "conf/values.h"

/**
 * Put the number of an interface in the place of its name.
 *
 * @param text    an address in any form that a value can have; borrowed
 * @param number  room for what is returned
 * @return `text` where it names no interface, or has a number already; `number`, written; NULL:
 *         there is no such interface
 */
const char *config_zone_number(const struct config_source *source, const char *text,
                               char number[VALUE_TEXT_MAX]);
