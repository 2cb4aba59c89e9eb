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

__attribute__((format(printf, 4, 0))) static enum status
write_error(struct config_error *error, const char *where, const char *key, const char *format,
            va_list args)
{
    size_t size = sizeof error->text;
    int n = snprintf(error->text, size, "%s: %s%s", where, key == NULL ? "" : key,
                     key == NULL ? "" : ": ");
    if (n > 0 && (size_t)n < size)
        vsnprintf(error->text + n, size - (size_t)n, format, args);
    make_printable(error->text);
    return STATUS_INVALID;
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

enum status
config_error_at(struct config_error *error, const char *file, uint32_t line, const char *key,
                const char *format, ...)
{
    char where[FILE_SHOWN_MAX + 32];
    va_list args;
    va_start(args, format);
    enum status status = write_error(error, file_where(file, line, where), key, format, args);
    va_end(args);
    return status;
}

enum status
config_error_of(struct config_error *error, const char *file, struct config_origin origin,
                const struct config_row *row, unsigned upstream, const char *format, ...)
{
    char where[FILE_SHOWN_MAX + 32], key[CONFIG_PATH_TEXT_MAX];
    bool is_env = origin.layer == CONFIG_FROM_ENV, is_flag = origin.layer == CONFIG_FROM_FLAGS;
    const char *place = is_env    ? "environment"
                        : is_flag ? "command line"
                                  : file_where(file, origin.line, where);
    (void)(is_env ? config_row_env(row, upstream, key) : config_row_path(row, upstream, key));
    va_list args;
    va_start(args, format);
    enum status status = write_error(error, place, key, format, args);
    va_end(args);
    return status;
}
