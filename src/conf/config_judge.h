/* config_judge.h - the rules between keys
 * SPDX-License-Identifier: ISC
 *
 * What: what no single value can break: a missing upstream, a missing pin, two of one name.
 * Who:  config_load() turns each complaint into a line with its place; config_is_sound() asks only
 *       whether there is one. Pure.
 */
#pragma once

#include "conf/config.h"
#include "conf/config_row.h"

struct config_complaint {
    enum config_row_id row;  /* CONFIG_ROWS: about the list of upstreams as a whole */
    enum config_row_id with; /* the key that it does not go with; the same: no other */
    unsigned upstream;       /* its number, where the row is an upstream's or a route's */
    const char *text;        /* static: what is wrong; what is allowed */
};

#define CONFIG_COMPLAINTS_MAX (CONFIG_ROWS + 8 * CONFIG_UPSTREAMS_MAX + 2 * CONFIG_ROUTES_MAX)

struct config_complaints {
    unsigned count;
    struct config_complaint of[CONFIG_COMPLAINTS_MAX];
};

/**
 * @param config      each of its values for itself is sound, every unused slot is zero; borrowed
 * @param complaints  written: all that is wrong
 * @return true: nothing is
 */
MUST_CHECK bool config_judge(const struct config *config, struct config_complaints *complaints);

/** Does the route name this upstream? */
bool config_judge_has(const struct config_route *route, const char *upstream);

/** Is the name that zone, or below it? Both in lower case, without a dot at the end. */
bool config_judge_is_within(const char *name, const char *zone);

/** Is the name, in lower case, above, below or one of those that are answered here (local.special)? */
bool config_judge_is_special(const char *name);
