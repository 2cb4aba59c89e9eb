/* config_load.c - see config_load.h
 * SPDX-License-Identifier: ISC
 */
#include "conf/config_load.h"

#include "conf/config_env.h"
#include "conf/config_error.h"
#include "conf/config_judge.h"
#include "conf/config_row.h"
#include "conf/config_yaml.h"
#include "conf/config_zone.h"
#include "conf/value_near.h"

#include <string.h>

#define SHOWN_MAX 60 /* characters of a wrong value that are shown */

struct loader {
    const struct config_source *source;
    struct config *config;
    struct config_errors *errors;
    uint32_t upstreams_line; /* where the file names upstreams, or 0 */
    bool is_cut;             /* the file could not be read to its end */
    /* where each row's value comes from; the last place is for rows that are no entry's */
    struct config_origin origins[CONFIG_ENTRIES_MAX + 1][CONFIG_ROWS];
    bool is_full[CONFIG_ENTRIES_MAX + 1][CONFIG_ROWS]; /* a list that was told to be */
};

static struct config_origin *
origin_of(struct loader *l, enum config_row_id id, uint32_t upstream)
{
    return &l->origins[config_row_place(id, upstream)][id];
}

/* Empty the row's field or list: a layer that has the key replaces what was there. */
static void
begin_row(struct loader *l, enum config_row_id id, uint32_t upstream, struct config_origin origin)
{
    const struct config_row *row = &config_rows[id];
    char *base = config_row_base(row, l->config, upstream);
    memset(base + row->offset, 0, (size_t)row->items_max * row->rule.size);
    if (row->is_list)
        memset(base + row->count_offset, 0, sizeof(uint32_t));
    *origin_of(l, id, upstream) = origin;
}

static enum status
fail_value(struct loader *l, enum config_row_id id, uint32_t upstream, struct config_origin origin,
           const char *text, const char *wrong)
{
    const struct value_rule *rule = &config_rows[id].rule;
    char allowed[VALUE_ALLOWED_MAX], guess[VALUE_NEAR_MAX];
    (void)value_allowed(rule, allowed);
    if (rule->kind == VALUE_SECRET) /* else one slip of a finger would put it into the log */
        return config_error_of(l->errors, l->source->file, origin, id, upstream,
                               "%s, and not shown; allowed: %s", wrong, allowed);
    const char *near = config_errors_is_full(l->errors) ? NULL : value_near(rule, text, guess);
    return config_error_of(l->errors, l->source->file, origin, id, upstream,
                           "\"%.*s\" is %s%s%s%s; allowed: %s", SHOWN_MAX, text, wrong,
                           near == NULL ? "" : " (did you mean ", near == NULL ? "" : near,
                           near == NULL ? "" : "?)", allowed);
}

/* A value as the file has it, interfaces by their numbers. */
static enum status
parse(const struct loader *l, const struct config_row *row, const char *text, void *field,
      const char **wrong)
{
    char number[VALUE_TEXT_MAX];
    if (config_zone_is_possible(row->rule.kind))
        text = config_zone_number(l->source->zone_index, text, number);
    *wrong = "names an interface that is not there";
    return text != NULL ? value_parse(&row->rule, text, field, wrong) : STATUS_INVALID;
}

/* Told once, of the first value that is one too many. */
static enum status
fail_full(struct loader *l, enum config_row_id id, uint32_t upstream, struct config_origin origin)
{
    bool *is_told = &l->is_full[config_row_place(id, upstream)][id];
    if (!*is_told)
        (void)config_error_of(l->errors, l->source->file, origin, id, upstream,
                              "too many values; allowed: up to %u", config_rows[id].items_max);
    *is_told = true;
    return STATUS_INVALID;
}

static enum status
add_to_list(struct loader *l, enum config_row_id id, uint32_t upstream, struct config_origin origin,
            const char *text)
{
    const struct config_row *row = &config_rows[id];
    char *base = config_row_base(row, l->config, upstream);
    uint32_t *count = (uint32_t *)(void *)(base + row->count_offset);
    const char *wrong;
    if (*count == row->items_max)
        return fail_full(l, id, upstream, origin);
    void *item = base + row->offset + *count * row->rule.size;
    if (parse(l, row, text, item, &wrong) != STATUS_OK)
        return fail_value(l, id, upstream, origin, text, wrong);
    if (config_row_is_twice(row, base, *count))
        return fail_value(l, id, upstream, origin, text, "given twice");
    ++*count;
    return STATUS_OK;
}

static enum status
add_flag(struct loader *l, enum config_row_id id, uint32_t upstream, struct config_origin origin,
         const char *text)
{
    const struct config_row *row = &config_rows[id];
    uint32_t bit, *field;
    const char *wrong;
    field = (uint32_t *)(void *)((char *)config_row_base(row, l->config, upstream) + row->offset);
    if (value_parse(&row->rule, text, &bit, &wrong) != STATUS_OK)
        return fail_value(l, id, upstream, origin, text, wrong);
    if ((*field & bit) != 0)
        return fail_value(l, id, upstream, origin, text, "given twice");
    *field |= bit;
    return STATUS_OK;
}

/* Give a row its value, or its list one more. begin_row() came before. */
static enum status
add_value(struct loader *l, enum config_row_id id, uint32_t upstream, struct config_origin origin,
          const char *text)
{
    const struct config_row *row = &config_rows[id];
    const char *wrong;
    if (row->is_list)
        return add_to_list(l, id, upstream, origin, text);
    if (row->rule.kind == VALUE_FLAGS)
        return add_flag(l, id, upstream, origin, text);
    if (*text == '\0' && config_row_is_optional(row))
        return STATUS_OK;
    char *field = (char *)config_row_base(row, l->config, upstream) + row->offset;
    if (parse(l, row, text, field, &wrong) != STATUS_OK)
        return fail_value(l, id, upstream, origin, text, wrong);
    return STATUS_OK;
}

/* Set a row from one text, in which commas separate values of a list: environment, defaults. */
static enum status
set_row(struct loader *l, enum config_row_id id, uint32_t upstream, struct config_origin origin,
        const char *text)
{
    begin_row(l, id, upstream, origin);
    if (!config_row_is_sequence(&config_rows[id]))
        return add_value(l, id, upstream, origin, text);
    for (bool is_more = *text != '\0'; is_more;) {
        char item[VALUE_TEXT_MAX];
        size_t len = strcspn(text, ","), size = len;
        is_more = text[len] == ',';
        for (; size > 0 && *text == ' '; size--, len--)
            text++;
        while (size > 0 && text[size - 1] == ' ')
            size--;
        if (size >= sizeof item)
            return fail_value(l, id, upstream, origin, text, "too long");
        memcpy(item, text, size);
        item[size] = '\0';
        if (add_value(l, id, upstream, origin, item) != STATUS_OK)
            return STATUS_INVALID;
        text += len + is_more;
    }
    return STATUS_OK;
}

/* Give every row of an upstream or route, or with group NULL every row that is of neither, its
 * default. */
static enum status
set_fallbacks(struct loader *l, const char *group, uint32_t upstream, struct config_origin origin)
{
    for (enum config_row_id id = 0; id < CONFIG_ROWS; id++) {
        const struct config_row *row = &config_rows[id];
        if (group == NULL ? config_row_is_entry(row) : strcmp(row->group, group) != 0)
            continue;
        begin_row(l, id, upstream, origin);
        if (row->fallback != NULL && set_row(l, id, upstream, origin, row->fallback) != STATUS_OK)
            return STATUS_INVALID;
    }
    return STATUS_OK;
}

/* @param row  any of its group */
static enum status
add_entry(struct loader *l, const struct config_row *row, struct config_origin origin)
{
    uint32_t *count = row->is_upstream ? &l->config->upstreams_count : &l->config->routes_count;
    return set_fallbacks(l, row->group, (*count)++, origin);
}

static enum status
apply_item(struct loader *l, const struct config_yaml_item *item)
{
    struct config_origin origin = {CONFIG_FROM_FILE, item->line};
    switch (item->kind) {
    case CONFIG_YAML_GROUP:
        if (config_rows[item->row].is_upstream)
            l->upstreams_line = item->line;
        return STATUS_OK;
    case CONFIG_YAML_ENTRY:
        return add_entry(l, &config_rows[item->row], origin);
    case CONFIG_YAML_KEY:
        begin_row(l, item->row, item->upstream, origin);
        return STATUS_OK;
    case CONFIG_YAML_VALUE:
        return add_value(l, item->row, item->upstream, origin, item->text);
    case CONFIG_YAML_END:
        break;
    }
    return STATUS_OK;
}

/* Each error is told, and the value it is about left out. */
static void
apply_file(struct loader *l)
{
    struct config_yaml yaml;
    struct config_yaml_item item = {.kind = CONFIG_YAML_END};
    const struct config_source *source = l->source;
    if (source->text == NULL)
        return;
    enum status status =
        config_yaml_open(&yaml, source->file, source->text, source->text_size, l->errors);
    l->is_cut = status != STATUS_OK;
    if (l->is_cut)
        return;
    do {
        status = config_yaml_next(&yaml, &item);
        if (status == STATUS_OK)
            (void)apply_item(l, &item);
    } while (status == STATUS_OK && item.kind != CONFIG_YAML_END);
    l->is_cut = status != STATUS_OK;
    config_yaml_close(&yaml);
}

/* @param first  row of the group @return a bit for each of its entries that the environment names */
static uint32_t
named_by_env(struct loader *l, const struct config_row *first)
{
    uint32_t named = 0;
    for (const char *const *e = l->source->environ; *e != NULL; e++) {
        struct config_env env;
        if (config_env_is_ours(*e) && config_env_find(*e, &env) &&
            strcmp(config_rows[env.row].group, first->group) == 0)
            named |= 1U << env.upstream;
    }
    return named;
}

/* The environment has no order: first find which upstreams, or routes, it names; none may be
 * missing. */
static void
add_env_entries(struct loader *l, const struct config_row *first)
{
    struct config_origin origin = {CONFIG_FROM_ENV, 0};
    uint32_t named = named_by_env(l, first);
    for (uint32_t i = config_row_entries(first, l->config); i < config_row_entries_max(first);
         i++) {
        uint32_t count = config_row_entries(first, l->config);
        if ((named >> i & 1) == 0)
            continue;
        bool is_gap = i > count;
        if (is_gap && !l->is_cut && !config_errors_has(l->errors, CONFIG_ROWS, 0))
            (void)config_error_at(l->errors, NULL, origin, NULL,
                                  "PENSTOCK_%s_%u_: there is no %s %u; allowed: numbers "
                                  "without a gap, from 0, those of the file first",
                                  first->is_upstream ? "UPSTREAMS" : "ROUTES", i,
                                  first->is_upstream ? "upstream" : "route", count);
        if (is_gap && first->is_upstream)
            config_errors_mark(l->errors, CONFIG_ROWS, 0);
        if (is_gap || add_entry(l, first, origin) != STATUS_OK)
            return;
    }
}

static void
apply_variable(struct loader *l, const char *variable, bool is_seen[][CONFIG_ROWS])
{
    struct config_origin origin = {CONFIG_FROM_ENV, 0};
    struct config_env env;
    if (!config_env_is_ours(variable) || !config_env_find(variable, &env))
        return; /* not ours, or told before */
    if (env.upstream >= config_row_entries(&config_rows[env.row], l->config))
        return; /* behind a gap, or one that the file could not tell */
    if (is_seen[env.upstream][env.row]) {
        (void)config_error_of(l->errors, NULL, origin, env.row, env.upstream,
                              "set twice; allowed: each variable once");
        return;
    }
    is_seen[env.upstream][env.row] = true;
    (void)set_row(l, env.row, env.upstream, origin, env.text);
}

static void
tell_unknown_variables(struct loader *l)
{
    struct config_env env;
    for (const char *const *e = l->source->environ; *e != NULL; e++)
        if (config_env_is_ours(*e) && config_env_read(*e, &env, l->errors) != STATUS_OK)
            continue; /* it told */
}

static void
apply_env(struct loader *l)
{
    bool is_seen[CONFIG_ENTRIES_MAX][CONFIG_ROWS] = {0};
    if (l->source->environ == NULL)
        return;
    tell_unknown_variables(l);
    add_env_entries(l, &config_rows[CONFIG_ROW_upstream_name]);
    add_env_entries(l, &config_rows[CONFIG_ROW_route_names]);
    for (const char *const *e = l->source->environ; *e != NULL; e++)
        apply_variable(l, *e, is_seen);
}

static void
apply_flags(struct loader *l)
{
    struct config_origin origin = {CONFIG_FROM_FLAGS, 0};
    const struct config_source *source = l->source;
    if (source->listen_count > 0)
        begin_row(l, CONFIG_ROW_listen, 0, origin);
    for (size_t i = 0; i < source->listen_count; i++)
        (void)add_value(l, CONFIG_ROW_listen, 0, origin, source->listen[i]);
    uint32_t room = CONFIG_VERBOSE_MAX - l->config->verbose;
    l->config->verbose += source->verbose < room ? source->verbose : room;
}

static void
tell_complaint(struct loader *l, const struct config_complaint *complaint)
{
    if (config_errors_has(l->errors, complaint->row, complaint->upstream) ||
        config_errors_has(l->errors, complaint->with, complaint->upstream))
        return; /* what is wrong with these was told */
    if (complaint->row == CONFIG_ROWS)
        (void)config_error_at(l->errors, l->source->file,
                              (struct config_origin){CONFIG_FROM_FILE, l->upstreams_line},
                              CONFIG_UPSTREAMS_GROUP, "%s", complaint->text);
    else
        (void)config_error_of(l->errors, l->source->file,
                              *origin_of(l, complaint->row, complaint->upstream), complaint->row,
                              complaint->upstream, "%s", complaint->text);
}

/* What a file that was not read to its end does not say, it may say further down. */
static void
judge(struct loader *l)
{
    struct config_complaints complaints;
    if (l->is_cut || config_judge(l->config, &complaints))
        return;
    for (unsigned i = 0; i < complaints.count; i++)
        tell_complaint(l, &complaints.of[i]);
}

void
config_load_defaults(struct config *config)
{
    static const struct config_source none;
    struct config_errors unused; /* the table's own defaults are sound: a test loads them */
    struct loader l = {.source = &none, .config = config, .errors = &unused};
    config_errors_begin(&unused);
    memset(config, 0, sizeof *config);
    config->magic = CONFIG_MAGIC;
    config->bytes = sizeof *config;
    if (set_fallbacks(&l, NULL, 0, (struct config_origin){CONFIG_DEFAULTS, 0}) != STATUS_OK)
        memset(config, 0, sizeof *config); /* not sound */
}

enum status
config_load_all(const struct config_source *source, struct config *config,
                struct config_errors *errors)
{
    struct loader l = {.source = source, .config = config, .errors = errors};
    config_errors_begin(errors);
    config_load_defaults(config);
    apply_file(&l);
    apply_env(&l);
    apply_flags(&l);
    judge(&l);
    if (errors->count == 0)
        return STATUS_OK;
    memset(config, 0, sizeof *config);
    return STATUS_INVALID;
}

enum status
config_load(const struct config_source *source, struct config *config, struct config_error *error)
{
    struct config_errors errors;
    enum status status = config_load_all(source, config, &errors);
    *error = errors.of[0];
    return status;
}
