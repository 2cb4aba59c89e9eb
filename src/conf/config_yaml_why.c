/* config_yaml_why.c - see config_yaml_why.h
 * SPDX-License-Identifier: ISC
 */
#include "conf/config_yaml_why.h"

#include <stdbool.h>
#include <string.h>

#define ADDRESS "0123456789abcdefABCDEF:."
#define ZONE    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-_"

const char *
config_yaml_why_start(const char *text, size_t size, size_t *length)
{
    *length = 0;
    if (size >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0))
        return "text in UTF-16; allowed: text in UTF-8";
    if (size < 3 || memcmp(text, "\xef\xbb\xbf", 3) != 0)
        return NULL;
    *length = 3;
    return "a byte order mark before the text; allowed: UTF-8 without one";
}

/* The line without its end. */
static const char *
find_line(const char *text, size_t size, uint32_t line, size_t *length)
{
    const char *end = text + size;
    for (; line > 1; line--) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        if (newline == NULL)
            return NULL;
        text = newline + 1;
    }
    const char *newline = memchr(text, '\n', (size_t)(end - text));
    *length = (size_t)((newline != NULL ? newline : end) - text);
    return text;
}

static bool
has_tab_before_text(const char *line, size_t length)
{
    for (size_t i = 0; i < length && (line[i] == ' ' || line[i] == '\t'); i++)
        if (line[i] == '\t')
            return true;
    return false;
}

static size_t
span(const char *text, size_t size, const char *characters)
{
    size_t i = 0;
    while (i < size && text[i] != '\0' && strchr(characters, text[i]) != NULL)
        i++;
    return i;
}

/* An opening bracket, an IPv6 address, a zone perhaps, and a closing bracket. */
static bool
is_address(const char *text, size_t size)
{
    size_t length = span(text + 1, size - 1, ADDRESS), colons = 0;
    for (size_t i = 1; i <= length; i++)
        colons += text[i] == ':';
    if (colons < 2)
        return false;
    if (length + 1 < size && text[length + 1] == '%')
        length += 1 + span(text + length + 2, size - length - 2, ZONE);
    return length + 1 < size && text[length + 1] == ']';
}

/* Outside of quotes, and before a comment. */
static bool
has_open_address(const char *line, size_t length)
{
    char quote = '\0';
    for (size_t i = 0; i < length; i++) {
        char c = line[i];
        if (quote != '\0')
            quote = c == quote ? '\0' : quote;
        else if (c == '"' || c == '\'')
            quote = c;
        else if (c == '#' && (i == 0 || line[i - 1] == ' '))
            return false;
        else if (c == '[' && is_address(line + i, length - i))
            return true;
    }
    return false;
}

const char *
config_yaml_why_line(const char *text, size_t size, uint32_t line)
{
    size_t length;
    const char *start = find_line(text, size, line, &length);
    if (start == NULL)
        return NULL;
    if (has_tab_before_text(start, length))
        return "a tab in the indentation; allowed: spaces";
    if (has_open_address(start, length))
        return "an address in brackets without quotes, which YAML reads as a list; allowed: quotes "
               "around it, as in \"[::1]:853\"";
    return NULL;
}
