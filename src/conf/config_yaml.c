/* config_yaml.c - see config_yaml.h
 * SPDX-License-Identifier: ISC
 */
#include "conf/config_yaml.h"

#include "conf/config_error.h"

#include <string.h>

#define KNOWN_TEXT_MAX 320 /* the known keys in a message */
#define SHOWN_MAX      60  /* characters of the file shown in a message */

static uint32_t
line_of(const struct config_yaml *y)
{
    return (uint32_t)y->event.start_mark.line + 1;
}

static uint32_t
line_at(const struct config_yaml *y, size_t offset)
{
    uint32_t line = 1;
    for (size_t i = 0; i < offset && i < y->size; i++)
        line += y->text[i] == '\n';
    return line;
}

static enum status
fail(struct config_yaml *y, const char *key, const char *text)
{
    return config_error_at(y->error, y->file, line_of(y), key, "%s", text);
}

static enum status
fail_yaml(struct config_yaml *y)
{
    const yaml_parser_t *p = &y->parser;
    const char *problem = p->problem == NULL ? "not YAML" : p->problem;
    uint32_t line = p->error == YAML_READER_ERROR ? line_at(y, p->problem_offset)
                                                  : (uint32_t)p->problem_mark.line + 1;
    return config_error_at(y->error, y->file, line, "YAML",
                           "%s; allowed: one YAML mapping, see penstock.yaml(5)", problem);
}

/* Node properties and aliases make a text mean something else: none is needed here. */
static enum status
check_event(struct config_yaml *y)
{
    const yaml_char_t *anchor = NULL, *tag = NULL;
    if (y->event.type == YAML_ALIAS_EVENT)
        return fail(y, "YAML", "an alias; allowed: the value itself, written out");
    if (y->event.type == YAML_SCALAR_EVENT) {
        anchor = y->event.data.scalar.anchor;
        tag = y->event.data.scalar.tag;
        /* values are read as C strings: what follows the NUL would be ignored */
        if (strlen((const char *)y->event.data.scalar.value) != y->event.data.scalar.length)
            return fail(y, "YAML", "a NUL byte in a value; allowed: text");
    } else if (y->event.type == YAML_SEQUENCE_START_EVENT) {
        anchor = y->event.data.sequence_start.anchor;
        tag = y->event.data.sequence_start.tag;
    } else if (y->event.type == YAML_MAPPING_START_EVENT) {
        anchor = y->event.data.mapping_start.anchor;
        tag = y->event.data.mapping_start.tag;
    }
    if (anchor != NULL)
        return fail(y, "YAML", "an anchor; allowed: values without anchors and aliases");
    if (tag != NULL)
        return fail(y, "YAML", "a tag; allowed: values without tags");
    return STATUS_OK;
}

static enum status
next(struct config_yaml *y)
{
    yaml_event_delete(&y->event);
    if (!yaml_parser_parse(&y->parser, &y->event))
        return fail_yaml(y);
    return check_event(y);
}

static bool
is_scalar(const struct config_yaml *y)
{
    return y->event.type == YAML_SCALAR_EVENT;
}

/* For each row at each key: most differ in their first octet. */
static bool
is_same(const char *a, const char *b)
{
    return *a == *b && strcmp(a, b) == 0;
}

/* The row of this key in this group, or the first row of the group that the key names. */
static enum config_row_id
find_row(const char *group, const char *key)
{
    enum config_row_id id = 0;
    while (id < CONFIG_ROWS &&
           (!is_same(config_rows[id].key, key) || !is_same(config_rows[id].group, group)))
        id++;
    for (enum config_row_id g = 0; id == CONFIG_ROWS && *group == '\0' && g < CONFIG_ROWS; g++)
        if (*key != '\0' && is_same(config_rows[g].group, key))
            return g;
    return id;
}

static void
append(char known[KNOWN_TEXT_MAX], const char *key)
{
    size_t len = strlen(known), key_len = strlen(key);
    if (len + key_len + 3 > KNOWN_TEXT_MAX)
        return;
    memcpy(known + len, ", ", 2);
    memcpy(known + len + 2, key, key_len + 1);
}

static enum status
fail_unknown_key(struct config_yaml *y)
{
    const char *group = y->group;
    char known[KNOWN_TEXT_MAX] = "";
    const char *last = "";
    for (enum config_row_id id = 0; id < CONFIG_ROWS; id++) {
        const struct config_row *row = &config_rows[id];
        const char *here = strcmp(row->group, group) == 0 ? row->key
                           : *group == '\0'               ? row->group
                                                          : NULL;
        if (here != NULL && strcmp(here, last) != 0)
            append(known, last = here);
    }
    return config_error_at(y->error, y->file, line_of(y), NULL,
                           "%s%s%.*s: unknown key; allowed: %s", group, *group == '\0' ? "" : ".",
                           SHOWN_MAX, (const char *)y->event.data.scalar.value, known + 2);
}

static enum status
fail_form(struct config_yaml *y, const char *wrong)
{
    const struct config_row *row = &config_rows[y->row];
    char allowed[VALUE_ALLOWED_MAX];
    return config_error_of(y->error, y->file, (struct config_origin){CONFIG_FROM_FILE, line_of(y)},
                           row, y->upstream, "%s; allowed: %s%s", wrong,
                           config_row_is_sequence(row) ? "a list in [ ], each " : "",
                           value_allowed(&row->rule, allowed));
}

/* The key's name is the event at hand, and `*line` where it stood before, 0 if nowhere. */
static enum status
note_line(struct config_yaml *y, const char *key, uint32_t *line)
{
    if (*line != 0)
        return config_error_at(y->error, y->file, line_of(y), key,
                               "given twice, on line %u too; allowed: each key once", *line);
    *line = line_of(y);
    return STATUS_OK;
}

static enum status
hand_out(const struct config_yaml *y, enum config_yaml_kind kind, struct config_yaml_item *item)
{
    bool is_value = kind == CONFIG_YAML_VALUE;
    const char *text = is_value ? (const char *)y->event.data.scalar.value : NULL;
    *item = (struct config_yaml_item){kind, y->row, y->upstream, line_of(y), text};
    return STATUS_OK;
}

static enum status
begin_document(struct config_yaml *y)
{
    if (next(y) != STATUS_OK || next(y) != STATUS_OK) /* stream start, document start */
        return STATUS_INVALID;
    y->place = CONFIG_YAML_AT_END;
    if (y->event.type == YAML_STREAM_END_EVENT)
        return STATUS_AGAIN;
    if (next(y) != STATUS_OK)
        return STATUS_INVALID;
    if (y->event.type != YAML_MAPPING_START_EVENT)
        return fail(y, "YAML", "not a mapping; allowed: keys with values, see penstock.yaml(5)");
    y->place = CONFIG_YAML_IN_MAPPING;
    return STATUS_AGAIN;
}

static enum status
end_document(struct config_yaml *y)
{
    y->place = CONFIG_YAML_AT_END;
    if (next(y) != STATUS_OK || next(y) != STATUS_OK) /* document end, stream end */
        return STATUS_INVALID;
    if (y->event.type != YAML_STREAM_END_EVENT)
        return fail(y, "YAML", "a second document; allowed: one document");
    return STATUS_AGAIN;
}

static enum status
end_mapping(struct config_yaml *y)
{
    if (*y->group == '\0')
        return end_document(y);
    if (strcmp(y->group, CONFIG_UPSTREAMS_GROUP) == 0) {
        y->place = CONFIG_YAML_IN_UPSTREAMS;
        return STATUS_AGAIN;
    }
    y->group = "";
    return STATUS_AGAIN;
}

/* The name of a group is the event at hand; what follows begins its mapping or list. */
static enum status
begin_group(struct config_yaml *y, struct config_yaml_item *item)
{
    const struct config_row *first = &config_rows[y->row];
    if (note_line(y, first->group, &y->group_lines[y->row]) != STATUS_OK)
        return STATUS_INVALID;
    (void)hand_out(y, CONFIG_YAML_GROUP, item);
    if (next(y) != STATUS_OK)
        return STATUS_INVALID;
    y->group = first->group;
    y->place = first->is_upstream ? CONFIG_YAML_IN_UPSTREAMS : CONFIG_YAML_IN_MAPPING;
    if (first->is_upstream && y->event.type != YAML_SEQUENCE_START_EVENT)
        return fail(y, CONFIG_UPSTREAMS_GROUP,
                    "not a list; allowed: a list of upstreams, see penstock.yaml(5)");
    if (!first->is_upstream && y->event.type != YAML_MAPPING_START_EVENT)
        return fail(y, first->group,
                    "not a mapping; allowed: keys with values, see penstock.yaml(5)");
    return STATUS_OK;
}

static enum status
read_key(struct config_yaml *y, struct config_yaml_item *item)
{
    char path[CONFIG_PATH_TEXT_MAX];
    if (next(y) != STATUS_OK)
        return STATUS_INVALID;
    if (y->event.type == YAML_MAPPING_END_EVENT)
        return end_mapping(y);
    if (!is_scalar(y))
        return fail(y, "YAML", "a list or mapping where a key must be; allowed: a plain key");
    y->row = find_row(y->group, (const char *)y->event.data.scalar.value);
    if (y->row == CONFIG_ROWS)
        return fail_unknown_key(y);
    if (strcmp(config_rows[y->row].group, y->group) != 0)
        return begin_group(y, item);
    if (note_line(y, config_row_path(&config_rows[y->row], y->upstream, path),
                  &y->key_lines[y->upstream][y->row]) != STATUS_OK)
        return STATUS_INVALID;
    y->place = CONFIG_YAML_AT_VALUE;
    return hand_out(y, CONFIG_YAML_KEY, item);
}

static enum status
read_upstream(struct config_yaml *y, struct config_yaml_item *item)
{
    if (next(y) != STATUS_OK)
        return STATUS_INVALID;
    if (y->event.type == YAML_SEQUENCE_END_EVENT) {
        y->group = "";
        y->upstream = 0;
        y->place = CONFIG_YAML_IN_MAPPING;
        return STATUS_AGAIN;
    }
    if (y->upstreams == CONFIG_UPSTREAMS_MAX)
        return config_error_at(y->error, y->file, line_of(y), CONFIG_UPSTREAMS_GROUP,
                               "too many; allowed: up to %u", CONFIG_UPSTREAMS_MAX);
    if (y->event.type != YAML_MAPPING_START_EVENT)
        return fail(y, CONFIG_UPSTREAMS_GROUP,
                    "not a mapping; allowed: name, address and so on for each upstream");
    y->upstream = y->upstreams++;
    y->place = CONFIG_YAML_IN_MAPPING;
    return hand_out(y, CONFIG_YAML_UPSTREAM, item);
}

static enum status
read_value(struct config_yaml *y, struct config_yaml_item *item)
{
    if (next(y) != STATUS_OK)
        return STATUS_INVALID;
    if (config_row_is_sequence(&config_rows[y->row])) {
        y->place = CONFIG_YAML_IN_LIST;
        return y->event.type == YAML_SEQUENCE_START_EVENT ? STATUS_AGAIN
                                                          : fail_form(y, "not a list");
    }
    y->place = CONFIG_YAML_IN_MAPPING;
    if (!is_scalar(y))
        return fail_form(y, "a list or mapping where a value must be");
    return hand_out(y, CONFIG_YAML_VALUE, item);
}

static enum status
read_list_value(struct config_yaml *y, struct config_yaml_item *item)
{
    if (next(y) != STATUS_OK)
        return STATUS_INVALID;
    if (y->event.type == YAML_SEQUENCE_END_EVENT) {
        y->place = CONFIG_YAML_IN_MAPPING;
        return STATUS_AGAIN;
    }
    if (!is_scalar(y))
        return fail_form(y, "a list or mapping where a value must be");
    return hand_out(y, CONFIG_YAML_VALUE, item);
}

/* @return STATUS_AGAIN: the event has nothing to hand out */
static enum status
step(struct config_yaml *y, struct config_yaml_item *item)
{
    switch (y->place) {
    case CONFIG_YAML_AT_START:
        return begin_document(y);
    case CONFIG_YAML_IN_MAPPING:
        return read_key(y, item);
    case CONFIG_YAML_IN_UPSTREAMS:
        return read_upstream(y, item);
    case CONFIG_YAML_AT_VALUE:
        return read_value(y, item);
    case CONFIG_YAML_IN_LIST:
        return read_list_value(y, item);
    case CONFIG_YAML_AT_END:
        break;
    }
    return hand_out(y, CONFIG_YAML_END, item);
}

enum status
config_yaml_next(struct config_yaml *y, struct config_yaml_item *item)
{
    enum status status;
    do
        status = step(y, item);
    while (status == STATUS_AGAIN);
    return status;
}

enum status
config_yaml_open(struct config_yaml *y, const char *file, const char *text, size_t size,
                 struct config_error *error)
{
    *y =
        (struct config_yaml){.file = file, .text = text, .size = size, .error = error, .group = ""};
    if (size > CONFIG_FILE_MAX)
        return config_error_at(error, file, 0, NULL, "too large; allowed: up to %u bytes",
                               CONFIG_FILE_MAX);
    const char *nul = memchr(text, '\0', size);
    if (nul != NULL)
        return config_error_at(error, file, line_at(y, (size_t)(nul - text)), "YAML",
                               "a NUL byte; allowed: text in UTF-8");
    if (!yaml_parser_initialize(&y->parser))
        return config_error_at(error, file, 0, NULL, "out of memory");
    yaml_parser_set_encoding(&y->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&y->parser, (const unsigned char *)text, size);
    return STATUS_OK;
}

void
config_yaml_close(struct config_yaml *y)
{
    yaml_event_delete(&y->event);
    yaml_parser_delete(&y->parser);
}
