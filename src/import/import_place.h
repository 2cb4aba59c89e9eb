/* import_place.h - servers as they were found become upstreams of a policy
 * SPDX-License-Identifier: ISC
 *
 * What: judges what a server has, finds a name for it and puts it into the policy, or says why not.
 *       An upstream that a route names is asked for nothing else, so that a server which is asked for
 *       every name and for a zone stands in a policy twice; one of several zones stands there once.
 * Who:  import_settle, import_routes. Pure.
 * Ref:  penstock.yaml(5), upstreams and routes.
 */
#pragma once

#include "import/import_draft.h"

/** Place those that are asked for every name, as many as there is room for. Before all others. */
void import_place_rest(struct import_draft *draft);

/** Are the servers of a group that can be carried the same as those that are asked for every name? */
bool import_place_is_rest(const struct import_draft *draft, uint32_t group);

/** They are: say so of each, and why not of those that cannot be carried. */
void import_place_as_rest(struct import_draft *draft, uint32_t group);

/**
 * Place those of a group, for routes.
 *
 * @param group  not IMPORT_DRAFT_REST
 * @return a bit for each by its number in draft->config.upstreams; 0: none of them is carried
 */
uint32_t import_place_group(struct import_draft *draft, uint32_t group);

/** Say of the servers that were not placed that no name is asked of them, or why else. */
void import_place_unasked(struct import_draft *draft);
