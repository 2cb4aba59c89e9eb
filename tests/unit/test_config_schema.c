/* test_config_schema.c - docs/penstock.schema.json has every key of config.def, as editors need it
 * SPDX-License-Identifier: ISC
 *
 * Where it differs, the document as it must be is left in a file beside the test's log, to be copied.
 * A schema knows the form of a value and what follows from the row; ranges of durations and of quoted
 * numbers, rules between keys, and whether a file is there are for `penstock --check`. To penstock a
 * value is a text, with quotes or without: what an editor takes for a number may be one, or a name.
 */
#include "conf/config_row.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DOCUMENT "docs/penstock.schema.json"
#define LEFT     "penstock.schema.json"

static void
put_text(FILE *to, const char *text)
{
    fputc('"', to);
    for (const char *c = text; *c != '\0'; c++)
        if (*c == '\n')
            fputc(' ', to);
        else if (*c == '"' || *c == '\\')
            fprintf(to, "\\%c", *c);
        else
            fputc(*c, to);
    fputc('"', to);
}

static bool
is_number(const char *word)
{
    return word[strspn(word, "0123456789.")] == '\0';
}

/* Word by word; a number may stand without quotes, and is one then. */
static void
put_words(FILE *to, const char *words)
{
    const char *before = "";
    for (const char *word = words; *word != '\0'; before = ", ") {
        char text[64];
        size_t len = strcspn(word, " ");
        snprintf(text, sizeof text, "%.*s", (int)len, word);
        fprintf(to, "%s\"%s\"", before, text);
        if (is_number(text))
            fprintf(to, ", %s", text);
        word += len + (word[len] == ' ');
    }
}

#define HEX     "[0-9A-Fa-f:.]+"
#define IN_FACE "(%[^\\\\]\\\\s]+)?"
#define ADDRESS "([0-9.]+|" HEX IN_FACE ")"
#define PORT    "(:[0-9]{1,5})?"
#define ENDED   "([0-9.]+" PORT "|" HEX IN_FACE "|\\\\[" HEX IN_FACE "\\\\]" PORT ")"
#define NUMBER  "(0|[1-9][0-9]*)"
#define NAME    "[A-Za-z0-9][A-Za-z0-9._-]*"

/* A regular expression as JSON has it; NULL: none. A new kind of value has to be thought of here. */
static const char *
pattern_of(enum value_kind kind)
{
    switch (kind) {
    case VALUE_DURATION:
        return "^" NUMBER "(ms|s|m|h|d)$";
    case VALUE_BYTES:
        return "^" NUMBER "(KiB|MiB|GiB)$";
    case VALUE_NAME:
        return "^" NAME "$";
    case VALUE_USER:
        return "^_?" NAME "$";
    case VALUE_WHO:
        return "^(group:)?_?" NAME "$";
    case VALUE_HOST:
        return "^[A-Za-z0-9:][A-Za-z0-9:.-]*$";
    case VALUE_PATH:
        return "^/";
    case VALUE_SOCKET:
        return "^(off$|/)";
    case VALUE_DOMAIN:
        return "^[A-Za-z0-9_-]+(\\\\.[A-Za-z0-9_-]+)*\\\\.?$";
    case VALUE_LISTEN:
    case VALUE_UPSTREAM:
        return "^" ENDED "$";
    case VALUE_SOURCE:
        return "^(" ADDRESS "|\\\\[" HEX IN_FACE "\\\\])$";
    case VALUE_PREFIX:
        return "^" HEX "(/[0-9]{1,3})?$";
    case VALUE_RATE:
        return "^/" NUMBER " [1-9][0-9]*/s [1-9][0-9]*$";
    case VALUE_SHARE:
        return "^" ENDED " (off|[1-9][0-9]*%)$";
    case VALUE_SECRET:
        return "^[0-9a-f]{32}$";
    case VALUE_PIN:
        return "^sha256//[A-Za-z0-9+/]{43}=$";
    case VALUE_COUNT:
    case VALUE_PORT:
    case VALUE_WORD:
    case VALUE_FLAGS:
        break;
    }
    return NULL;
}

/* What an editor may take for something else where it stands without quotes. */
static const char *
types_of(enum value_kind kind)
{
    if (kind == VALUE_NAME || kind == VALUE_USER || kind == VALUE_WHO || kind == VALUE_DOMAIN)
        return "[\"string\", \"number\", \"boolean\"]";
    if (kind == VALUE_HOST) /* no number is one */
        return "[\"string\", \"boolean\"]";
    return kind == VALUE_SECRET ? "[\"string\", \"integer\"]" : "\"string\"";
}

/* What one value must be, without braces. */
static void
put_one(FILE *to, const struct config_row *row)
{
    const struct value_rule *rule = &row->rule;
    const char *pattern = pattern_of(rule->kind);
    bool has_word = rule->kind != VALUE_RATE && *rule->words != '\0';
    if (rule->kind == VALUE_WORD || rule->kind == VALUE_FLAGS) {
        fputs("\"enum\": [", to);
        put_words(to, rule->words);
        fputs("]", to);
        return;
    }
    bool is_either = has_word || config_row_is_optional(row);
    fputs(is_either ? "\"anyOf\": [{" : "", to);
    if (pattern != NULL)
        fprintf(to, "\"type\": %s, \"pattern\": \"%s\"", types_of(rule->kind), pattern);
    else
        fprintf(to,
                "\"type\": [\"integer\", \"string\"], \"pattern\": \"^" NUMBER
                "$\", \"minimum\": %u, \"maximum\": %u",
                rule->kind == VALUE_PORT ? 0 : rule->low,
                rule->kind == VALUE_PORT ? 65535 : rule->high);
    fputs(is_either ? "}, {\"enum\": [" : "", to);
    put_words(to, has_word ? rule->words : "");
    if (config_row_is_optional(row))
        fputs(has_word ? ", \"\"" : "\"\"", to);
    fputs(is_either ? "]}]" : "", to);
}

/* A value as the file would have it. */
static void
put_default(FILE *to, const struct config_row *row, const char *text)
{
    bool is_bare = (row->rule.kind == VALUE_COUNT || row->rule.kind == VALUE_PORT) &&
                   is_number(text) && *text != '\0';
    fprintf(to, is_bare ? "%s" : "\"%s\"", text);
}

static void
put_defaults(FILE *to, const struct config_row *row)
{
    const char *text = row->fallback;
    if (text == NULL)
        return;
    fputs(",\n\"default\": ", to);
    if (!config_row_is_sequence(row)) {
        put_default(to, row, text);
        return;
    }
    fputs("[", to);
    while (*text != '\0') {
        char item[VALUE_TEXT_MAX];
        size_t len = strcspn(text, ",");
        snprintf(item, sizeof item, "%.*s", (int)len, text);
        put_default(to, row, item);
        text += len + (text[len] == ',');
        fputs(*text == '\0' ? "" : ", ", to);
    }
    fputs("]", to);
}

static void
put_row(FILE *to, const struct config_row *row)
{
    char allowed[VALUE_ALLOWED_MAX], *description = NULL;
    size_t size = 0;
    FILE *text = open_memstream(&description, &size);
    fprintf(text, "%s Allowed: %s%s.", row->doc, config_row_is_sequence(row) ? "a list, each " : "",
            value_allowed(&row->rule, allowed));
    fclose(text);
    fprintf(to, "\"%s\": {\"description\": ", row->key);
    put_text(to, description);
    free(description);
    fputs(",\n", to);
    if (config_row_is_sequence(row)) {
        fputs("\"type\": \"array\", \"uniqueItems\": true, ", to);
        if (row->items_min > 0)
            fprintf(to, "\"minItems\": %u, ", row->items_min);
        if (row->is_list)
            fprintf(to, "\"maxItems\": %u, ", row->items_max);
        fputs("\"items\": {", to);
        put_one(to, row);
        fputs("}", to);
    } else {
        put_one(to, row);
    }
    put_defaults(to, row);
    fputs("}", to);
}

/* Does its group hold a list of mappings? Its path has a number then. */
static bool
is_of_entries(const struct config_row *row)
{
    char path[CONFIG_PATH_TEXT_MAX];
    return strchr(config_row_path(row, 0, path), '[') != NULL;
}

/* Those that an entry cannot do without. */
static void
put_required(FILE *to, const char *group)
{
    const char *before = ", \"required\": [", *end = "";
    for (enum config_row_id id = 0; id < CONFIG_ROWS; id++)
        if (strcmp(config_rows[id].group, group) == 0 && config_rows[id].fallback == NULL) {
            fprintf(to, "%s\"%s\"", before, config_rows[id].key);
            before = ", ";
            end = "]";
        }
    fputs(end, to);
}

static void
begin_group(FILE *to, const struct config_row *row)
{
    fprintf(to, "\"%s\": {", row->group);
    if (is_of_entries(row))
        fputs("\"type\": \"array\", \"items\": {", to);
    fputs("\"type\": \"object\", \"additionalProperties\": false", to);
    if (is_of_entries(row))
        put_required(to, row->group);
    fputs(", \"properties\": {\n", to);
}

static void
put_schema(FILE *to)
{
    const char *group = "", *between = "";
    const struct config_row *last = NULL;
    fputs("{\n\"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
          "\"title\": \"configuration of penstock\",\n"
          "\"description\": \"The form of penstock.yaml(5). penstock --check tells the rest.\",\n"
          "\"type\": \"object\", \"additionalProperties\": false, \"properties\": {\n",
          to);
    for (enum config_row_id id = 0; id < CONFIG_ROWS; id++) {
        const struct config_row *row = &config_rows[id];
        if (strcmp(group, row->group) != 0) {
            if (*group != '\0')
                fputs(is_of_entries(last) ? "\n}}}" : "\n}}", to);
            fputs(between, to);
            if (*row->group != '\0')
                begin_group(to, row);
            group = row->group;
            between = *group != '\0' ? "" : between;
        }
        fputs(between, to);
        put_row(to, row);
        between = ",\n";
        last = row;
    }
    fputs(is_of_entries(last) ? "\n}}}\n}}\n" : *group != '\0' ? "\n}}\n}}\n" : "\n}}\n", to);
}

static bool
is_in(const char *path, const char *expected, size_t size)
{
    char full[1024], *text = malloc(size + 2);
    snprintf(full, sizeof full, "%s/%s", SOURCE_ROOT, path);
    FILE *file = fopen(full, "r");
    size_t got = file != NULL ? fread(text, 1, size + 1, file) : 0;
    if (file != NULL)
        fclose(file);
    bool is_same = got == size && memcmp(text, expected, size) == 0;
    free(text);
    return is_same;
}

Test(config_schema, has_every_key_as_the_table_has_it)
{
    char *schema = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&schema, &size);
    put_schema(to);
    fclose(to);
    bool is_same = is_in(DOCUMENT, schema, size);
    if (!is_same) {
        FILE *file = fopen(LEFT, "w");
        fputs(schema, file);
        fclose(file);
    }
    cr_expect(is_same, "%s differs from src/conf/config.def; as it must be it is in %s", DOCUMENT,
              LEFT);
    free(schema);
}
