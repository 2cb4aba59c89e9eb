/* config_print.c - see config_print.h
 * SPDX-License-Identifier: ISC
 */
#include "conf/config_print.h"

#include "conf/config_row.h"

#include <string.h>

struct printer {
    FILE *to;
    config_zone_namer *zone_name; /* or NULL */
};

/* printable ASCII only, by value.h */
static void
print_quoted(const char *text, FILE *to)
{
    fputc('"', to);
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\')
            fputc('\\', to);
        fputc(*c, to);
    }
    fputc('"', to);
}

static void
print_value(const struct value_rule *rule, const void *field, const struct printer *printer)
{
    char text[VALUE_TEXT_MAX], named[VALUE_TEXT_MAX];
    const char *value = value_format(rule, field, text);
    if (value == NULL)
        value = ""; /* a struct that is not sound; it will not load */
    if (config_zone_is_possible(rule->kind))
        value = config_zone_name(printer->zone_name, value, named);
    if (value_is_quoted(rule))
        print_quoted(value, printer->to);
    else
        fputs(value, printer->to);
}

static void
print_flags(const struct value_rule *rule, uint32_t bits, const struct printer *printer)
{
    for (const char *before = ""; bits != 0; bits &= bits - 1, before = ", ") {
        fputs(before, printer->to);
        print_value(rule, &bits, printer);
    }
}

static void
print_row(const struct config_row *row, const void *base, const struct printer *printer)
{
    FILE *to = printer->to;
    fprintf(to, "%s: ", row->key);
    if (!config_row_is_sequence(row)) {
        print_value(&row->rule, config_row_item(row, base, 0), printer);
    } else {
        fputc('[', to);
        if (!row->is_list)
            print_flags(&row->rule, *(const uint32_t *)config_row_item(row, base, 0), printer);
        for (uint32_t i = 0; row->is_list && i < config_row_count(row, base); i++) {
            fputs(i == 0 ? "" : ", ", to);
            print_value(&row->rule, config_row_item(row, base, i), printer);
        }
        fputc(']', to);
    }
    fputc('\n', to);
}

/* @param first  row of a group that is a list of mappings */
static void
print_entries(enum config_row_id first, const struct config *config, const struct printer *printer)
{
    FILE *to = printer->to;
    const char *group = config_rows[first].group;
    uint32_t count = config_row_entries(&config_rows[first], config);
    fprintf(to, "%s:%s\n", group, count == 0 ? " []" : "");
    for (uint32_t i = 0; i < count; i++)
        for (enum config_row_id id = first;
             id < CONFIG_ROWS && strcmp(config_rows[id].group, group) == 0; id++) {
            fputs(id == first ? "  - " : "    ", to);
            print_row(&config_rows[id], config_row_base_of(&config_rows[id], config, i), printer);
        }
}

void
config_print(const struct config *config, config_zone_namer *zone_name, FILE *to)
{
    const struct printer printer = {to, zone_name};
    const char *group = "";
    for (enum config_row_id id = 0; id < CONFIG_ROWS; id++) {
        const struct config_row *row = &config_rows[id];
        bool is_new_group = strcmp(row->group, group) != 0;
        group = row->group;
        bool is_entry = config_row_is_entry(row);
        if (is_new_group && is_entry)
            print_entries(id, config, &printer);
        else if (is_new_group)
            fprintf(to, "%s:\n", group);
        if (is_entry)
            continue;
        fputs(*group == '\0' ? "" : "  ", to);
        print_row(row, config, &printer);
    }
}
