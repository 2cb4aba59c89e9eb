/* markup.c - HTML in memory, in which a text can never become markup
 * SPDX-License-Identifier: ISC
 */
#include "view/markup.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define DIGITS_MAX 16 /* of an unsigned int, with its NUL */

void
markup_begin(struct markup *markup, char *text, size_t size)
{
    *markup = (struct markup){.text = text, .size = size};
    text[0] = '\0';
}

static void
add(struct markup *markup, const char *octets, size_t size)
{
    if (markup->is_cut || size >= markup->size - markup->used) {
        markup->is_cut = true;
        return;
    }
    memcpy(markup->text + markup->used, octets, size);
    markup->used += size;
    markup->text[markup->used] = '\0';
}

static void
add_character(struct markup *markup, char c)
{
    static const struct {
        char character;
        const char *escaped;
    } escapes[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}};
    for (size_t i = 0; i < sizeof escapes / sizeof escapes[0]; i++) {
        if (escapes[i].character == c) {
            add(markup, escapes[i].escaped, strlen(escapes[i].escaped));
            return;
        }
    }
    add(markup, c >= ' ' && c <= '~' ? &c : "?", 1);
}

static void
add_text(struct markup *markup, const char *text)
{
    for (; *text != '\0'; text++)
        add_character(markup, *text);
}

static void
add_number(struct markup *markup, unsigned number)
{
    char digits[DIGITS_MAX];
    int size = snprintf(digits, sizeof digits, "%u", number);
    add(markup, digits, (size_t)size);
}

void
markup_put(struct markup *markup, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    while (*format != '\0') {
        size_t plain = strcspn(format, "%");
        add(markup, format, plain);
        format += plain;
        if (*format == '\0')
            break;
        if (format[1] == 's')
            add_text(markup, va_arg(args, const char *));
        else if (format[1] == 'u')
            add_number(markup, va_arg(args, unsigned));
        else
            add(markup, "%", 1);
        assert(format[1] == 's' || format[1] == 'u' || format[1] == '%');
        format += 2;
    }
    va_end(args);
}

void
markup_figure(struct markup *markup, const char *figure)
{
    if (strcmp(figure, "-") == 0)
        markup_put(markup, "–");
    else
        add_text(markup, figure);
}

void
markup_sentence(struct markup *markup, const char *text)
{
    bool is_code = false;
    for (; *text != '\0'; text++) {
        if (*text != '`') {
            add_character(markup, *text);
            continue;
        }
        is_code = !is_code;
        markup_put(markup, is_code ? "<code>" : "</code>");
    }
    if (is_code)
        markup_put(markup, "</code>");
}
