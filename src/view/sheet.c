/* sheet.c - text that is written column by column
 * SPDX-License-Identifier: ISC
 */
#include "view/sheet.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void
sheet_begin(struct sheet *sheet, char *text, size_t size, bool is_plain, bool has_styles)
{
    *sheet =
        (struct sheet){.text = text, .size = size, .is_plain = is_plain, .has_styles = has_styles};
    text[0] = '\0';
}

/* An octet of a character that is not its first. */
static bool
is_inner(char octet)
{
    return ((unsigned char)octet & 0xc0) == 0x80;
}

/* A character's first octet, styles apart. */
static bool
is_column(char octet)
{
    unsigned char c = (unsigned char)octet;
    return !is_inner(octet) && c >= SHEET_STYLES;
}

static void
put(struct sheet *sheet, const char *text, size_t size)
{
    for (size_t i = 0; i < size && sheet->used + 1 < sheet->size; i++) {
        bool is_end = text[i] == '\n', is_new = !is_end && is_column(text[i]);
        if (is_new)
            sheet->is_cutting = sheet->most > 0 && sheet->column >= sheet->most;
        sheet->column = is_end ? 0 : sheet->column + is_new;
        if (sheet->is_cutting && (is_new || is_inner(text[i])))
            continue;
        sheet->text[sheet->used++] = text[i];
    }
    sheet->text[sheet->used] = '\0';
}

void
sheet_add(struct sheet *sheet, const char *format, ...)
{
    char text[SHEET_ADD_MAX];
    va_list args;
    va_start(args, format);
    int size = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (size > 0)
        put(sheet, text, (size_t)size < sizeof text ? (size_t)size : sizeof text - 1);
}

void
sheet_to(struct sheet *sheet, unsigned column)
{
    while (sheet->column < column && sheet->used + 1 < sheet->size)
        put(sheet, " ", 1);
}

unsigned
sheet_width(const char *text)
{
    unsigned width = 0;
    for (; *text != '\0'; text++)
        width += is_column(*text);
    return width;
}

void
sheet_right(struct sheet *sheet, unsigned column, const char *text)
{
    unsigned width = sheet_width(text);
    if (sheet->column + width >= column && sheet->column > 0 && sheet->column + width != column)
        put(sheet, " ", 1);
    else
        sheet_to(sheet, column > width ? column - width : 0);
    put(sheet, text, strlen(text));
}

void
sheet_cut(struct sheet *sheet, unsigned width, const char *text)
{
    bool is_cut = sheet_width(text) > width;
    unsigned left = is_cut && width > 0 ? width - 1 : width;
    size_t size = 0;
    for (; text[size] != '\0'; size++) {
        bool is_new = is_column(text[size]);
        if (is_new && left == 0)
            break;
        left -= is_new;
    }
    put(sheet, text, size);
    if (is_cut && width > 0)
        put(sheet, "~", 1);
}

void
sheet_sign(struct sheet *sheet, const char *sign, const char *plain)
{
    const char *text = sheet->is_plain ? plain : sign;
    put(sheet, text, strlen(text));
}

void
sheet_style(struct sheet *sheet, enum sheet_style style)
{
    char octet = (char)style;
    if (sheet->has_styles)
        put(sheet, &octet, 1);
}

/* Blanks at the end of what was written, styles among them apart. */
static void
trim(struct sheet *sheet)
{
    size_t end = sheet->used, kept = end;
    while (kept > 0 && (sheet->text[kept - 1] == ' ' ||
                        (sheet->text[kept - 1] > 0 && sheet->text[kept - 1] < SHEET_STYLES)))
        kept--;
    for (size_t i = kept; i < end; i++)
        if (sheet->text[i] != ' ')
            sheet->text[kept++] = sheet->text[i];
    sheet->used = kept;
}

void
sheet_end_line(struct sheet *sheet, unsigned width)
{
    trim(sheet);
    sheet_to(sheet, width);
    put(sheet, "\n", 1);
}

static void
flow_line(struct sheet *sheet, unsigned indent, unsigned width, const char *text, size_t size)
{
    bool is_first = true;
    while (size > 0) {
        const char *blank = memchr(text, ' ', size);
        size_t word = blank != NULL ? (size_t)(blank - text) : size;
        if (!is_first && sheet->column + 1 + word > width) {
            sheet_end_line(sheet, 0);
            sheet_to(sheet, indent);
        } else if (!is_first) {
            put(sheet, " ", 1);
        }
        put(sheet, text, word);
        is_first = false;
        text += word < size ? word + 1 : word;
        size -= word < size ? word + 1 : word;
    }
}

void
sheet_flow(struct sheet *sheet, unsigned indent, unsigned width, const char *text)
{
    while (*text != '\0') {
        size_t size = strcspn(text, "\n");
        sheet_to(sheet, indent);
        if (text[0] == ' ')
            put(sheet, text, size);
        else
            flow_line(sheet, indent, width, text, size);
        sheet_end_line(sheet, 0);
        text += size + (text[size] == '\n' ? 1 : 0);
    }
}

void
sheet_keep_lines(struct sheet *sheet, unsigned lines)
{
    size_t at = 0;
    for (; lines > 0 && at < sheet->used; lines--)
        at += strcspn(sheet->text + at, "\n") + 1;
    if (at < sheet->used) {
        sheet->used = at;
        sheet->text[at] = '\0';
        sheet->column = 0;
    }
}
