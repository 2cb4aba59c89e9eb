/* config_change.c - see config_change.h
 * SPDX-License-Identifier: ISC
 */
#include "conf/config_change.h"

enum config_row_id
config_change_fixed(const struct config *a, const struct config *b)
{
    enum config_row_id id = 0;
    while (id < CONFIG_ROWS && (config_rows[id].change != CONFIG_CHANGE_RESTART ||
                                config_row_is_same(&config_rows[id], a, b)))
        id++;
    return id;
}

bool
config_change_is_for_workers(const struct config *a, const struct config *b)
{
    for (enum config_row_id id = 0; id < CONFIG_ROWS; id++)
        if ((config_rows[id].who & CONFIG_USER_WORKER) != 0 &&
            !config_row_is_same(&config_rows[id], a, b))
            return true;
    return false;
}
