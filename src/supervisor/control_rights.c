/* control_rights.c - see control_rights.h
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/control_rights.h"

#include "os/privs.h"
#include "os/sys.h"
#include "supervisor/reach.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

_Static_assert(CONTROL_RIGHTS_MAX == CONFIG_CONTROL_MAX, "accounts and groups");

static enum status
find(const char *who, struct control_names *names)
{
    struct privs_account account;
    gid_t gid;
    size_t start = sizeof CONFIG_GROUP_START - 1;
    bool is_group = strncmp(who, CONFIG_GROUP_START, start) == 0;
    enum status status =
        is_group ? privs_find_group(who + start, &gid) : privs_find_account(who, &account);
    if (status == STATUS_OK && is_group)
        names->groups[names->groups_count++] = gid;
    else if (status == STATUS_OK)
        names->users[names->users_count++] = account.uid;
    return status;
}

static enum status
find_all(const char *key, const char (*list)[CONFIG_WHO_MAX], uint32_t count,
         struct control_names *names, struct config_error *error)
{
    for (uint32_t i = 0; i < count; i++) {
        enum status status = find(list[i], names);
        if (status == STATUS_OK)
            continue;
        if (status == STATUS_NONE)
            snprintf(error->text, sizeof error->text,
                     "%s: \"%s\" is not there; allowed: an account of /etc/passwd, "
                     "or " CONFIG_GROUP_START "NAME with a group of /etc/group",
                     key, list[i]);
        else
            snprintf(error->text, sizeof error->text, "%s: \"%s\" cannot be looked up: %s", key,
                     list[i], reach_why(errno));
        return STATUS_INVALID;
    }
    return STATUS_OK;
}

enum status
control_rights_find(const struct config *config, struct control_rights *rights,
                    struct config_error *error)
{
    struct privs_account account;
    memset(rights, 0, sizeof *rights);
    rights->own_uid = sys_geteuid();
    if (rights->own_uid == 0 && privs_find_account(config->user, &account) == STATUS_OK)
        rights->own_uid = account.uid;
    if (find_all("control.readers", config->control_readers, config->control_readers_count,
                 &rights->readers, error) != STATUS_OK)
        return STATUS_INVALID;
    if (find_all("control.operators", config->control_operators, config->control_operators_count,
                 &rights->operators, error) != STATUS_OK)
        return STATUS_INVALID;
    return find_all("events.readers", config->events_readers, config->events_readers_count,
                    &rights->events_readers, error);
}

bool
control_rights_is_for_others(const struct config *config)
{
    return config->control_readers_count + config->control_operators_count +
               config->events_readers_count >
           0;
}
