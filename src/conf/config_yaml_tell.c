/* config_yaml_tell.c - see config_yaml_tell.h
 * SPDX-License-Identifier: ISC
 */
#include "conf/config_yaml_tell.h"

#include "conf/config_error.h"
#include "conf/config_key.h"
#include "conf/config_yaml_why.h"

#define SHOWN_MAX 60 /* characters of the file shown in a message */

uint32_t
config_yaml_tell_line(const struct config_yaml *y)
{
    return (uint32_t)y->event.start_mark.line + 1;
}

uint32_t
config_yaml_tell_line_at(const struct config_yaml *y, size_t offset)
{
    uint32_t line = 1;
    for (size_t i = 0; i < offset && i < y->size; i++)
        line += y->text[i] == '\n';
    return line;
}

static struct config_origin
origin_at(uint32_t line)
{
    return (struct config_origin){CONFIG_FROM_FILE, line};
}

struct config_origin
config_yaml_tell_place(const struct config_yaml *y)
{
    return origin_at(config_yaml_tell_line(y));
}

void
config_yaml_tell(struct config_yaml *y, const char *key, const char *text)
{
    (void)config_error_at(y->errors, y->file, config_yaml_tell_place(y), key, "%s", text);
}

/* libyaml may see only on the line below that something has not ended. */
static const char *
find_why(const struct config_yaml *y, uint32_t *line)
{
    const char *why = config_yaml_why_line(y->text, y->size, *line);
    if (why != NULL || *line == 1)
        return why;
    why = config_yaml_why_line(y->text, y->size, *line - 1);
    *line -= why != NULL;
    return why;
}

enum status
config_yaml_tell_broken(struct config_yaml *y)
{
    const yaml_parser_t *p = &y->parser;
    bool is_reader = p->error == YAML_READER_ERROR;
    uint32_t line = is_reader ? config_yaml_tell_line_at(y, p->problem_offset)
                              : (uint32_t)p->problem_mark.line + 1;
    const char *why = is_reader ? NULL : find_why(y, &line);
    if (why != NULL && line == y->why_line)
        return STATUS_INVALID; /* which was told of a value there */
    if (why != NULL)
        return config_error_at(y->errors, y->file, origin_at(line), "YAML", "%s", why);
    return config_error_at(y->errors, y->file, origin_at(line), "YAML",
                           "%s; allowed: one YAML mapping, see penstock.yaml(5)",
                           p->problem == NULL ? "not YAML" : p->problem);
}

void
config_yaml_tell_unknown(struct config_yaml *y)
{
    char known[CONFIG_KEY_KNOWN_MAX], path[CONFIG_PATH_TEXT_MAX];
    const char *key = (const char *)y->event.data.scalar.value;
    const char *near =
        config_errors_is_full(y->errors) ? NULL : config_key_near(y->group, key, path);
    (void)config_error_at(y->errors, y->file, config_yaml_tell_place(y), NULL,
                          "%s%s%.*s: unknown key%s%s%s; allowed: %s", y->group,
                          *y->group == '\0' ? "" : ".", SHOWN_MAX, key,
                          near == NULL ? "" : " (did you mean ", near == NULL ? "" : near,
                          near == NULL ? "" : "?)",
                          config_errors_is_full(y->errors) ? "" : config_key_list(y->group, known));
}

void
config_yaml_tell_form(struct config_yaml *y, const char *wrong)
{
    const struct config_row *row = &config_rows[y->row];
    char allowed[VALUE_ALLOWED_MAX];
    bool is_list = y->event.type == YAML_SEQUENCE_START_EVENT;
    const char *why = is_list && !config_errors_is_full(y->errors)
                          ? config_yaml_why_line(y->text, y->size, config_yaml_tell_line(y))
                          : NULL;
    y->why_line = why != NULL ? config_yaml_tell_line(y) : y->why_line;
    if (y->event.type == YAML_ALIAS_EVENT) /* which was told */
        config_errors_mark(y->errors, y->row, y->upstream);
    else if (why != NULL)
        (void)config_error_of(y->errors, y->file, config_yaml_tell_place(y), y->row, y->upstream,
                              "%s", why);
    else
        (void)config_error_of(y->errors, y->file, config_yaml_tell_place(y), y->row, y->upstream,
                              "%s; allowed: %s%s", wrong,
                              config_row_is_sequence(row) ? "a list in [ ], each " : "",
                              value_allowed(&row->rule, allowed));
}
