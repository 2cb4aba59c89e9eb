/* config_env.c - see config_env.h
 * SPDX-License-Identifier: ISC
 */
#include "conf/config_env.h"

#include "conf/config_error.h"
#include "conf/near.h"

#include <string.h>

bool
config_env_is_ours(const char *variable)
{
    return strncmp(variable, CONFIG_ENV_START, sizeof CONFIG_ENV_START - 1) == 0;
}

static bool
is_named(const char *variable, size_t len, const char *name)
{
    return strlen(name) == len && memcmp(variable, name, len) == 0;
}

/* Does it begin as the variables of the group do? Spares writing the names of nearly all rows. */
static bool
is_of_group(const char *variable, const char *group)
{
    const char *c = variable + sizeof CONFIG_ENV_START - 1;
    for (; *group != '\0'; group++, c++)
        if (*c != (*group >= 'a' && *group <= 'z' ? *group - 'a' + 'A' : *group))
            return false;
    return true;
}

static bool
find(const char *variable, size_t len, struct config_env *env)
{
    char name[CONFIG_PATH_TEXT_MAX];
    env->text = variable + len + 1;
    for (env->row = 0; env->row < CONFIG_ROWS; env->row++) {
        const struct config_row *row = &config_rows[env->row];
        if (!is_of_group(variable, row->group))
            continue;
        for (env->upstream = 0; env->upstream < config_row_entries_max(row); env->upstream++)
            if (is_named(variable, len, config_row_env(row, env->upstream, name)))
                return true;
    }
    return false;
}

/* The first number in a name; 0: there is none, CONFIG_ENTRIES_MAX: it is none of an entry. */
static uint32_t
entry_of(const char *variable, size_t len)
{
    uint32_t entry = 0;
    size_t at = strcspn(variable, "0123456789=");
    for (; at < len && variable[at] >= '0' && variable[at] <= '9'; at++)
        if (entry < CONFIG_ENTRIES_MAX)
            entry = 10 * entry + (uint32_t)(variable[at] - '0');
    return entry < CONFIG_ENTRIES_MAX ? entry : CONFIG_ENTRIES_MAX;
}

/* Which one a variable that means none is like. An entry's number is none that a finger slips into
 * (near.h): only the entry of that number can be meant. @return `nearest`; NULL: none */
static const char *
find_near(const char *variable, size_t len, char nearest[CONFIG_PATH_TEXT_MAX])
{
    size_t start = sizeof CONFIG_ENV_START - 1;
    unsigned least = NEAR_FAR;
    uint32_t entry = entry_of(variable, len);
    for (enum config_row_id id = 0; id < CONFIG_ROWS; id++) {
        const struct config_row *row = &config_rows[id];
        char name[CONFIG_PATH_TEXT_MAX];
        if (config_row_is_entry(row) && entry >= config_row_entries_max(row))
            continue;
        (void)config_row_env(row, entry, name);
        unsigned slips =
            near_slips(variable + start, len - start, name + start, strlen(name) - start);
        if (slips >= least)
            continue;
        least = slips;
        memcpy(nearest, name, sizeof name);
    }
    return least < NEAR_FAR ? nearest : NULL;
}

/* What Kubernetes sets in every container if there is a service of the name penstock. */
static bool
is_service_link(const char *variable)
{
    const char *rest = variable + sizeof CONFIG_ENV_START - 1;
    return strncmp(rest, "SERVICE_", 8) == 0 || strncmp(rest, "PORT=", 5) == 0 ||
           strncmp(rest, "PORT_", 5) == 0;
}

bool
config_env_find(const char *variable, struct config_env *env)
{
    size_t len = strcspn(variable, "=");
    memset(env, 0, sizeof *env);
    if (variable[len] == '=' && find(variable, len, env))
        return true;
    memset(env, 0, sizeof *env);
    return false;
}

enum status
config_env_read(const char *variable, struct config_env *env, struct config_errors *errors)
{
    size_t len = strcspn(variable, "=");
    if (config_env_find(variable, env))
        return STATUS_OK;
    char nearest[CONFIG_PATH_TEXT_MAX];
    bool is_link = is_service_link(variable);
    const char *near =
        is_link || config_errors_is_full(errors) ? NULL : find_near(variable, len, nearest);
    return config_error_at(errors, NULL, (struct config_origin){CONFIG_FROM_ENV, 0}, NULL,
                           "%.*s: unknown variable%s%s%s; allowed: %s",
                           len < CONFIG_PATH_TEXT_MAX ? (int)len : CONFIG_PATH_TEXT_MAX, variable,
                           near == NULL ? "" : " (did you mean ", near == NULL ? "" : near,
                           near == NULL ? "" : "?)",
                           is_link ? "no service links of Kubernetes: set enableServiceLinks: false"
                                   : "PENSTOCK_ and a key of penstock.yaml(5), dots as _, in upper "
                                     "case, such as PENSTOCK_TIMEOUTS_QUERY");
}
