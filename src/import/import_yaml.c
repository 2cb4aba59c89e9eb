/* import_yaml.c - see import_yaml.h
 * SPDX-License-Identifier: ISC
 */
#include "import/import_yaml.h"

#include <stdio.h>
#include <string.h>

static bool
fail(struct import_yaml *y, const char *wrong)
{
    y->wrong = wrong;
    y->line = (uint32_t)y->event.start_mark.line + 1;
    return false;
}

bool
import_yaml_open(struct import_yaml *y, const char *text, size_t size)
{
    memset(y, 0, sizeof *y);
    if (size > IMPORT_YAML_BYTES)
        return fail(y, "the file is larger than 64 KiB");
    if (memchr(text, '\0', size) != NULL)
        return fail(y, "a NUL byte, which no text has");
    if (!yaml_parser_initialize(&y->parser))
        return fail(y, "there is no memory");
    yaml_parser_set_encoding(&y->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&y->parser, (const unsigned char *)text, size);
    return true;
}

void
import_yaml_close(struct import_yaml *y)
{
    yaml_event_delete(&y->event);
    yaml_parser_delete(&y->parser);
}

/* Node properties and aliases make a text mean something else than it says. */
static bool
judge_event(struct import_yaml *y)
{
    const yaml_event_t *event = &y->event;
    const yaml_char_t *anchor = NULL, *tag = NULL;
    if (event->type == YAML_ALIAS_EVENT)
        return fail(y, "an alias, which is not followed");
    if (event->type == YAML_SCALAR_EVENT) {
        anchor = event->data.scalar.anchor;
        tag = event->data.scalar.tag;
        if (strlen((const char *)event->data.scalar.value) != event->data.scalar.length)
            return fail(y, "a NUL byte in a value");
    } else if (event->type == YAML_SEQUENCE_START_EVENT) {
        anchor = event->data.sequence_start.anchor;
        tag = event->data.sequence_start.tag;
    } else if (event->type == YAML_MAPPING_START_EVENT) {
        anchor = event->data.mapping_start.anchor;
        tag = event->data.mapping_start.tag;
    }
    if (anchor != NULL || tag != NULL)
        return fail(y, anchor != NULL ? "an anchor, which is not followed"
                                      : "a tag, which is not followed");
    return true;
}

static bool
step(struct import_yaml *y)
{
    yaml_event_delete(&y->event);
    if (yaml_parser_parse(&y->parser, &y->event))
        return judge_event(y);
    y->wrong = y->parser.problem == NULL ? "not YAML" : y->parser.problem;
    y->line = (uint32_t)y->parser.problem_mark.line + 1;
    return false;
}

static struct import_yaml_level *
level(struct import_yaml *y)
{
    return y->depth == 0 ? NULL : &y->levels[y->depth - 1];
}

/* A value, whole, is behind us. */
static void
end_value(struct import_yaml *y)
{
    struct import_yaml_level *in = level(y);
    if (in == NULL || in->is_list)
        return;
    in->is_at_value = false;
    y->path[in->path] = '\0';
}

/* Items of the outermost list are counted, whatever they are. */
static void
begin_value(struct import_yaml *y)
{
    const struct import_yaml_level *in = level(y);
    if (in != NULL && in->is_list && y->lists == 1)
        y->item++;
}

static bool
enter(struct import_yaml *y, bool is_list)
{
    if (y->depth == IMPORT_YAML_DEPTH_MAX)
        return fail(y, "more than 16 lists and mappings within each other");
    begin_value(y);
    if (is_list && ++y->lists == 1)
        y->item = 0;
    y->levels[y->depth++] = (struct import_yaml_level){.is_list = is_list, .path = strlen(y->path)};
    return true;
}

static void
leave(struct import_yaml *y)
{
    if (y->levels[--y->depth].is_list)
        y->lists--;
    if (y->lists == 0)
        y->item = 0;
    end_value(y);
}

static bool
take_key(struct import_yaml *y, struct import_yaml_level *in)
{
    const char *key = (const char *)y->event.data.scalar.value;
    size_t room = sizeof y->path - in->path;
    int size = snprintf(y->path + in->path, room, "%s%s", in->path == 0 ? "" : ".", key);
    if (size < 0 || (size_t)size >= room)
        return fail(y, "keys of more than 191 characters");
    in->is_at_value = true;
    return true;
}

static bool
is_key_wanted(struct import_yaml *y)
{
    const struct import_yaml_level *in = level(y);
    return in != NULL && !in->is_list && !in->is_at_value;
}

static void
hand_out(struct import_yaml *y, struct import_yaml_item *item)
{
    begin_value(y);
    item->line = (uint32_t)y->event.start_mark.line + 1;
    item->item = y->item;
    item->value = (const char *)y->event.data.scalar.value;
    memcpy(item->path, y->path, sizeof item->path);
    end_value(y);
}

/* @return false: `y->wrong`, or the text is over */
static bool
take_event(struct import_yaml *y, struct import_yaml_item *item, bool *is_handed)
{
    bool is_key = is_key_wanted(y);
    switch ((int)y->event.type) {
    case YAML_SCALAR_EVENT:
        if (is_key)
            return take_key(y, level(y));
        hand_out(y, item);
        *is_handed = true;
        return true;
    case YAML_SEQUENCE_START_EVENT:
    case YAML_MAPPING_START_EVENT:
        return is_key ? fail(y, "a list or a mapping where a key must be")
                      : enter(y, y->event.type == YAML_SEQUENCE_START_EVENT);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        leave(y);
        return true;
    case YAML_DOCUMENT_START_EVENT:
        return y->documents++ == 0 || fail(y, "a second document");
    case YAML_STREAM_END_EVENT:
        return false;
    default:
        return true;
    }
}

bool
import_yaml_next(struct import_yaml *y, struct import_yaml_item *item)
{
    bool is_handed = false;
    while (!is_handed && !y->is_over)
        y->is_over = !step(y) || !take_event(y, item, &is_handed);
    return is_handed;
}
