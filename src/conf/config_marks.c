/* config_marks.c - see config_marks.h
 * SPDX-License-Identifier: ISC
 */
#include "conf/config_marks.h"

#include "conf/config_error.h"

#include <string.h>
#include <yaml.h>

#define KNOWN_TEXT_MAX 320 /* the known keys in a message */
#define SHOWN_MAX      60  /* characters of the file shown in a message */

struct walk {
    const char *file, *text;
    size_t size;
    yaml_parser_t parser;
    yaml_event_t event; /* the last one read */
    struct config_marks *marks;
    struct config_error *error;
};

struct scope {         /* the mapping whose keys are read */
    const char *group; /* "": the document */
    uint32_t upstream;
};

static uint32_t
line_of(const struct walk *w)
{
    return (uint32_t)w->event.start_mark.line + 1;
}

static uint32_t
line_at(const struct walk *w, size_t offset)
{
    uint32_t line = 1;
    for (size_t i = 0; i < offset && i < w->size; i++)
        line += w->text[i] == '\n';
    return line;
}

static enum status
fail(struct walk *w, const char *key, const char *text)
{
    return config_error_at(w->error, w->file, line_of(w), key, "%s", text);
}

static enum status
fail_yaml(struct walk *w)
{
    const yaml_parser_t *p = &w->parser;
    const char *problem = p->problem == NULL ? "not YAML" : p->problem;
    uint32_t line = p->error == YAML_READER_ERROR ? line_at(w, p->problem_offset)
                                                  : (uint32_t)p->problem_mark.line + 1;
    return config_error_at(w->error, w->file, line, "YAML",
                           "%s; allowed: one YAML mapping, see penstock.yaml(5)", problem);
}

/* Node properties and aliases make one text mean another: none is needed here. */
static enum status
check_event(struct walk *w)
{
    const yaml_char_t *anchor = NULL, *tag = NULL;
    if (w->event.type == YAML_ALIAS_EVENT)
        return fail(w, "YAML", "an alias; allowed: the value itself, written out");
    if (w->event.type == YAML_SCALAR_EVENT) {
        anchor = w->event.data.scalar.anchor;
        tag = w->event.data.scalar.tag;
        /* libcyaml takes a value for a C string and would not see what follows */
        if (strlen((const char *)w->event.data.scalar.value) != w->event.data.scalar.length)
            return fail(w, "YAML", "a NUL byte in a value; allowed: text");
    } else if (w->event.type == YAML_SEQUENCE_START_EVENT) {
        anchor = w->event.data.sequence_start.anchor;
        tag = w->event.data.sequence_start.tag;
    } else if (w->event.type == YAML_MAPPING_START_EVENT) {
        anchor = w->event.data.mapping_start.anchor;
        tag = w->event.data.mapping_start.tag;
    }
    if (anchor != NULL)
        return fail(w, "YAML", "an anchor; allowed: values without anchors and aliases");
    if (tag != NULL)
        return fail(w, "YAML", "a tag; allowed: values without tags");
    return STATUS_OK;
}

static enum status
next(struct walk *w)
{
    yaml_event_delete(&w->event);
    if (!yaml_parser_parse(&w->parser, &w->event))
        return fail_yaml(w);
    return check_event(w);
}

/* A key's mark is put while its name is the event at hand. */
static enum status
check_once(struct walk *w, const struct config_mark *new)
{
    const struct config_marks *marks = w->marks;
    char path[CONFIG_PATH_TEXT_MAX];
    for (uint32_t i = 0; i < marks->count; i++) {
        const struct config_mark *old = &marks->of[i];
        if (old->kind != new->kind || old->row != new->row || old->upstream != new->upstream)
            continue;
        const char *key = new->kind == CONFIG_MARK_GROUP
                              ? config_rows[new->row].group
                              : config_row_path(&config_rows[new->row], new->upstream, path);
        return config_error_at(w->error, w->file, new->line, key,
                               "given twice, on line %u too; allowed: each key once", old->line);
    }
    return STATUS_OK;
}

static enum status
put_mark(struct walk *w, enum config_mark_kind kind, enum config_row_id row, uint32_t upstream,
         uint32_t item)
{
    struct config_mark mark = {kind, row, upstream, item, line_of(w)};
    if ((kind == CONFIG_MARK_GROUP || kind == CONFIG_MARK_KEY) && check_once(w, &mark) != STATUS_OK)
        return STATUS_INVALID;
    if (w->marks->count == CONFIG_MARKS_MAX)
        return fail(w, "YAML", "too many keys and values; allowed: fewer");
    w->marks->of[w->marks->count++] = mark;
    return STATUS_OK;
}

static bool
is_scalar(const struct walk *w)
{
    return w->event.type == YAML_SCALAR_EVENT;
}

/* The row of this key in this group, or the first row of the group that the key names. */
static enum config_row_id
find_row(const char *group, const char *key)
{
    enum config_row_id id = 0;
    while (id < CONFIG_ROWS &&
           (strcmp(config_rows[id].group, group) != 0 || strcmp(config_rows[id].key, key) != 0))
        id++;
    for (enum config_row_id g = 0; id == CONFIG_ROWS && *group == '\0' && g < CONFIG_ROWS; g++)
        if (*key != '\0' && strcmp(config_rows[g].group, key) == 0)
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
fail_unknown_key(struct walk *w, const char *group)
{
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
    return config_error_at(w->error, w->file, line_of(w), NULL,
                           "%s%s%.*s: unknown key; allowed: %s", group, *group == '\0' ? "" : ".",
                           SHOWN_MAX, (const char *)w->event.data.scalar.value, known + 2);
}

static enum status
fail_form(struct walk *w, enum config_row_id id, uint32_t upstream, const char *wrong)
{
    const struct config_row *row = &config_rows[id];
    char allowed[VALUE_ALLOWED_MAX];
    return config_error_of(w->error, w->file, (struct config_origin){CONFIG_FROM_FILE, line_of(w)},
                           row, upstream, "%s; allowed: %s%s", wrong,
                           config_row_is_sequence(row) ? "a list in [ ], each " : "",
                           value_allowed(&row->rule, allowed));
}

static enum status
read_list(struct walk *w, enum config_row_id id, uint32_t upstream)
{
    if (w->event.type != YAML_SEQUENCE_START_EVENT)
        return fail_form(w, id, upstream, "not a list");
    for (uint32_t item = 0;; item++) {
        if (next(w) != STATUS_OK)
            return STATUS_INVALID;
        if (w->event.type == YAML_SEQUENCE_END_EVENT)
            return STATUS_OK;
        if (!is_scalar(w))
            return fail_form(w, id, upstream, "a list or mapping where a value must be");
        if (put_mark(w, CONFIG_MARK_ITEM, id, upstream, item) != STATUS_OK)
            return STATUS_INVALID;
    }
}

static enum status
read_row(struct walk *w, enum config_row_id id, uint32_t upstream)
{
    if (put_mark(w, CONFIG_MARK_KEY, id, upstream, 0) != STATUS_OK || next(w) != STATUS_OK)
        return STATUS_INVALID;
    if (config_row_is_sequence(&config_rows[id]))
        return read_list(w, id, upstream);
    if (!is_scalar(w))
        return fail_form(w, id, upstream, "a list or mapping where a value must be");
    return put_mark(w, CONFIG_MARK_ITEM, id, upstream, 0);
}

static enum status read_keys(struct walk *w, struct scope scope);

static enum status
read_upstreams(struct walk *w, enum config_row_id first)
{
    w->marks->upstreams_line = line_of(w);
    if (next(w) != STATUS_OK)
        return STATUS_INVALID;
    if (w->event.type != YAML_SEQUENCE_START_EVENT)
        return fail(w, CONFIG_UPSTREAMS_GROUP,
                    "not a list; allowed: a list of upstreams, see penstock.yaml(5)");
    for (uint32_t i = 0;; i++) {
        if (next(w) != STATUS_OK)
            return STATUS_INVALID;
        if (w->event.type == YAML_SEQUENCE_END_EVENT)
            return STATUS_OK;
        if (i == CONFIG_UPSTREAMS_MAX)
            return config_error_at(w->error, w->file, line_of(w), CONFIG_UPSTREAMS_GROUP,
                                   "too many; allowed: up to %u", CONFIG_UPSTREAMS_MAX);
        if (w->event.type != YAML_MAPPING_START_EVENT)
            return fail(w, CONFIG_UPSTREAMS_GROUP,
                        "not a mapping; allowed: name, address and so on for each upstream");
        if (put_mark(w, CONFIG_MARK_UPSTREAM, first, i, 0) != STATUS_OK ||
            read_keys(w, (struct scope){CONFIG_UPSTREAMS_GROUP, i}) != STATUS_OK)
            return STATUS_INVALID;
    }
}

static enum status
read_group(struct walk *w, enum config_row_id first)
{
    const char *group = config_rows[first].group;
    if (put_mark(w, CONFIG_MARK_GROUP, first, 0, 0) != STATUS_OK)
        return STATUS_INVALID;
    if (config_rows[first].is_upstream)
        return read_upstreams(w, first);
    if (next(w) != STATUS_OK)
        return STATUS_INVALID;
    if (w->event.type != YAML_MAPPING_START_EVENT)
        return fail(w, group, "not a mapping; allowed: keys with values, see penstock.yaml(5)");
    return read_keys(w, (struct scope){group, 0});
}

/* The event at hand is the mapping's start; at the end it is its end. */
static enum status
read_keys(struct walk *w, struct scope scope)
{
    for (;;) {
        if (next(w) != STATUS_OK)
            return STATUS_INVALID;
        if (w->event.type == YAML_MAPPING_END_EVENT)
            return STATUS_OK;
        if (!is_scalar(w))
            return fail(w, "YAML", "a list or mapping where a key must be; allowed: a plain key");
        enum config_row_id id = find_row(scope.group, (const char *)w->event.data.scalar.value);
        if (id == CONFIG_ROWS)
            return fail_unknown_key(w, scope.group);
        bool is_group = strcmp(config_rows[id].group, scope.group) != 0;
        if ((is_group ? read_group(w, id) : read_row(w, id, scope.upstream)) != STATUS_OK)
            return STATUS_INVALID;
    }
}

static enum status
read_stream(struct walk *w)
{
    if (next(w) != STATUS_OK || next(w) != STATUS_OK) /* stream start, document start */
        return STATUS_INVALID;
    if (w->event.type == YAML_STREAM_END_EVENT)
        return STATUS_OK;
    if (next(w) != STATUS_OK)
        return STATUS_INVALID;
    if (w->event.type != YAML_MAPPING_START_EVENT)
        return fail(w, "YAML", "not a mapping; allowed: keys with values, see penstock.yaml(5)");
    if (read_keys(w, (struct scope){"", 0}) != STATUS_OK || next(w) != STATUS_OK ||
        next(w) != STATUS_OK) /* document end, stream end */
        return STATUS_INVALID;
    if (w->event.type != YAML_STREAM_END_EVENT)
        return fail(w, "YAML", "a second document; allowed: one document");
    return STATUS_OK;
}

enum status
config_marks_read(const char *file, const char *text, size_t size, struct config_marks *marks,
                  struct config_error *error)
{
    struct walk w = {.file = file, .text = text, .size = size, .marks = marks, .error = error};
    memset(marks, 0, sizeof *marks);
    if (size > CONFIG_FILE_MAX)
        return config_error_at(error, file, 0, NULL, "too large; allowed: up to %u bytes",
                               CONFIG_FILE_MAX);
    const char *nul = memchr(text, '\0', size);
    if (nul != NULL)
        return config_error_at(error, file, line_at(&w, (size_t)(nul - text)), "YAML",
                               "a NUL byte; allowed: text in UTF-8");
    if (!yaml_parser_initialize(&w.parser))
        return config_error_at(error, file, 0, NULL, "out of memory");
    yaml_parser_set_encoding(&w.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&w.parser, (const unsigned char *)text, size);
    enum status status = read_stream(&w);
    yaml_event_delete(&w.event);
    yaml_parser_delete(&w.parser);
    return status;
}
