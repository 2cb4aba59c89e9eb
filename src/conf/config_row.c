/* config_row.c - see config_row.h
 * SPDX-License-Identifier: ISC
 */
#include "conf/config_row.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define SIZE_OF(type, field) sizeof(((type *)NULL)->field)

/* clang-format off */
#define ROW(group_, key_, kind_, type, field, low_, high_, words_, who_, change_, fallback_, doc_) \
    .group = group_, .key = key_, .fallback = fallback_, .doc = doc_,                              \
    .who = CONFIG_USER_##who_, .change = CONFIG_CHANGE_##change_,                                  \
    .rule = {kind_, SIZE_OF(type, field), low_, high_, words_}, .offset = offsetof(type, field)
#define ONE        .items_min = 1, .items_max = 1
#define LIST(type, field, low, high)                                                               \
    .is_list = true, .count_offset = offsetof(type, field##_count), .items_min = low, .items_max = high

const struct config_row config_rows[CONFIG_ROWS] = {
#define CONFIG_KEY(group, key, field, kind, fallback, low, high, words, who, change, doc)          \
    {ROW(group, key, kind, struct config, field, low, high, words, who, change, fallback, doc), ONE},
#define CONFIG_LIST(group, key, field, kind, fallback, low, high, words, who, change, doc)         \
    {ROW(group, key, kind, struct config, field[0], 0, 0, words, who, change, fallback, doc),      \
     LIST(struct config, field, low, high)},
#define CONFIG_UPSTREAM_KEY(key, field, kind, fallback, low, high, words, who, change, doc)        \
    {ROW(CONFIG_UPSTREAMS_GROUP, key, kind, struct config_upstream, field, low, high, words,       \
         who, change, fallback, doc), ONE, .is_upstream = true},
#define CONFIG_UPSTREAM_LIST(key, field, kind, fallback, low, high, words, who, change, doc)       \
    {ROW(CONFIG_UPSTREAMS_GROUP, key, kind, struct config_upstream, field[0], 0, 0, words,         \
         who, change, fallback, doc),                                                              \
     LIST(struct config_upstream, field, low, high), .is_upstream = true},
#define CONFIG_ROUTE_KEY(key, field, kind, fallback, low, high, words, who, change, doc)           \
    {ROW(CONFIG_ROUTES_GROUP, key, kind, struct config_route, field, low, high, words,             \
         who, change, fallback, doc), ONE, .is_route = true},
#define CONFIG_ROUTE_LIST(key, field, kind, fallback, low, high, words, who, change, doc)          \
    {ROW(CONFIG_ROUTES_GROUP, key, kind, struct config_route, field[0], 0, 0, words,               \
         who, change, fallback, doc),                                                              \
     LIST(struct config_route, field, low, high), .is_route = true},

#include "conf/config.def"
};
/* clang-format on */

bool
config_row_is_sequence(const struct config_row *row)
{
    return row->is_list || row->rule.kind == VALUE_FLAGS;
}

_Static_assert(CONFIG_UPSTREAMS_MAX <= CONFIG_ENTRIES_MAX &&
                   CONFIG_ROUTES_MAX <= CONFIG_ENTRIES_MAX,
               "one table has room for the entries of either group");

bool
config_row_is_entry(const struct config_row *row)
{
    return row->is_upstream || row->is_route;
}

uint32_t
config_row_place(enum config_row_id row, uint32_t entry)
{
    bool is_placed =
        row < CONFIG_ROWS && config_row_is_entry(&config_rows[row]) && entry < CONFIG_ENTRIES_MAX;
    return is_placed ? entry : CONFIG_ENTRIES_MAX;
}

uint32_t
config_row_entries_max(const struct config_row *row)
{
    return row->is_upstream ? CONFIG_UPSTREAMS_MAX : row->is_route ? CONFIG_ROUTES_MAX : 1;
}

uint32_t
config_row_entries(const struct config_row *row, const struct config *config)
{
    uint32_t most = config_row_entries_max(row);
    uint32_t count = row->is_upstream ? config->upstreams_count
                     : row->is_route  ? config->routes_count
                                      : 1;
    return count < most ? count : most;
}

const void *
config_row_base_of(const struct config_row *row, const struct config *config, unsigned entry)
{
    return row->is_upstream ? (const void *)&config->upstreams[entry]
           : row->is_route  ? (const void *)&config->routes[entry]
                            : (const void *)config;
}

void *
config_row_base(const struct config_row *row, struct config *config, unsigned entry)
{
    return (void *)(uintptr_t)config_row_base_of(row, config, entry);
}

uint32_t
config_row_count(const struct config_row *row, const void *base)
{
    if (!row->is_list)
        return 1;
    uint32_t count = *(const uint32_t *)((const char *)base + row->count_offset);
    return count < row->items_max ? count : row->items_max;
}

const void *
config_row_item(const struct config_row *row, const void *base, uint32_t item)
{
    return (const char *)base + row->offset + item * row->rule.size;
}

bool
config_row_is_twice(const struct config_row *row, const void *base, uint32_t item)
{
    for (uint32_t i = 0; i < item; i++)
        if (memcmp(config_row_item(row, base, i), config_row_item(row, base, item),
                   row->rule.size) == 0)
            return true;
    return false;
}

static bool
is_same_at(const struct config_row *row, const void *a, const void *b)
{
    return config_row_count(row, a) == config_row_count(row, b) &&
           memcmp(config_row_item(row, a, 0), config_row_item(row, b, 0),
                  (size_t)row->items_max * row->rule.size) == 0;
}

bool
config_row_is_same(const struct config_row *row, const struct config *a, const struct config *b)
{
    bool is_same = config_row_entries(row, a) == config_row_entries(row, b);
    for (uint32_t i = 0; is_same && i < config_row_entries_max(row); i++)
        is_same = is_same_at(row, config_row_base_of(row, a, i), config_row_base_of(row, b, i));
    return is_same;
}

bool
config_row_is_optional(const struct config_row *row)
{
    return !row->is_list && row->fallback != NULL && *row->fallback == '\0';
}

const char *
config_row_path(const struct config_row *row, unsigned entry, char text[CONFIG_PATH_TEXT_MAX])
{
    if (config_row_is_entry(row))
        snprintf(text, CONFIG_PATH_TEXT_MAX, "%s[%u].%s", row->group, entry, row->key);
    else
        snprintf(text, CONFIG_PATH_TEXT_MAX, "%s%s%s", row->group, *row->group == '\0' ? "" : ".",
                 row->key);
    return text;
}

const char *
config_row_env(const struct config_row *row, unsigned entry, char text[CONFIG_PATH_TEXT_MAX])
{
    if (config_row_is_entry(row))
        snprintf(text, CONFIG_PATH_TEXT_MAX, CONFIG_ENV_START "%s_%u_%s", row->group, entry,
                 row->key);
    else
        snprintf(text, CONFIG_PATH_TEXT_MAX, CONFIG_ENV_START "%s%s%s", row->group,
                 *row->group == '\0' ? "" : "_", row->key);
    for (char *c = text; *c != '\0'; c++)
        if (*c >= 'a' && *c <= 'z')
            *c = (char)(*c - 'a' + 'A');
    return text;
}
