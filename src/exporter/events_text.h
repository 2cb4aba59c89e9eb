/* events_text.h - an event as a line of JSON
 * SPDX-License-Identifier: ISC
 *
 * What: one line of a query log. What a stranger chose, the name, is escaped twice: as a name
 *       (RFC 1035 section 5.1), then as JSON; all else is ours.
 * Who:  exporter. Pure.
 * Ref:  docs/penstock-events.schema.json; docs/EVENTS.md.
 */
#pragma once

#include "lane/events.h"

#include <stddef.h>

#define EVENTS_TEXT_MAX 2048 /* octets of a line: 255 octets of a name are five each at most */

/** @param offset_us  wall clock less monotonic clock
 *  @param upstream   name of the one that the response came of, of letters, digits, . _ -; "": of
 *                    none
 *  @param to         written: the line and its newline, without NUL. @return octets */
size_t events_text_line(const struct event *event, uint64_t offset_us, const char *upstream,
                        char to[EVENTS_TEXT_MAX]);

/** A line that says that so many events were lost. @param wall_us  now, since 1970 */
size_t events_text_lost(uint64_t lost, uint64_t wall_us, char to[EVENTS_TEXT_MAX]);

/** "cache_hit" of CACHE_HIT. @return `to` */
const char *events_text_why(enum why why, char to[32]);
