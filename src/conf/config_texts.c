/* config_texts.c - see config_texts.h
 * SPDX-License-Identifier: ISC
 */
#include "conf/config_texts.h"

#include <cyaml/cyaml.h>
#include <stddef.h>
#include <string.h>

struct value {   /* of one row */
    char *one;   /* no list */
    char **many; /* a list: `count` texts */
    uint32_t count;
};

struct row_values {
    struct value of[CONFIG_ROWS]; /* rows that do not belong here stay empty */
};

struct config_texts {
    struct row_values values; /* groups have no struct of their own: a row's number is its place */
    struct row_values *upstreams;
    uint32_t upstreams_count;
};

/* The schema of config.def: the document's fields, then every group's, each closed by an empty one.
 */
struct schema {
    cyaml_schema_field_t document[CONFIG_ROWS + 1];
    cyaml_schema_field_t groups[2 * CONFIG_ROWS + 1];
    cyaml_schema_value_t text, upstream, top;
};

static void
set_row_field(const struct schema *schema, enum config_row_id id, cyaml_schema_field_t *field)
{
    uint32_t at = (uint32_t)(id * sizeof(struct value));
    field->key = config_rows[id].key;
    field->value.flags = (enum cyaml_flag)(CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL);
    if (config_row_is_sequence(&config_rows[id])) {
        field->data_offset = at + (uint32_t)offsetof(struct value, many);
        field->count_offset = at + (uint32_t)offsetof(struct value, count);
        field->count_size = sizeof(uint32_t);
        field->value.type = CYAML_SEQUENCE;
        field->value.data_size = sizeof(char *);
        field->value.sequence.entry = &schema->text;
        field->value.sequence.max = CYAML_UNLIMITED;
    } else {
        field->data_offset = at + (uint32_t)offsetof(struct value, one);
        field->value.type = CYAML_STRING;
        field->value.data_size = sizeof(char);
        field->value.string.max = CYAML_UNLIMITED;
    }
}

static void
set_group_field(const struct schema *schema, const struct config_row *first,
                const cyaml_schema_field_t *fields, cyaml_schema_field_t *field)
{
    field->key = first->group;
    if (!first->is_upstream) {
        field->value.type = CYAML_MAPPING;
        field->value.flags = CYAML_FLAG_OPTIONAL;
        field->value.data_size = sizeof(struct config_texts);
        field->value.mapping.fields = fields;
        return;
    }
    field->data_offset = (uint32_t)offsetof(struct config_texts, upstreams);
    field->count_offset = (uint32_t)offsetof(struct config_texts, upstreams_count);
    field->count_size = sizeof(uint32_t);
    field->value.type = CYAML_SEQUENCE;
    field->value.flags = (enum cyaml_flag)(CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL);
    field->value.data_size = sizeof(struct row_values);
    field->value.sequence.entry = &schema->upstream;
    field->value.sequence.max = CYAML_UNLIMITED;
}

static void
schema_init(struct schema *schema)
{
    cyaml_schema_field_t *root = schema->document, *nested = schema->groups;
    const char *group = "";
    memset(schema, 0, sizeof *schema);
    schema->text.type = CYAML_STRING;
    schema->text.flags = CYAML_FLAG_POINTER;
    schema->text.data_size = sizeof(char);
    schema->text.string.max = CYAML_UNLIMITED;
    schema->top.type = CYAML_MAPPING;
    schema->top.flags = CYAML_FLAG_POINTER;
    schema->top.data_size = sizeof(struct config_texts);
    schema->top.mapping.fields = schema->document;
    schema->upstream.type = CYAML_MAPPING;
    schema->upstream.data_size = sizeof(struct row_values);
    for (enum config_row_id id = 0; id < CONFIG_ROWS; id++) {
        const struct config_row *row = &config_rows[id];
        if (strcmp(row->group, group) != 0) {
            nested++; /* closes the group before */
            set_group_field(schema, row, nested, root++);
            if (row->is_upstream)
                schema->upstream.mapping.fields = nested;
            group = row->group;
        }
        set_row_field(schema, id, *row->group == '\0' ? root++ : nested++);
    }
}

static const cyaml_config_t settings = {.mem_fn = cyaml_mem, .flags = CYAML_CFG_NO_ALIAS};

enum status
config_texts_open(const char *text, size_t size, struct config_texts **texts, const char **why)
{
    struct schema schema;
    cyaml_data_t *data = NULL;
    schema_init(&schema);
    cyaml_err_t err =
        cyaml_load_data((const uint8_t *)text, size, &settings, &schema.top, &data, NULL);
    *texts = err == CYAML_OK ? (struct config_texts *)data : NULL;
    if (*texts != NULL)
        return STATUS_OK;
    *why = err == CYAML_OK ? "no document" : cyaml_strerror(err);
    return STATUS_INVALID;
}

const char *
config_texts_get(const struct config_texts *texts, enum config_row_id row, uint32_t upstream,
                 uint32_t item)
{
    const struct row_values *values = &texts->values;
    if (config_rows[row].is_upstream) {
        if (upstream >= texts->upstreams_count)
            return NULL;
        values = &texts->upstreams[upstream];
    }
    const struct value *value = &values->of[row];
    if (!config_row_is_sequence(&config_rows[row]))
        return item == 0 ? value->one : NULL;
    return item < value->count ? value->many[item] : NULL;
}

void
config_texts_close(struct config_texts *texts)
{
    struct schema schema;
    schema_init(&schema);
    if (texts != NULL)
        (void)cyaml_free(&settings, &schema.top, texts, 0);
}
