/* says_route.h - names that are asked of the same upstreams, in words
 * SPDX-License-Identifier: ISC
 *
 * What: what a group of upstreams is called where it is spoken of.
 * Who:  says, finding, whoever draws. Pure.
 * Ref:  docs/VIEW.md.
 */
#pragma once

#include "view/says.h"

/** Names of a route: "corp.example and 3 more"; of the first one "all other names". @return `text` */
const char *says_route(const struct figures *figures, unsigned route, char text[SAYS_LINE_MAX]);

/** The same of the first route that is down; without one, of the last. @return `text` */
const char *says_route_down(const struct figures *figures, char text[SAYS_LINE_MAX]);

/** "No upstream can be asked", and for which names where some are asked others. Static text. */
const char *says_route_none(const struct figures *figures);
