/* test_import_line.c - lines of words, with quotes and comments
 * SPDX-License-Identifier: ISC
 */
#include "import/import_line.h"

#include <criterion/criterion.h>
#include <string.h>

static struct import_line line;

static struct import_line_reader
open_text(const char *text)
{
    return import_line_open(text, strlen(text));
}

Test(import_line, words_quotes_and_comments)
{
    struct import_line_reader reader =
        open_text("# nothing\n\n a  b#c\t\"d e\" # f\r\n'g \\' h' \"\"\nlast");
    cr_assert(import_line_next(&reader, &line));
    cr_expect(line.number == 3 && line.count == 3 && line.wrong == NULL);
    cr_expect_str_eq(line.words[0], "a");
    cr_expect_str_eq(line.words[1], "b#c");
    cr_expect_str_eq(line.words[2], "d e");
    cr_expect(line.is_quoted[2] && !line.is_quoted[1]);
    cr_assert(import_line_next(&reader, &line));
    cr_expect(line.number == 4 && line.count == 2);
    cr_expect_str_eq(line.words[0], "g ' h");
    cr_expect_str_eq(line.words[1], "");
    cr_assert(import_line_next(&reader, &line));
    cr_expect_str_eq(line.words[0], "last");
    cr_expect_not(import_line_next(&reader, &line));
    cr_expect_not(import_line_next(&reader, &line));
}

Test(import_line, what_is_wrong_with_a_line_concerns_that_line)
{
    static char text[2 * IMPORT_LINE_BYTES];
    struct import_line_reader reader = open_text("a \"b\nc\n");
    cr_assert(import_line_next(&reader, &line));
    cr_expect_str_eq(line.wrong, "a quote that does not end");
    cr_assert(import_line_next(&reader, &line));
    cr_expect(line.wrong == NULL && line.number == 2);
    reader = open_text("a \x1b[2J\nb");
    cr_assert(import_line_next(&reader, &line));
    cr_expect_not_null(strstr(line.wrong, "not printable ASCII"));
    memset(text, 'x', sizeof text - 1);
    text[IMPORT_LINE_BYTES + 9] = '\n';
    reader = open_text(text);
    cr_assert(import_line_next(&reader, &line));
    cr_expect_not_null(strstr(line.wrong, "longer than 4095"));
    cr_assert(import_line_next(&reader, &line));
    cr_expect(line.wrong == NULL && line.number == 2);
    for (unsigned i = 0; i < 2 * IMPORT_LINE_WORDS_MAX + 2; i++)
        text[i] = i % 2 == 0 ? 'x' : ' ';
    text[2 * IMPORT_LINE_WORDS_MAX + 2] = '\0';
    reader = open_text(text);
    cr_assert(import_line_next(&reader, &line));
    cr_expect_not_null(strstr(line.wrong, "more than 256 words"));
    cr_expect_eq(line.count, IMPORT_LINE_WORDS_MAX);
}
