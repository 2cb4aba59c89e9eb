/* config_worker.c - see config_worker.h
 * SPDX-License-Identifier: ISC
 */
#include "conf/config_worker.h"

#include "conf/config_load.h"
#include "conf/config_row.h"

#include <string.h>

static void
copy_row(const struct config_row *row, const void *from, void *to)
{
    memcpy((char *)to + row->offset, (const char *)from + row->offset,
           (size_t)row->items_max * row->rule.size);
    if (row->is_list)
        memcpy((char *)to + row->count_offset, (const char *)from + row->count_offset,
               sizeof(uint32_t));
}

void
config_worker_copy(const struct config *config, struct config *worker)
{
    config_load_defaults(worker);
    worker->upstreams_count = config->upstreams_count;
    worker->routes_count = config->routes_count;
    for (enum config_row_id id = 0; id < CONFIG_ROWS; id++) {
        const struct config_row *row = &config_rows[id];
        if ((row->who & CONFIG_USER_WORKER) == 0)
            continue;
        for (uint32_t i = 0; i < config_row_entries(row, config); i++)
            copy_row(row, config_row_base_of(row, config, i), config_row_base(row, worker, i));
    }
}
