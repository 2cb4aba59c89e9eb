/* import_routes.h - zones of another program become routes
 * SPDX-License-Identifier: ISC
 *
 * What: a name that is asked of servers of its own becomes one of a route's, together with others of
 *       the same servers; none that can be carried, or no room: why not is said. What is asked of the
 *       same servers as every other name needs no route.
 * Who:  import_settle. Pure.
 * Ref:  penstock.yaml(5), routes.
 */
#pragma once

#include "import/import_draft.h"

/** Make routes, with their upstreams. After import_place_rest(). */
void import_routes_settle(struct import_draft *draft);
