/* import_draft.c - see import_draft.h
 * SPDX-License-Identifier: ISC
 */
#include "import/import_draft.h"

#include "conf/config_load.h"
#include "conf/pin.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define SHOWN_MAX 60 /* characters of a value in a finding */

void
import_draft_begin(struct import_draft *draft)
{
    memset(draft, 0, offsetof(struct import_draft, upstreams));
    config_load_defaults(&draft->config);
}

/* --- findings -------------------------------------------------------------------------------- */

/* What was kept last is not kept twice: whole lists say the same. */
static bool
keep(struct import_draft *draft, const char *text, uint32_t last, uint32_t *at)
{
    size_t size = strlen(text) + 1;
    if (draft->findings_count > 0 && strcmp(&draft->arena[last], text) == 0) {
        *at = last;
        return true;
    }
    if (size > sizeof draft->arena - draft->arena_used)
        return false;
    *at = draft->arena_used;
    memcpy(&draft->arena[*at], text, size);
    draft->arena_used += (uint32_t)size;
    return true;
}

static void
make_printable(char *text)
{
    for (; *text != '\0'; text++)
        if (*text < ' ' || *text > '~')
            *text = '?';
}

/* Readers go from the first line to the last; what is judged at the end goes in between. */
static void
insert(struct import_draft *draft, struct import_draft_finding finding)
{
    uint32_t at = draft->findings_count;
    while (at > 0 && draft->findings[at - 1].line > finding.line)
        at--;
    memmove(&draft->findings[at + 1], &draft->findings[at],
            (draft->findings_count - at) * sizeof finding);
    draft->findings[at] = finding;
    draft->findings_count++;
    draft->counts[finding.kind]++;
}

void
import_draft_say(struct import_draft *draft, enum import_draft_kind kind, uint32_t line,
                 const char *key, const char *format, ...)
{
    char shown[IMPORT_DRAFT_KEY_MAX], text[IMPORT_DRAFT_TEXT_MAX];
    struct import_draft_finding finding = {.line = line, .kind = kind}, last = {0};
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    snprintf(shown, sizeof shown, "%s", key);
    make_printable(shown);
    make_printable(text);
    if (draft->findings_count > 0)
        last = draft->findings[draft->findings_count - 1];
    if (draft->findings_count == IMPORT_DRAFT_FINDINGS_MAX ||
        !keep(draft, shown, last.key, &finding.key) ||
        !keep(draft, text, last.text, &finding.text)) {
        draft->is_overfull = true;
        return;
    }
    insert(draft, finding);
}

void
import_draft_fail(struct import_draft *draft, uint32_t line, const char *key, const char *why)
{
    draft->is_broken = true;
    import_draft_say(draft, IMPORT_DRAFT_LOST, line, key, "%s; nothing of the file is used", why);
}

/* --- settings -------------------------------------------------------------------------------- */

static void
say_wrong(struct import_draft *draft, uint32_t line, const char *key, enum config_row_id row,
          const char *text, const char *wrong)
{
    if (key == NULL)
        return;
    char path[CONFIG_PATH_TEXT_MAX], allowed[VALUE_ALLOWED_MAX];
    import_draft_say(draft, IMPORT_DRAFT_LOST, line, key, "\"%.*s\" for %s: %s; allowed: %s",
                     SHOWN_MAX, text, config_row_path(&config_rows[row], 0, path), wrong,
                     value_allowed(&config_rows[row].rule, allowed));
}

static void
say_set(struct import_draft *draft, uint32_t line, const char *key, enum config_row_id row,
        const void *field)
{
    if (key == NULL)
        return;
    char path[CONFIG_PATH_TEXT_MAX], text[VALUE_TEXT_MAX];
    const char *value = value_format(&config_rows[row].rule, field, text);
    import_draft_say(draft, IMPORT_DRAFT_CARRIED, line, key, "%s: %.*s",
                     config_row_path(&config_rows[row], 0, path), CONFIG_DOMAIN_MAX,
                     value == NULL ? "" : value);
}

bool
import_draft_set(struct import_draft *draft, uint32_t line, const char *key, enum config_row_id row,
                 const char *text)
{
    _Alignas(8) uint8_t field[VALUE_TEXT_MAX];
    const char *wrong;
    const struct value_rule *rule = &config_rows[row].rule;
    if (value_parse(rule, text, field, &wrong) != STATUS_OK) {
        say_wrong(draft, line, key, row, text, wrong);
        return false;
    }
    memcpy((char *)&draft->config + config_rows[row].offset, field, rule->size);
    draft->given[row] = true;
    say_set(draft, line, key, row, field);
    return true;
}

void
import_draft_empty(struct import_draft *draft, enum config_row_id row)
{
    const struct config_row *is = &config_rows[row];
    char *base = (char *)&draft->config;
    memset(base + is->offset, 0, (size_t)is->rule.size * is->items_max);
    memset(base + is->count_offset, 0, sizeof(uint32_t));
    draft->given[row] = true;
}

static bool
add_bit(struct import_draft *draft, enum config_row_id row, const void *field)
{
    uint32_t bit, bits;
    char *to = (char *)&draft->config + config_rows[row].offset;
    memcpy(&bit, field, sizeof bit);
    memcpy(&bits, to, sizeof bits);
    bits = draft->given[row] ? bits | bit : bit;
    memcpy(to, &bits, sizeof bits);
    draft->given[row] = true;
    return true;
}

static bool
add_item(struct import_draft *draft, uint32_t line, const char *key, enum config_row_id row,
         const void *field)
{
    const struct config_row *is = &config_rows[row];
    char *base = (char *)&draft->config, *list = base + is->offset;
    if (!draft->given[row])
        import_draft_empty(draft, row);
    uint32_t count = config_row_count(is, base);
    for (uint32_t i = 0; i < count; i++)
        if (memcmp(list + (size_t)i * is->rule.size, field, is->rule.size) == 0)
            return true; /* there already */
    if (count == is->items_max) {
        if (key != NULL)
            import_draft_say(draft, IMPORT_DRAFT_LOST, line, key,
                             "a policy has room for %u of these", is->items_max);
        return false;
    }
    memcpy(list + (size_t)count * is->rule.size, field, is->rule.size);
    count++;
    memcpy(base + is->count_offset, &count, sizeof count);
    return true;
}

bool
import_draft_add(struct import_draft *draft, uint32_t line, const char *key, enum config_row_id row,
                 const char *text)
{
    _Alignas(8) uint8_t field[VALUE_TEXT_MAX];
    const char *wrong;
    const struct config_row *is = &config_rows[row];
    if (value_parse(&is->rule, text, field, &wrong) != STATUS_OK) {
        say_wrong(draft, line, key, row, text, wrong);
        return false;
    }
    if (is->is_list ? !add_item(draft, line, key, row, field) : !add_bit(draft, row, field))
        return false;
    say_set(draft, line, key, row, field);
    return true;
}

/* --- upstreams ------------------------------------------------------------------------------- */

struct import_draft_upstream *
import_draft_upstream(struct import_draft *draft, uint32_t line, const char *key)
{
    if (draft->upstreams_count == IMPORT_DRAFT_UPSTREAMS_MAX) {
        draft->is_overfull = true;
        draft->upstreams_count--;
    }
    struct import_draft_upstream *upstream = &draft->upstreams[draft->upstreams_count++];
    memset(upstream, 0, sizeof *upstream);
    upstream->line = line;
    upstream->key = key;
    upstream->weight = 1;
    return upstream;
}

void
import_draft_again(struct import_draft *draft, uint32_t upstream, uint32_t group)
{
    struct import_draft_upstream *to = import_draft_upstream(draft, 0, NULL);
    *to = draft->upstreams[upstream];
    to->group = group;
    to->is_again = true;
}

uint32_t
import_draft_group(struct import_draft *draft)
{
    return ++draft->groups_count;
}

bool
import_draft_pin(struct import_draft *draft, struct import_draft_upstream *upstream, uint32_t line,
                 const char *key, const char *base64)
{
    char text[PIN_TEXT_MAX + 1];
    uint8_t pin[CONFIG_PIN_BYTES];
    snprintf(text, sizeof text, PIN_START "%s", base64);
    if (pin_parse(text, pin) != STATUS_OK) {
        import_draft_say(draft, IMPORT_DRAFT_LOST, line, key,
                         "\"%.*s\" is no base64 of a SHA-256 (44 characters)", SHOWN_MAX, base64);
        return false;
    }
    for (uint32_t i = 0; i < upstream->pins_count; i++)
        if (memcmp(upstream->pins[i], pin, sizeof pin) == 0)
            return true; /* there already */
    if (upstream->pins_count == CONFIG_PINS_MAX) {
        import_draft_say(draft, IMPORT_DRAFT_LOST, line, key, "an upstream has room for %u pins",
                         CONFIG_PINS_MAX);
        return false;
    }
    memcpy(upstream->pins[upstream->pins_count++], pin, sizeof pin);
    import_draft_say(draft, IMPORT_DRAFT_CARRIED, line, key, "a pin, %s", text);
    return true;
}

/* --- zones ----------------------------------------------------------------------------------- */

uint32_t
import_draft_zone(struct import_draft *draft, uint32_t line, const char *key, const char *name,
                  uint32_t group)
{
    struct import_draft_zone zone = {.line = line, .key = key, .group = group};
    const char *wrong;
    if (value_parse(&config_rows[CONFIG_ROW_route_names].rule, name, zone.name, &wrong) !=
        STATUS_OK) {
        import_draft_say(draft, IMPORT_DRAFT_LOST, line, key, "\"%.*s\" for routes[].names: %s",
                         SHOWN_MAX, name, wrong);
        return IMPORT_DRAFT_NOWHERE;
    }
    for (uint32_t i = 0; i < draft->zones_count; i++) {
        if (strcmp(draft->zones[i].name, zone.name) != 0)
            continue;
        import_draft_say(draft, IMPORT_DRAFT_LOST, line, key, "%s: line %u has it already",
                         zone.name, draft->zones[i].line);
        return IMPORT_DRAFT_NOWHERE;
    }
    if (draft->zones_count == IMPORT_DRAFT_ZONES_MAX) {
        draft->is_overfull = true;
        return IMPORT_DRAFT_NOWHERE;
    }
    draft->zones[draft->zones_count] = zone;
    return draft->zones_count++;
}

/* --- texts ----------------------------------------------------------------------------------- */

bool
import_draft_copy(char *to, size_t room, const char *text)
{
    size_t size = strlen(text) + 1;
    to[0] = '\0';
    if (size > room)
        return false;
    memcpy(to, text, size);
    return true;
}

int
import_draft_truth(const char *text)
{
    static const char *const words[] = {"no", "yes", "false", "true", "off", "on", "0", "1"};
    for (int i = 0; i < (int)(sizeof words / sizeof words[0]); i++)
        if (strcmp(text, words[i]) == 0)
            return i % 2;
    return -1;
}
