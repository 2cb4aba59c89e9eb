/* test_man_pages.c - sections of the manual pages that are written from tables
 * SPDX-License-Identifier: ISC
 *
 * Where a page differs from its table, the section as it must be is left in a file beside the
 * test's log, to be pasted.
 */
#include "conf/config_row.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *
read_file(const char *path)
{
    static char text[1 << 18];
    char full[1024];
    snprintf(full, sizeof full, "%s/%s", SOURCE_ROOT, path);
    FILE *file = fopen(full, "r");
    cr_assert_not_null(file, "%s", full);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

/* --- keys of penstock.yaml(5) --- */

static void
write_path(const struct config_row *row, const char *upstream_part, FILE *to)
{
    if (config_row_is_entry(row))
        fprintf(to, "%s%s.%s", row->group, upstream_part, row->key);
    else
        fprintf(to, "%s%s%s", row->group, *row->group == '\0' ? "" : ".", row->key);
}

static void
write_env(const struct config_row *row, FILE *to)
{
    char env[CONFIG_PATH_TEXT_MAX];
    config_row_env(row, 0, env);
    if (!config_row_is_entry(row)) {
        fputs(env, to);
        return;
    }
    const char *number = strchr(env, '0');
    fprintf(to, "%.*sN%s", (int)(number - env), env, number + 1);
}

static void
write_default(const struct config_row *row, FILE *to)
{
    if (row->fallback == NULL)
        fputs("Default: none; the key must be given.\n", to);
    else if (row->is_list && *row->fallback == '\0')
        fputs("Default: the empty list.\n", to);
    else if (*row->fallback == '\0')
        fputs("Default: left out.\n", to);
    else {
        fputs("Default: ", to);
        for (const char *c = row->fallback; *c != '\0'; c++)
            fputs(*c == ',' ? ", " : (char[]){*c, '\0'}, to);
        fputs(".\n", to);
    }
}

static void
write_change(const struct config_row *row, FILE *to)
{
    static const char *const by[] = {
        [CONFIG_CHANGE_RELOAD] = "with a reload",
        [CONFIG_CHANGE_RESTART] = "with a restart",
        [CONFIG_CHANGE_SOME] = "with a reload, some values with a restart",
    };
    bool is_reloaded = row->change != CONFIG_CHANGE_RESTART;
    fprintf(to, "Changes: %s%s.\n", by[row->change],
            is_reloaded && (row->who & CONFIG_USER_WORKER) != 0 ? "; workers are replaced" : "");
}

static void
write_keys(FILE *to)
{
    fputs(".Bl -tag -width Ds\n", to);
    for (enum config_row_id id = 0; id < CONFIG_ROWS; id++) {
        const struct config_row *row = &config_rows[id];
        char allowed[VALUE_ALLOWED_MAX];
        fputs(".It Cm ", to);
        write_path(row, "[]", to);
        fprintf(to, "\n%s\n.Pp\nAllowed: ", row->doc);
        if (row->is_list)
            fprintf(to, "a list of %u to %u, each ", row->items_min, row->items_max);
        else if (config_row_is_sequence(row))
            fputs("a list of at least one, each ", to);
        fprintf(to, "%s.\n.br\n", value_allowed(&row->rule, allowed));
        write_default(row, to);
        fputs(".br\nEnvironment: ", to);
        write_env(row, to);
        fputs(".\n.br\n", to);
        write_change(row, to);
    }
    fputs(".El\n", to);
}

/* --- counters and ends of penstock-statistics(7) --- */

static void
write_item(FILE *to, const char *name, const char *end, const char *text)
{
    fputs(".It Cm ", to);
    for (; *name != '\0'; name++)
        fputc(tolower((unsigned char)*name), to);
    fprintf(to, "\n%s%s%c%s.\n", end, *end == '\0' ? "" : ": ",
            *end == '\0' ? toupper((unsigned char)*text) : *text, text + 1);
}

static void
write_counters(FILE *to)
{
    fputs(".Bl -tag -width Ds\n", to);
#define COUNTER(name, text) write_item(to, #name, "", text);
#define GAUGE(name, text)   write_item(to, #name, "Now", text);
#include "lane/stats.def"
#undef COUNTER
#undef GAUGE
    fputs(".El\n", to);
}

static void
write_ends(FILE *to)
{
    static const char ANSWERED[] = "Answered", REFUSED[] = "Refused", DROPPED[] = "Dropped";
    fputs(".Bl -tag -width Ds\n", to);
#define WHY(name, end, part, text) write_item(to, #name, end, text);
#include "lane/why.def"
#undef WHY
    fputs(".El\n", to);
}

/* --- events of penstock-log(7) --- */

static void
write_events(FILE *to)
{
    fputs(".Bl -tag -width Ds\n", to);
#define LOG_EVENT(name, subject, text) write_item(to, #name, "", text);
#include "os/log.def"
#undef LOG_EVENT
    fputs(".El\n", to);
}

static void
expect_section(const char *page, const char *table, void (*write)(FILE *to), const char *left)
{
    char mark[256], *section = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&section, &size);
    write(to);
    fclose(to);
    snprintf(mark, sizeof mark, ".\\\" Written from %s:\n", table);
    const char *at = strstr(read_file(page), mark);
    bool is_same = at != NULL && strncmp(at + strlen(mark), section, size) == 0;
    if (!is_same) {
        FILE *file = fopen(left, "w");
        fputs(section, file);
        fclose(file);
    }
    cr_expect(is_same, "%s differs from %s; the section as it must be is in %s", page, table, left);
    free(section);
}

Test(man_pages, penstock_yaml_5_has_every_key)
{
    expect_section("docs/penstock.yaml.5", "src/conf/config.def", write_keys, "keys.mdoc");
}

Test(man_pages, penstock_statistics_7_has_every_counter)
{
    expect_section("docs/penstock-statistics.7", "src/lane/stats.def", write_counters,
                   "counters.mdoc");
}

Test(man_pages, penstock_statistics_7_has_every_end)
{
    expect_section("docs/penstock-statistics.7", "src/lane/why.def", write_ends, "ends.mdoc");
}

Test(man_pages, penstock_log_7_has_every_event)
{
    expect_section("docs/penstock-log.7", "src/os/log.def", write_events, "events.mdoc");
}

/* What follows each `before` in the source, up to the first of `stops`, is an item of the page. */
static unsigned
expect_items(const char *source, const char *page, const char *before, const char *stops)
{
    unsigned count = 0;
    for (const char *at = strstr(source, before); at != NULL; at = strstr(at, before)) {
        char item[128];
        at += strlen(before);
        snprintf(item, sizeof item, "%.*s", (int)strcspn(at, stops), at);
        if (item[0] == '%')
            continue; /* by a table */
        char line[160];
        snprintf(line, sizeof line, "\n.It Cm %s\n", item);
        cr_expect_not_null(strstr(page, line), "docs/penstock-statistics.7 does not say: %s", item);
        count++;
    }
    return count;
}

Test(man_pages, penstock_statistics_7_has_every_field)
{
    char *page = strdup(read_file("docs/penstock-statistics.7"));
    const char *source = read_file("src/supervisor/statistics.c");
    cr_expect_gt(expect_items(source, page, "line_add(&line, \"", "=\""), 20);
    source = strstr(source, "names[] = {\"connections\"");
    cr_assert_not_null(source);
    char *names = strndup(source, strcspn(source, "}"));
    cr_expect_eq(expect_items(names, page, " \"", "\""), 6, "all but the first");
    free(names);
    free(page);
}

/* --- what penstock(8) says of a reload --- */

static void
add_paths(enum config_change change, char *text, size_t size)
{
    for (enum config_row_id id = 0; id < CONFIG_ROWS; id++) {
        const struct config_row *row = &config_rows[id];
        size_t len = strlen(text);
        if (row->change == change)
            snprintf(text + len, size - len, "%s%s%s%s%s", len == 0 ? "" : ", ", row->group,
                     config_row_is_entry(row) ? "[]" : "", *row->group == '\0' ? "" : ".",
                     row->key);
    }
}

Test(man_pages, penstock_8_names_what_a_restart_is_needed_for)
{
    char keys[1024] = "", sentence[1100], some[1024] = "";
    char *page = read_file("docs/penstock.8");
    for (char *c = page; *c != '\0'; c++)
        *c = *c == '\n' ? ' ' : *c;
    add_paths(CONFIG_CHANGE_RESTART, keys, sizeof keys);
    snprintf(sentence, sizeof sentence, "Only a restart can change %s; ", keys);
    char *at = strstr(page, sentence), *end = at == NULL ? NULL : strstr(at, " The CA file ");
    cr_assert_not_null(end, "docs/penstock.8 does not say: %s", sentence);
    *end = '\0';
    add_paths(CONFIG_CHANGE_SOME, some, sizeof some);
    for (char *key = strtok(some, ", "); key != NULL; key = strtok(NULL, ", "))
        cr_expect_not_null(strstr(at, key), "docs/penstock.8 does not say what of %s", key);
}
