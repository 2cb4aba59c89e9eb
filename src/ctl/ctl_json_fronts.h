/* ctl_json_fronts.h - what fronts know of clients, as JSON
 * SPDX-License-Identifier: ISC
 *
 * What: limits of one client, networks of all. For operators: the service tells nobody else.
 * Who:  penstockctl.
 * Ref:  docs/penstockctl-limits.schema.json, docs/penstockctl-networks.schema.json.
 */
#pragma once

#include "ctl/ctl_fronts.h"

/** What fronts know of a client. @param address  what was asked about
 *  @return a text that free() takes; NULL: no memory */
char *ctl_json_fronts_limits(const struct ctl_fronts_limits *limits, const char *address);

/** The networks that ask most. @return likewise */
char *ctl_json_fronts_networks(const struct ctl_fronts_networks *networks);
