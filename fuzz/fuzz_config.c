/* fuzz_config.c - any file, environment and flags load, or are refused with printable lines
 * SPDX-License-Identifier: ISC
 *
 * The input is the file; what follows a NUL byte are variables, parted by NUL bytes; one that begins
 * with '-' is the address of a -a flag. Interfaces are e1 to e9. What loads is sound and prints, with
 * interfaces by name or number, to a file that loads to the same bytes; each warning is one line; it
 * differs from the defaults in a key that only a restart changes exactly if some such key differs.
 */
#include "conf/config.h"
#include "conf/config_change.h"
#include "conf/config_load.h"
#include "conf/config_print.h"
#include "conf/config_warn.h"

#include "fuzz.h"

#include <stdio.h>
#include <string.h>

#define VARIABLES_MAX 64
#define LISTEN_MAX    20

static struct config config, again, defaults;
static struct config_errors errors;
static struct config_error error;

static void
check_line(const struct config_error *line)
{
    size_t len = strnlen(line->text, sizeof line->text);
    must(len > 0 && len < sizeof line->text);
    for (size_t i = 0; i < len; i++)
        must(line->text[i] >= ' ' && line->text[i] <= '~');
}

/* Those that are kept are lines, and the first is what who asks for one gets. */
static void
check_errors(const struct config_source *source)
{
    static const struct config zeros;
    char rest[CONFIG_ERRORS_REST_MAX];
    must(memcmp(&config, &zeros, sizeof zeros) == 0 && errors.count > 0);
    for (uint32_t i = 0; i < config_errors_kept(&errors); i++)
        check_line(&errors.of[i]);
    must((config_errors_rest(&errors, rest) != NULL) == (errors.count > CONFIG_ERRORS_MAX));
    must(config_load(source, &config, &error) == STATUS_INVALID);
    must(strcmp(error.text, errors.of[0].text) == 0);
    config_errors_line(&errors, &error);
    check_line(&error);
}

static uint32_t
zone_index(const char *name)
{
    return name[0] == 'e' && name[1] >= '1' && name[1] <= '9' && name[2] == '\0'
               ? (uint32_t)(name[1] - '0')
               : 0;
}

static bool
zone_name(uint32_t number, char name[CONFIG_ZONE_NAME_MAX])
{
    snprintf(name, CONFIG_ZONE_NAME_MAX, "e%u", number);
    return number >= 1 && number <= 9;
}

static void
check_round_trip(config_zone_namer *namer)
{
    char *text = NULL;
    size_t text_size = 0;
    FILE *to = open_memstream(&text, &text_size);
    must(to != NULL);
    config_print(&config, namer, to);
    fclose(to);
    struct config_source source = {
        .file = "again", .text = text, .text_size = text_size, .zone_index = zone_index};
    must(config_is_sound(&config) && config_load(&source, &again, &error) == STATUS_OK);
    must(memcmp(&config, &again, sizeof config) == 0);
    free(text);
}

static void
check_warnings(void)
{
    char *text = NULL;
    size_t text_size = 0, lines = 0;
    FILE *to = open_memstream(&text, &text_size);
    must(to != NULL);
    size_t count = config_warn(&config, to);
    fclose(to);
    for (size_t i = 0; i < text_size; i++) {
        must(text[i] == '\n' || (text[i] >= ' ' && text[i] <= '~'));
        lines += text[i] == '\n';
    }
    must(lines == count && (text_size == 0 || text[text_size - 1] == '\n'));
    free(text);
}

static void
check_change(void)
{
    enum config_row_id fixed = CONFIG_ROWS;
    if (defaults.magic == 0)
        config_load_defaults(&defaults);
    must(config_change_fixed(&config, &again) == CONFIG_ROWS);
    must(!config_change_is_for_workers(&config, &again));
    for (enum config_row_id id = CONFIG_ROWS; id-- > 0;)
        if (config_rows[id].change == CONFIG_CHANGE_RESTART &&
            !config_row_is_same(&config_rows[id], &config, &defaults))
            fixed = id;
    must(config_change_fixed(&config, &defaults) == fixed);
    must(config_change_is_for_workers(&config, &defaults)); /* upstreams: there were none */
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *variables[VARIABLES_MAX + 1] = {NULL}, *listen[LISTEN_MAX];
    size_t file_size = strnlen((const char *)data, size), count = 0, listen_count = 0;
    char *copy = malloc(size + 1);
    must(copy != NULL);
    memcpy(copy, data, size);
    copy[size] = '\0';
    for (size_t at = file_size + 1; at < size && count < VARIABLES_MAX; at += strlen(copy + at) + 1)
        if (copy[at] != '-')
            variables[count++] = copy + at;
        else if (listen_count < LISTEN_MAX)
            listen[listen_count++] = copy + at + 1;
    struct config_source source = {.file = "input",
                                   .text = file_size > 0 ? (const char *)data : NULL,
                                   .text_size = file_size,
                                   .environ = variables,
                                   .listen = listen,
                                   .listen_count = listen_count,
                                   .zone_index = zone_index};
    if (config_load_all(&source, &config, &errors) == STATUS_OK) {
        must(errors.count == 0);
        check_round_trip(NULL);
        check_round_trip(zone_name);
        check_warnings();
        check_change();
    } else {
        check_errors(&source);
    }
    free(copy);
    return 0;
}
