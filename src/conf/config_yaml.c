/* config_yaml.c - see config_yaml.h
 * SPDX-License-Identifier: ISC
 */
#include "conf/config_yaml.h"

#include "conf/config_error.h"
#include "conf/config_key.h"
#include "conf/config_yaml_tell.h"
#include "conf/config_yaml_why.h"

#include <string.h>

#define DEPTH_MAX 100 /* lists and mappings in each other, of what is left out */

/* Node properties and aliases make a text mean something else: none is needed here. */
static void
check_event(struct config_yaml *y)
{
    const yaml_char_t *anchor = NULL, *tag = NULL;
    if (y->event.type == YAML_ALIAS_EVENT)
        config_yaml_tell(y, "YAML", "an alias; allowed: the value itself, written out");
    if (y->event.type == YAML_SCALAR_EVENT) {
        anchor = y->event.data.scalar.anchor;
        tag = y->event.data.scalar.tag;
        /* values are read as C strings: what follows the NUL would be ignored */
        if (strlen((const char *)y->event.data.scalar.value) != y->event.data.scalar.length)
            config_yaml_tell(y, "YAML", "a NUL byte in a value; allowed: text");
    } else if (y->event.type == YAML_SEQUENCE_START_EVENT) {
        anchor = y->event.data.sequence_start.anchor;
        tag = y->event.data.sequence_start.tag;
    } else if (y->event.type == YAML_MAPPING_START_EVENT) {
        anchor = y->event.data.mapping_start.anchor;
        tag = y->event.data.mapping_start.tag;
    }
    if (anchor != NULL)
        config_yaml_tell(y, "YAML", "an anchor; allowed: values without anchors and aliases");
    if (tag != NULL)
        config_yaml_tell(y, "YAML", "a tag; allowed: values without tags");
}

static enum status
parse(struct config_yaml *y)
{
    yaml_event_delete(&y->event);
    return yaml_parser_parse(&y->parser, &y->event) ? STATUS_OK : config_yaml_tell_broken(y);
}

static enum status
next(struct config_yaml *y)
{
    if (parse(y) != STATUS_OK)
        return STATUS_INVALID;
    check_event(y);
    return STATUS_OK;
}

/* Leave out what begins with the event at hand. @return STATUS_AGAIN; STATUS_INVALID */
static enum status
skip(struct config_yaml *y)
{
    unsigned depth = 0;
    for (;;) {
        yaml_event_type_t type = y->event.type;
        if (type == YAML_SEQUENCE_START_EVENT || type == YAML_MAPPING_START_EVENT)
            depth++;
        else if (type == YAML_SEQUENCE_END_EVENT || type == YAML_MAPPING_END_EVENT)
            depth--;
        if (depth == 0)
            return STATUS_AGAIN;
        if (depth > DEPTH_MAX) {
            config_yaml_tell(y, "YAML",
                             "too many lists in each other; allowed: see penstock.yaml(5)");
            return STATUS_INVALID;
        }
        if (parse(y) != STATUS_OK)
            return STATUS_INVALID;
    }
}

/* Leave out the value of a key that was read. */
static enum status
skip_value(struct config_yaml *y)
{
    return parse(y) == STATUS_OK ? skip(y) : STATUS_INVALID;
}

static bool
is_scalar(const struct config_yaml *y)
{
    return y->event.type == YAML_SCALAR_EVENT;
}

/* The value at hand is of another form than its row's: it is left out. */
static enum status
skip_form(struct config_yaml *y, const char *wrong)
{
    config_yaml_tell_form(y, wrong);
    return skip(y);
}

/* The key's name is the event at hand, and `*line` where it stood before, 0 if nowhere. */
static bool
is_first(struct config_yaml *y, const char *key, uint32_t *line)
{
    if (*line != 0)
        (void)config_error_at(y->errors, y->file, config_yaml_tell_place(y), key,
                              "given twice, on line %u too; allowed: each key once", *line);
    bool is_first = *line == 0;
    *line = config_yaml_tell_line(y);
    return is_first;
}

static enum status
hand_out(const struct config_yaml *y, enum config_yaml_kind kind, struct config_yaml_item *item)
{
    bool is_value = kind == CONFIG_YAML_VALUE;
    const char *text = is_value ? (const char *)y->event.data.scalar.value : NULL;
    *item = (struct config_yaml_item){kind, y->row, y->upstream, config_yaml_tell_line(y), text};
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
    if (y->event.type != YAML_MAPPING_START_EVENT) {
        config_yaml_tell(y, "YAML",
                         "not a mapping; allowed: keys with values, see penstock.yaml(5)");
        return STATUS_INVALID;
    }
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
        config_yaml_tell(y, "YAML", "a second document; allowed: one document");
    return STATUS_AGAIN;
}

static enum status
end_mapping(struct config_yaml *y)
{
    if (*y->group == '\0')
        return end_document(y);
    if (config_row_is_entry(&config_rows[y->first]) &&
        strcmp(y->group, config_rows[y->first].group) == 0) {
        y->place = CONFIG_YAML_IN_ENTRIES;
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
    if (!is_first(y, first->group, &y->group_lines[y->row]))
        return skip_value(y);
    (void)hand_out(y, CONFIG_YAML_GROUP, item);
    if (next(y) != STATUS_OK)
        return STATUS_INVALID;
    bool is_list = config_row_is_entry(first);
    if (is_list && y->event.type != YAML_SEQUENCE_START_EVENT) {
        config_yaml_tell(y, first->group,
                         first->is_upstream
                             ? "not a list; allowed: a list of upstreams, see penstock.yaml(5)"
                             : "not a list; allowed: a list of routes, see penstock.yaml(5)");
        if (first->is_upstream)
            config_errors_mark(y->errors, CONFIG_ROWS, 0);
        return skip(y);
    }
    if (!is_list && y->event.type != YAML_MAPPING_START_EVENT) {
        config_yaml_tell(y, first->group,
                         "not a mapping; allowed: keys with values, see penstock.yaml(5)");
        return skip(y);
    }
    y->group = first->group;
    y->first = y->row;
    y->entries = 0;
    y->is_full = false;
    y->place = is_list ? CONFIG_YAML_IN_ENTRIES : CONFIG_YAML_IN_MAPPING;
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
    if (!is_scalar(y)) {
        config_yaml_tell(y, "YAML", "a list or mapping where a key must be; allowed: a plain key");
        return skip(y) == STATUS_AGAIN ? skip_value(y) : STATUS_INVALID;
    }
    y->row = config_key_find(y->group, (const char *)y->event.data.scalar.value);
    if (y->row == CONFIG_ROWS) {
        config_yaml_tell_unknown(y);
        return skip_value(y);
    }
    if (strcmp(config_rows[y->row].group, y->group) != 0)
        return begin_group(y, item);
    if (!is_first(y, config_row_path(&config_rows[y->row], y->upstream, path),
                  &y->key_lines[y->upstream][y->row]))
        return skip_value(y);
    y->place = CONFIG_YAML_AT_VALUE;
    return hand_out(y, CONFIG_YAML_KEY, item);
}

/* The entry at hand is not one that can be read. */
static enum status
skip_entry(struct config_yaml *y)
{
    const struct config_row *first = &config_rows[y->first];
    if (first->is_upstream)
        config_errors_mark(y->errors, CONFIG_ROWS, 0);
    if (y->event.type != YAML_MAPPING_START_EVENT)
        config_yaml_tell(y, first->group,
                         first->is_upstream
                             ? "not a mapping; allowed: name, address and so on for each upstream"
                             : "not a mapping; allowed: names, upstreams and so on for each route");
    else if (!y->is_full)
        (void)config_error_at(y->errors, y->file, config_yaml_tell_place(y), first->group,
                              "too many; allowed: up to %u", config_row_entries_max(first));
    y->is_full = y->entries == config_row_entries_max(first);
    return skip(y);
}

static enum status
read_entry(struct config_yaml *y, struct config_yaml_item *item)
{
    if (next(y) != STATUS_OK)
        return STATUS_INVALID;
    if (y->event.type == YAML_SEQUENCE_END_EVENT) {
        y->group = "";
        y->upstream = 0;
        y->place = CONFIG_YAML_IN_MAPPING;
        return STATUS_AGAIN;
    }
    if (y->entries == config_row_entries_max(&config_rows[y->first]) ||
        y->event.type != YAML_MAPPING_START_EVENT)
        return skip_entry(y);
    y->row = y->first;
    y->upstream = y->entries++;
    y->place = CONFIG_YAML_IN_MAPPING;
    return hand_out(y, CONFIG_YAML_ENTRY, item);
}

static enum status
read_value(struct config_yaml *y, struct config_yaml_item *item)
{
    if (next(y) != STATUS_OK)
        return STATUS_INVALID;
    if (config_row_is_sequence(&config_rows[y->row])) {
        bool is_list = y->event.type == YAML_SEQUENCE_START_EVENT;
        y->place = is_list ? CONFIG_YAML_IN_LIST : CONFIG_YAML_IN_MAPPING;
        return is_list ? STATUS_AGAIN : skip_form(y, "not a list");
    }
    y->place = CONFIG_YAML_IN_MAPPING;
    if (!is_scalar(y))
        return skip_form(y, "a list or mapping where a value must be");
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
        return skip_form(y, "a list or mapping where a value must be");
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
    case CONFIG_YAML_IN_ENTRIES:
        return read_entry(y, item);
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
                 struct config_errors *errors)
{
    *y = (struct config_yaml){
        .file = file, .text = text, .size = size, .errors = errors, .group = ""};
    if (size > CONFIG_FILE_MAX)
        return config_error_at(errors, file, (struct config_origin){CONFIG_FROM_FILE, 0}, NULL,
                               "too large; allowed: up to %u bytes", CONFIG_FILE_MAX);
    size_t mark;
    const char *start = config_yaml_why_start(text, size, &mark);
    if (start != NULL)
        (void)config_error_at(errors, file, (struct config_origin){CONFIG_FROM_FILE, 1}, "YAML",
                              "%s", start);
    if (start != NULL && mark == 0)
        return STATUS_INVALID;
    y->text = text += mark;
    y->size = size -= mark;
    const char *nul = memchr(text, '\0', size);
    if (nul != NULL)
        return config_error_at(
            errors, file,
            (struct config_origin){CONFIG_FROM_FILE,
                                   config_yaml_tell_line_at(y, (size_t)(nul - text))},
            "YAML", "a NUL byte; allowed: text in UTF-8");
    if (!yaml_parser_initialize(&y->parser))
        return config_error_at(errors, file, (struct config_origin){CONFIG_FROM_FILE, 0}, NULL,
                               "out of memory");
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
