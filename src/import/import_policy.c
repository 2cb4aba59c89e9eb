/* import_policy.c - see import_policy.h
 * SPDX-License-Identifier: ISC
 */
#include "import/import_policy.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct writer {
    char *to;
    size_t used;
    bool is_full;
};

static void __attribute__((format(printf, 2, 3))) put(struct writer *w, const char *format, ...)
{
    size_t room = IMPORT_POLICY_BYTES - w->used;
    va_list args;
    va_start(args, format);
    int size = vsnprintf(w->to + w->used, room, format, args);
    va_end(args);
    w->is_full = w->is_full || size < 0 || (size_t)size >= room;
    if (!w->is_full)
        w->used += (size_t)size;
}

static void
put_value(struct writer *w, const struct value_rule *rule, const void *field)
{
    char text[VALUE_TEXT_MAX];
    const char *value = value_format(rule, field, text);
    if (value == NULL) {
        w->is_full = true; /* a field that nothing made */
        return;
    }
    if (!value_is_quoted(rule)) {
        put(w, "%s", value);
        return;
    }
    put(w, "\"");
    for (; *value != '\0'; value++)
        put(w, *value == '"' || *value == '\\' ? "\\%c" : "%c", *value);
    put(w, "\"");
}

static void
put_row(struct writer *w, const struct config_row *row, const void *base)
{
    put(w, "%s: ", row->key);
    if (!config_row_is_sequence(row)) {
        put_value(w, &row->rule, config_row_item(row, base, 0));
    } else if (row->is_list) {
        put(w, "[");
        for (uint32_t i = 0; i < config_row_count(row, base); i++) {
            put(w, "%s", i == 0 ? "" : ", ");
            put_value(w, &row->rule, config_row_item(row, base, i));
        }
        put(w, "]");
    } else {
        uint32_t bits;
        memcpy(&bits, config_row_item(row, base, 0), sizeof bits);
        put(w, "[");
        for (const char *before = ""; bits != 0; bits &= bits - 1, before = ", ") {
            put(w, "%s", before);
            put_value(w, &row->rule, &bits);
        }
        put(w, "]");
    }
    put(w, "\n");
}

/* What says who it is and how it is trusted, always; the rest where it is not the default. */
static bool
is_written(enum config_row_id id, const void *entry)
{
    static const struct config_upstream none = {.weight = 1};
    const struct config_row *row = &config_rows[id];
    if (id == CONFIG_ROW_upstream_name || id == CONFIG_ROW_upstream_address ||
        id == CONFIG_ROW_upstream_verify)
        return true;
    if (row->is_list)
        return config_row_count(row, entry) > 0;
    if (row->is_route)
        return ((const struct config_route *)entry)->private_addresses != 0;
    return memcmp(config_row_item(row, entry, 0), config_row_item(row, &none, 0), row->rule.size) !=
           0;
}

/* @param any  row of a group that is a list of mappings */
static void
put_entries(struct writer *w, enum config_row_id any, const struct config *config)
{
    const char *group = config_rows[any].group;
    put(w, "%s:\n", group);
    for (uint32_t i = 0; i < config_row_entries(&config_rows[any], config); i++) {
        const char *before = "  - ";
        for (enum config_row_id id = 0; id < CONFIG_ROWS; id++) {
            if (strcmp(config_rows[id].group, group) != 0)
                continue;
            const void *entry = config_row_base_of(&config_rows[id], config, i);
            if (!is_written(id, entry))
                continue;
            put(w, "%s", before);
            put_row(w, &config_rows[id], entry);
            before = "    ";
        }
    }
}

size_t
import_policy_write(const struct import_draft *draft, const char *from,
                    char to[IMPORT_POLICY_BYTES])
{
    struct writer w = {.to = to};
    const char *group = "";
    put(&w, "# %s\n", from);
    for (enum config_row_id id = 0; id < CONFIG_ROWS; id++) {
        const struct config_row *row = &config_rows[id];
        if (!draft->given[id])
            continue;
        bool is_new_group = strcmp(row->group, group) != 0;
        group = row->group;
        if (config_row_is_entry(row)) {
            if (is_new_group)
                put_entries(&w, id, &draft->config);
            continue;
        }
        if (is_new_group && *group != '\0')
            put(&w, "%s:\n", group);
        put(&w, "%s", *group == '\0' ? "" : "  ");
        put_row(&w, row, &draft->config);
    }
    return w.is_full ? 0 : w.used;
}
