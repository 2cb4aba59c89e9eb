/* config_error.c - see config_error.h
 * SPDX-License-Identifier: ISC
 */
#include "conf/config_error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FILE_SHOWN_MAX 200 /* characters of a path that are shown, from its end */

/* A value may hold anything; a log line and a terminal may not. */
static void
make_printable(char *text)
{
    for (char *c = text; *c != '\0'; c++)
        if (*c < ' ' || *c > '~')
            *c = '?';
}

static const char *
file_where(const char *file, uint32_t line, char where[FILE_SHOWN_MAX + 32])
{
    size_t len = file == NULL ? 0 : strlen(file);
    const char *shown = file == NULL           ? "configuration"
                        : len > FILE_SHOWN_MAX ? file + len - FILE_SHOWN_MAX
                                               : file;
    if (line > 0)
        snprintf(where, FILE_SHOWN_MAX + 32, "%s:%u", shown, line);
    else
        snprintf(where, FILE_SHOWN_MAX + 32, "%s", shown);
    return where;
}

__attribute__((format(printf, 5, 0))) static enum status
add(struct config_errors *errors, const char *file, struct config_origin origin, const char *key,
    const char *format, va_list args)
{
    struct config_error error = {.text = ""};
    char where[FILE_SHOWN_MAX + 32];
    const char *place = origin.layer == CONFIG_FROM_ENV     ? "environment"
                        : origin.layer == CONFIG_FROM_FLAGS ? "command line"
                                                            : file_where(file, origin.line, where);
    int n = config_errors_is_past(errors, origin)
                ? 0
                : snprintf(error.text, sizeof error.text, "%s: %s%s", place, key == NULL ? "" : key,
                           key == NULL ? "" : ": ");
    if (n > 0 && (size_t)n < sizeof error.text)
        vsnprintf(error.text + n, sizeof error.text - (size_t)n, format, args);
    make_printable(error.text);
    config_errors_add(errors, &error, origin);
    return STATUS_INVALID;
}

enum status
config_error_at(struct config_errors *errors, const char *file, struct config_origin origin,
                const char *key, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    enum status status = add(errors, file, origin, key, format, args);
    va_end(args);
    return status;
}

enum status
config_error_of(struct config_errors *errors, const char *file, struct config_origin origin,
                enum config_row_id row, uint32_t upstream, const char *format, ...)
{
    char key[CONFIG_PATH_TEXT_MAX];
    if (origin.layer == CONFIG_FROM_ENV)
        (void)config_row_env(&config_rows[row], upstream, key);
    else
        (void)config_row_path(&config_rows[row], upstream, key);
    config_errors_mark(errors, row, upstream);
    va_list args;
    va_start(args, format);
    enum status status = add(errors, file, origin, key, format, args);
    va_end(args);
    return status;
}
