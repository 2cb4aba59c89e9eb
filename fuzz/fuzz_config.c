/* fuzz_config.c - any file and environment load, or are refused with one printable line
 * SPDX-License-Identifier: ISC
 *
 * The input is the file; what follows a NUL byte are variables, parted by NUL bytes. What loads is
 * sound and prints to a file that loads to the same bytes.
 */
#include "conf/config.h"
#include "conf/config_load.h"
#include "conf/config_print.h"

#include "fuzz.h"

#include <stdio.h>
#include <string.h>

#define VARIABLES_MAX 64

static struct config config, again;
static struct config_error error;

static void
check_error(const struct config *failed)
{
    static const struct config zeros;
    size_t len = strnlen(error.text, sizeof error.text);
    must(len > 0 && len < sizeof error.text && memcmp(failed, &zeros, sizeof zeros) == 0);
    for (size_t i = 0; i < len; i++)
        must(error.text[i] >= ' ' && error.text[i] <= '~');
}

static void
check_round_trip(void)
{
    char *text = NULL;
    size_t text_size = 0;
    FILE *to = open_memstream(&text, &text_size);
    must(to != NULL);
    config_print(&config, NULL, to);
    fclose(to);
    struct config_source source = {.file = "again", .text = text, .text_size = text_size};
    must(config_is_sound(&config) && config_load(&source, &again, &error) == STATUS_OK);
    must(memcmp(&config, &again, sizeof config) == 0);
    free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *variables[VARIABLES_MAX + 1] = {NULL};
    size_t file_size = strnlen((const char *)data, size), count = 0;
    char *copy = malloc(size + 1);
    must(copy != NULL);
    memcpy(copy, data, size);
    copy[size] = '\0';
    for (size_t at = file_size + 1; at < size && count < VARIABLES_MAX; at += strlen(copy + at) + 1)
        variables[count++] = copy + at;
    struct config_source source = {
        .file = "input", .text = (const char *)data, .text_size = file_size, .environ = variables};
    if (config_load(&source, &config, &error) == STATUS_OK)
        check_round_trip();
    else
        check_error(&config);
    free(copy);
    return 0;
}
