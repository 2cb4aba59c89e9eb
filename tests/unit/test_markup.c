/* test_markup.c - what is put into a page stays text, and what has no room is known
 * SPDX-License-Identifier: ISC
 */
#include "view/markup.h"

#include <criterion/criterion.h>
#include <string.h>

static char text[256];
static struct markup markup;

static void
begin(size_t size)
{
    memset(text, 'x', sizeof text);
    markup_begin(&markup, text, size);
}

Test(markup, a_text_cannot_become_markup)
{
    begin(sizeof text);
    markup_put(&markup, "<p class=\"%s\">%s</p>", "\"><script>", "<b>&amp;</b>'");
    cr_expect_str_eq(text, "<p class=\"&quot;&gt;&lt;script&gt;\">"
                           "&lt;b&gt;&amp;amp;&lt;/b&gt;&#39;</p>");
}

Test(markup, what_is_not_printable_ascii_is_a_question_mark)
{
    begin(sizeof text);
    markup_put(&markup, "%s", "a\x1b[2J\n\xc3\xa9\xff\x7f");
    cr_expect_str_eq(text, "a?[2J?????");
}

Test(markup, numbers_and_percent_signs)
{
    begin(sizeof text);
    markup_put(&markup, "%u %% %u", 0U, 4294967295U);
    cr_expect_str_eq(text, "0 % 4294967295");
}

Test(markup, what_is_not_there_is_a_dash)
{
    begin(sizeof text);
    markup_figure(&markup, "-");
    markup_figure(&markup, "<0.01");
    cr_expect_str_eq(text, "–&lt;0.01");
}

Test(markup, code_in_a_sentence_always_ends)
{
    begin(sizeof text);
    markup_sentence(&markup, "On the host: `a <b>`. Then `c");
    cr_expect_str_eq(text, "On the host: <code>a &lt;b&gt;</code>. Then <code>c</code>");
}

/* A piece that does not fit is left out whole, and so is all that follows. */
Test(markup, no_room_is_known_and_ends_in_no_middle)
{
    for (size_t size = 1; size <= 16; size++) {
        begin(size);
        markup_put(&markup, "<br/>%s<br/>", "&");
        cr_expect_eq(markup.is_cut, size <= 15);
        cr_expect_eq(strlen(text), markup.used);
        cr_expect_lt(markup.used, size);
        cr_expect(strcmp(text, "") == 0 || strcmp(text, "<br/>") == 0 ||
                      strcmp(text, "<br/>&amp;") == 0 || strcmp(text, "<br/>&amp;<br/>") == 0,
                  "%s", text);
        cr_expect_eq(text[size], 'x', "an octet behind the buffer was written");
    }
}
