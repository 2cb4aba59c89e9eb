/* attest_policy.c - see attest_policy.h
 * SPDX-License-Identifier: ISC
 */
#include "attest/attest_policy.h"

#include "conf/config_load.h"
#include "conf/config_row.h"

#include <stdio.h>
#include <string.h>

#define STATED_MOST 64
#define ANY_PIN     "=sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE="

/* No pin is shipped, and none makes a configuration that does not load. */
static const char *const pins[] = {"PENSTOCK_UPSTREAMS_1_PINS" ANY_PIN,
                                   "PENSTOCK_UPSTREAMS_0_PINS" ANY_PIN, NULL};

static const struct shipped {
    const char *name;
    size_t upstreams; /* 1 or 2 */
    const char *text;
    const char *stated[STATED_MOST]; /* paths of the keys in it; NULL behind the last */
} shipped[] = {
#include "attest/attest_policies.h"
};

static const struct site {
    const char *path;
    bool is_told;
} sites[] = {
#define SITE(path, is_told, reason) {path, is_told},
#include "attest/attest_policy.def"
#undef SITE
};

/* --- which keys ------------------------------------------------------------------------------ */

static const char *
path_of(const struct config_row *row, char text[CONFIG_PATH_TEXT_MAX])
{
    snprintf(text, CONFIG_PATH_TEXT_MAX, "%s%s%s", row->group, *row->group != '\0' ? "." : "",
             row->key);
    return text;
}

static bool
is_hidden(const struct config_row *row)
{
    return row->rule.kind == VALUE_SECRET || row->rule.kind == VALUE_PATH ||
           row->rule.kind == VALUE_SOCKET;
}

static const struct site *
site_of(const struct config_row *row)
{
    char path[CONFIG_PATH_TEXT_MAX];
    path_of(row, path);
    for (size_t i = 0; i < sizeof sites / sizeof sites[0]; i++)
        if (strcmp(sites[i].path, path) == 0)
            return &sites[i];
    return NULL;
}

static bool
is_policy(const struct config_row *row)
{
    return !is_hidden(row) && site_of(row) == NULL;
}

static bool
is_told(const struct config_row *row)
{
    const struct site *site = site_of(row);
    return !is_hidden(row) && (site == NULL || site->is_told);
}

/* --- settings -------------------------------------------------------------------------------- */

static void
append(json_t *list, const struct value_rule *rule, const void *field)
{
    char text[VALUE_TEXT_MAX];
    const char *value = value_format(rule, field, text);
    json_array_append_new(list, json_string(value == NULL ? "" : value));
}

/* @return a text, or a list of texts where the key is a list */
static json_t *
value_of(const struct config_row *row, const void *base)
{
    json_t *list = json_array();
    if (row->is_list || !config_row_is_sequence(row)) {
        for (uint32_t i = 0; i < config_row_count(row, base); i++)
            append(list, &row->rule, config_row_item(row, base, i));
    } else {
        uint32_t bits = *(const uint32_t *)config_row_item(row, base, 0);
        for (; bits != 0; bits &= bits - 1)
            append(list, &row->rule, &bits);
    }
    if (config_row_is_sequence(row))
        return list;
    json_t *text = json_incref(json_array_get(list, 0));
    json_decref(list);
    return text;
}

static json_t *
settings_of(const struct config *config)
{
    json_t *settings = json_object();
    char path[CONFIG_PATH_TEXT_MAX];
    for (enum config_row_id id = 0; id < CONFIG_ROWS; id++) {
        const struct config_row *row = &config_rows[id];
        if (!is_told(row))
            continue;
        bool is_entry = config_row_is_entry(row);
        json_t *value = is_entry ? json_array() : value_of(row, config);
        for (uint32_t i = 0; is_entry && i < config_row_entries(row, config); i++)
            json_array_append_new(value, value_of(row, config_row_base_of(row, config, i)));
        json_object_set_new(settings, path_of(row, path), value);
    }
    return settings;
}

/* --- policies -------------------------------------------------------------------------------- */

static bool
load(const struct shipped *policy, struct config *config)
{
    struct config_error ignored;
    struct config_source source = {.file = policy->name,
                                   .text = policy->text,
                                   .text_size = strlen(policy->text),
                                   .environ = pins + 2 - policy->upstreams};
    return config_load(&source, config, &ignored) == STATUS_OK;
}

/* Of keys that each upstream has, what the policy says of its first holds for all. */
static bool
is_same(const struct config_row *row, const struct config *policy, const struct config *config)
{
    if (!row->is_upstream)
        return config_row_is_same(row, policy, config);
    json_t *wanted = value_of(row, &policy->upstreams[0]);
    bool is_same = true;
    for (uint32_t i = 0; i < config->upstreams_count; i++) {
        json_t *value = value_of(row, &config->upstreams[i]);
        is_same = is_same && json_equal(wanted, value) != 0;
        json_decref(value);
    }
    json_decref(wanted);
    return is_same;
}

static bool
is_stated(const struct shipped *policy, const char *path)
{
    for (size_t i = 0; policy->stated[i] != NULL; i++)
        if (strcmp(policy->stated[i], path) == 0)
            return true;
    return false;
}

/* @return the keys that are set beyond the policy, none where the two are equal: the caller's; NULL:
 *  something that the policy states is otherwise */
static json_t *
beyond(const struct shipped *policy, const struct config *config)
{
    static struct config wanted;
    char path[CONFIG_PATH_TEXT_MAX];
    json_t *keys = json_array();
    if (!load(policy, &wanted)) {
        json_decref(keys);
        return NULL;
    }
    for (enum config_row_id id = 0; id < CONFIG_ROWS; id++) {
        const struct config_row *row = &config_rows[id];
        if (!is_policy(row) || is_same(row, &wanted, config))
            continue;
        if (is_stated(policy, path_of(row, path))) {
            json_decref(keys);
            return NULL;
        }
        json_array_append_new(keys, json_string(path));
    }
    return keys;
}

void
attest_policy_put(struct attest_value *value, const struct config *config)
{
    char name[64] = "own";
    json_t *nearest = NULL;
    for (size_t i = 0; i < sizeof shipped / sizeof shipped[0]; i++) {
        json_t *keys = beyond(&shipped[i], config);
        bool is_nearer =
            keys != NULL && (nearest == NULL || json_array_size(keys) < json_array_size(nearest));
        if (is_nearer) {
            snprintf(name, sizeof name, "%s %s", json_array_size(keys) == 0 ? "equals" : "extends",
                     shipped[i].name);
            json_decref(nearest);
            nearest = json_incref(keys);
        }
        json_decref(keys);
    }
    attest_value_put(value, "policy", json_string(name));
    attest_value_put(value, "beyond_policy", nearest == NULL ? json_array() : nearest);
    attest_value_put(value, "settings", settings_of(config));
}
