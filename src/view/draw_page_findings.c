/* draw_page_findings.c - what needs somebody, on the page
 * SPDX-License-Identifier: ISC
 */
#include "view/draw_page_findings.h"

#include "view/draw_page_mark.h"
#include "view/finding_line.h"
#include "view/moment.h"
#include "view/says.h"

#include <string.h>

/* "TODAY" and "BY 2 DEC" as they stand in a sentence: a month keeps its capital. */
static void
to_lower(char *text)
{
    for (size_t i = 0; text[i] != '\0'; i++) {
        bool is_month = i > 1 && text[i - 1] == ' ' && text[i - 2] >= '0' && text[i - 2] <= '9';
        if (text[i] >= 'A' && text[i] <= 'Z' && !is_month)
            text[i] = (char)(text[i] - 'A' + 'a');
    }
}

static void
put_what(const struct figures *f, const struct judge_finding *finding, struct markup *to)
{
    char text[FINDING_LINE_MAX];
    const char *object = says_object(f, finding);
    size_t size = strlen(object);
    finding_line_what(f, finding, text);
    markup_put(to, "<span class=\"what\">");
    if (size > 0 && strncmp(text, object, size) == 0)
        markup_put(to, "<b>%s</b>", object);
    else
        size = 0;
    markup_sentence(to, text + size);
    markup_put(to, "</span>");
}

static void
put_finding(const struct figures *f, const struct judge_finding *finding, struct markup *to)
{
    char when[SAYS_LINE_MAX], act[FINDING_LINE_MAX], since[MOMENT_TEXT_MAX];
    says_when(f, finding, when);
    to_lower(when);
    markup_put(to, "<li>");
    draw_page_mark(to, finding->level, "m");
    markup_put(to, "<span class=\"when %s\">%s</span>", draw_page_mark_word(finding->level), when);
    put_what(f, finding, to);
    markup_put(to, "<span class=\"do\">");
    markup_sentence(to, finding_line_act(f, finding, act));
    markup_put(to, "</span><span class=\"since\">since %s</span></li>",
               moment_since_short(finding->since_s, f->reading->wall_s, since));
}

void
draw_page_findings(const struct figures *figures, const struct judgement *judgement,
                   struct markup *to)
{
    if (judgement->count == 0)
        return;
    markup_put(to, "<ul class=\"find\" aria-label=\"What needs you\">");
    for (unsigned i = 0; i < judgement->count && i < DRAW_PAGE_FINDINGS_MAX; i++)
        put_finding(figures, &judgement->findings[i], to);
    if (judgement->count > DRAW_PAGE_FINDINGS_MAX)
        markup_put(to,
                   "<li><span></span><span></span><span class=\"what\">And %u more.</span>"
                   "<span class=\"do\"><code>penstockctl status</code> tells all of them.</span>"
                   "<span></span></li>",
                   judgement->count - DRAW_PAGE_FINDINGS_MAX);
    markup_put(to, "</ul>");
}
