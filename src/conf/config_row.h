/* config_row.h - config.def as a table
 * SPDX-License-Identifier: ISC
 *
 * What: one row per key: where it stands in the text and in the struct, how it is read, what it is
 *       by default. Loading, printing, judging and the reference page walk this table.
 * Who:  conf, its tests. Pure.
 */
#pragma once

#include "conf/config.h"
#include "conf/value.h"

enum config_row_id {
#define CONFIG_KEY(group, key, field, ...)    CONFIG_ROW_##field,
#define CONFIG_LIST(group, key, field, ...)   CONFIG_ROW_##field,
#define CONFIG_UPSTREAM_KEY(key, field, ...)  CONFIG_ROW_upstream_##field,
#define CONFIG_UPSTREAM_LIST(key, field, ...) CONFIG_ROW_upstream_##field,
#define CONFIG_ROUTE_KEY(key, field, ...)     CONFIG_ROW_route_##field,
#define CONFIG_ROUTE_LIST(key, field, ...)    CONFIG_ROW_route_##field,
#include "conf/config.def"
#undef CONFIG_KEY
#undef CONFIG_LIST
#undef CONFIG_UPSTREAM_KEY
#undef CONFIG_UPSTREAM_LIST
#undef CONFIG_ROUTE_KEY
#undef CONFIG_ROUTE_LIST
    CONFIG_ROWS
};

enum config_user { /* bits: the children that use a key */
                   CONFIG_USER_SUPERVISOR = 0,
                   CONFIG_USER_FRONT = 1,
                   CONFIG_USER_WORKER = 2,
                   CONFIG_USER_BOTH = 3,
};

/* what takes up another value of a key */
enum config_change {
    CONFIG_CHANGE_RELOAD,  /* a reload, always */
    CONFIG_CHANGE_RESTART, /* only a restart */
    CONFIG_CHANGE_SOME,    /* a reload takes up some changes: supervisor/reload_rule.c decides */
};

#define CONFIG_UPSTREAMS_GROUP "upstreams" /* the two groups that are lists of mappings: entries */
#define CONFIG_ROUTES_GROUP    "routes"
#define CONFIG_ENTRIES_MAX     32 /* of either */
#define CONFIG_PATH_TEXT_MAX   80 /* "upstreams[15].key", PENSTOCK_UPSTREAMS_15_KEY */
#define CONFIG_ENV_START       "PENSTOCK_"

struct config_row {
    const char *group, *key;
    struct value_rule rule;
    bool is_upstream;              /* of struct config_upstream; or */
    bool is_route;                 /* of struct config_route; else of struct config */
    bool is_list;                  /* an array and a count */
    uint32_t offset;               /* of the field, or of a list's first item */
    uint32_t count_offset;         /* lists: of the uint32_t count */
    uint32_t items_min, items_max; /* 1, 1 if no list */
    enum config_user who;
    enum config_change change;
    const char *fallback; /* NULL: must be given */
    const char *doc;
};

extern const struct config_row config_rows[CONFIG_ROWS];

/** Does the key stand in the text as a list? (VALUE_FLAGS is one number in the struct.) */
bool config_row_is_sequence(const struct config_row *row);

/** Is it a key of upstreams or routes, of which there are several? */
bool config_row_is_entry(const struct config_row *row);

/** Where it is in a table of CONFIG_ENTRIES_MAX + 1: at the place of its upstream or route; last what is no such
 *  key, or stands for the whole list (CONFIG_ROWS). */
uint32_t config_row_place(enum config_row_id row, uint32_t entry);

/** How many of them can be, and are; 1 where it is no such key. */
uint32_t config_row_entries_max(const struct config_row *row);
uint32_t config_row_entries(const struct config_row *row, const struct config *config);

/** The struct that holds the row's field: `config`, or its upstream or route number `entry`. */
void *config_row_base(const struct config_row *row, struct config *config, unsigned entry);
const void *config_row_base_of(const struct config_row *row, const struct config *config,
                               unsigned entry);

/** How many items the row's list has (1 if no list); at most items_max, whatever memory says. */
uint32_t config_row_count(const struct config_row *row, const void *base);

/** Item number `item` of the row's list, or its field. */
const void *config_row_item(const struct config_row *row, const void *base, uint32_t item);

/** Has the key, in every upstream if it is one of theirs, the same value in both? */
bool config_row_is_same(const struct config_row *row, const struct config *a,
                        const struct config *b);

/** Is item number `item` of the row's list the same as one before it? (They are sound.) */
bool config_row_is_twice(const struct config_row *row, const void *base, uint32_t item);

/** May "" stand for the value, which leaves its field zero? */
bool config_row_is_optional(const struct config_row *row);

/** "timeouts.query" or "upstreams[2].pins". Returns `text`. */
const char *config_row_path(const struct config_row *row, unsigned entry,
                            char text[CONFIG_PATH_TEXT_MAX]);

/** "PENSTOCK_TIMEOUTS_QUERY" or "PENSTOCK_UPSTREAMS_2_PINS". Returns `text`. */
const char *config_row_env(const struct config_row *row, unsigned entry,
                           char text[CONFIG_PATH_TEXT_MAX]);
