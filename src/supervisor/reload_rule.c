/* reload_rule.c - what may change while the service runs, and what a change takes
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/reload_rule.h"

#include "conf/config_change.h"
#include "supervisor/control_rights.h"
#include "supervisor/steer.h"

/* Landlock lets us connect to these ports for ever, and to no others. */
static bool
has_port(const struct config *config, uint16_t port)
{
    for (uint32_t i = 0; i < config->upstreams_count; i++)
        if (config->upstreams[i].address.port == port)
            return true;
    return false;
}

/* What of the keys that a reload can change in part would need a restart: NULL, nothing. */
static const char *
partly_fixed(const struct config *loaded, const struct config *next)
{
    if ((loaded->proxy_count > 0) != (next->proxy_count > 0))
        return "the first or last entry of proxy (the kernel's programs for the sockets know of "
               "it)";
    if (loaded->filter_kernel &&
        !config_row_is_same(&config_rows[CONFIG_ROW_filter_ports], loaded, next))
        return "filter.ports (the kernel's filter is locked)";
    if (loaded->lanes != 1 && !steer_is_same(loaded, next))
        return "the shortest prefix of rates (it chooses the lane)";
    if (loaded->control_socket[0] != '\0' && !control_rights_is_for_others(loaded) &&
        control_rights_is_for_others(next))
        return "the first entry of control.readers, control.operators or events.readers (the "
               "socket's file is for the service's own account without them)";
    for (uint32_t i = 0; i < next->upstreams_count; i++)
        if (!has_port(loaded, next->upstreams[i].address.port))
            return "a port of upstreams that none had at the start";
    return NULL;
}

const char *
reload_rule_needs_restart(const struct config *loaded, const struct config *next,
                          char text[CONFIG_PATH_TEXT_MAX])
{
    enum config_row_id id = config_change_fixed(loaded, next);
    if (id < CONFIG_ROWS)
        return config_row_path(&config_rows[id], 0, text);
    return partly_fixed(loaded, next);
}

enum reload_step
reload_rule_step(const struct config *in_force, const struct config *next, bool is_same_ca,
                 bool has_room)
{
    if (is_same_ca && !config_change_is_for_workers(in_force, next))
        return RELOAD_FRONTS;
    return has_room ? RELOAD_ALL : RELOAD_WAITS;
}
