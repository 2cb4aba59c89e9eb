/* config.c - see config.h
 * SPDX-License-Identifier: ISC
 */
#include "conf/config.h"

#include "conf/config_judge.h"
#include "conf/config_row.h"

#include <stddef.h>
#include <string.h>

static bool
is_zero(const void *bytes, size_t size)
{
    const unsigned char *b = bytes;
    return size == 0 || (b[0] == 0 && memcmp(b, b + 1, size - 1) == 0);
}

static bool
row_is_sound(const struct config_row *row, const void *base)
{
    uint32_t count = config_row_count(row, base);
    if (!row->is_list) {
        const void *field = config_row_item(row, base, 0);
        return (config_row_is_optional(row) && is_zero(field, row->rule.size)) ||
               value_is_sound(&row->rule, field);
    }
    if (*(const uint32_t *)((const char *)base + row->count_offset) != count)
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (!value_is_sound(&row->rule, config_row_item(row, base, i)) ||
            config_row_is_twice(row, base, i))
            return false;
    return is_zero(config_row_item(row, base, count),
                   (size_t)(row->items_max - count) * row->rule.size);
}

/* Behind the last field there may be octets that no field has, for the alignment of the first: they are judged, too. */
#define FIELDS_END (offsetof(struct config, log_format) + sizeof(uint32_t))
_Static_assert(sizeof(struct config) - FIELDS_END < sizeof(uint64_t), "it is the last field");

bool
config_is_sound(const struct config *config)
{
    struct config_complaints complaints;
    if (config->magic != CONFIG_MAGIC || config->bytes != sizeof *config ||
        config->upstreams_count > CONFIG_UPSTREAMS_MAX || config->routes_count > CONFIG_ROUTES_MAX)
        return false;
    for (enum config_row_id id = 0; id < CONFIG_ROWS; id++) {
        const struct config_row *row = &config_rows[id];
        for (uint32_t i = 0; i < config_row_entries(row, config); i++)
            if (!row_is_sound(row, config_row_base_of(row, config, i)))
                return false;
    }
    size_t unused = CONFIG_UPSTREAMS_MAX - config->upstreams_count;
    size_t unused_routes = CONFIG_ROUTES_MAX - config->routes_count;
    return is_zero(&config->upstreams[config->upstreams_count],
                   unused * sizeof config->upstreams[0]) &&
           is_zero(&config->routes[config->routes_count],
                   unused_routes * sizeof config->routes[0]) &&
           is_zero((const char *)config + FIELDS_END, sizeof *config - FIELDS_END) &&
           config_judge(config, &complaints);
}
