/* import_line.c - see import_line.h
 * SPDX-License-Identifier: ISC
 */
#include "import/import_line.h"

struct import_line_reader
import_line_open(const char *text, size_t size)
{
    return (struct import_line_reader){.from = bytes_reader(text, size)};
}

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static char
peek(const struct import_line_reader *reader)
{
    struct bytes_reader ahead = reader->from;
    return bytes_left(&ahead) == 0 ? '\n' : (char)bytes_get_u8(&ahead);
}

static char
get(struct import_line_reader *reader)
{
    return bytes_left(&reader->from) == 0 ? '\n' : (char)bytes_get_u8(&reader->from);
}

static void
skip_rest(struct import_line_reader *reader)
{
    while (get(reader) != '\n')
        continue;
}

/* The last octet stays free for the NUL of the last word. */
static void
put(struct import_line *line, char c)
{
    if (line->used + 1 < sizeof line->bytes)
        line->bytes[line->used++] = c;
    else
        line->wrong = "it is longer than 4095 characters";
}

static void
end_word(struct import_line *line)
{
    line->bytes[line->used++] = '\0';
    if (line->used == sizeof line->bytes)
        line->wrong = "it is longer than 4095 characters";
}

static void
take_quoted(struct import_line_reader *reader, struct import_line *line)
{
    char quote = get(reader);
    while (line->wrong == NULL && peek(reader) != quote) {
        if (peek(reader) == '\\')
            (void)get(reader);
        if (peek(reader) == '\n') {
            line->wrong = "a quote that does not end";
            return;
        }
        put(line, get(reader));
    }
    if (line->wrong == NULL)
        (void)get(reader);
}

static void
take_plain(struct import_line_reader *reader, struct import_line *line)
{
    while (line->wrong == NULL && peek(reader) != '\n' && !is_blank(peek(reader)))
        put(line, get(reader));
}

static void
take_word(struct import_line_reader *reader, struct import_line *line)
{
    char first = peek(reader);
    if (line->count == IMPORT_LINE_WORDS_MAX) {
        line->wrong = "it has more than 256 words";
        return;
    }
    size_t begin = line->used;
    line->words[line->count] = &line->bytes[begin];
    line->is_quoted[line->count++] = first == '"' || first == '\'';
    if (first == '"' || first == '\'')
        take_quoted(reader, line);
    else
        take_plain(reader, line);
    end_word(line);
    for (size_t i = begin; i + 1 < line->used; i++)
        if (line->bytes[i] < ' ' || line->bytes[i] > '~')
            line->wrong = "it has characters that are not printable ASCII";
}

bool
import_line_next(struct import_line_reader *reader, struct import_line *line)
{
    while (bytes_left(&reader->from) > 0) {
        line->number = ++reader->number;
        line->count = 0;
        line->used = 0;
        line->wrong = NULL;
        while (line->wrong == NULL && peek(reader) != '\n' && peek(reader) != '#') {
            if (is_blank(peek(reader)))
                (void)get(reader);
            else
                take_word(reader, line);
        }
        skip_rest(reader);
        if (line->count > 0)
            return true;
    }
    return false;
}
