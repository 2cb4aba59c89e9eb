/* draw_page_ends.c - how queries ended, on the page
 * SPDX-License-Identifier: ISC
 */
#include "view/draw_page_ends.h"

#include "view/draw_page_mark.h"
#include "view/moment.h"
#include "view/says.h"

#define WIDE  7000 /* of the bar of all ends */
#define GAP   20
#define LEAST 12 /* what there is can be seen */

struct ends {
    const struct figures *f;
    struct markup *to;
    uint64_t rate; /* of all ends, thousandths per second; NUMBER_NONE: not known */
};

/* The class of the style sheet for a bar of that part. */
static const char *
class_of(enum why_part part)
{
    switch (why_part_group(part)) {
    case WHY_GROUP_ANSWERED:
        return part == WHY_PART_CACHE ? "b1" : part == WHY_PART_UPSTREAM ? "b2" : "b3";
    case WHY_GROUP_TURNED_AWAY:
    case WHY_GROUP_NEITHER:
        return "br";
    case WHY_GROUP_FAILED:
    case WHY_GROUPS:
        break;
    }
    return "bf";
}

static uint64_t
share_of(const struct ends *ends, uint64_t rate)
{
    return rate == NUMBER_NONE || ends->rate == NUMBER_NONE ? NUMBER_NONE
                                                            : number_share_of(rate, ends->rate);
}

/* Since the start. */
static uint64_t
in_all(const struct ends *ends, enum why_part part)
{
    static const struct tally nothing;
    return tally_part(&nothing, &ends->f->reading->tally, part);
}

static void
put_bar(const struct ends *ends)
{
    unsigned x = 0;
    markup_put(ends->to,
               "<svg class=\"all\" viewBox=\"0 0 %u 160\" preserveAspectRatio=\"none\" "
               "aria-hidden=\"true\"><rect class=\"trk\" width=\"%u\" height=\"160\"/>",
               WIDE, WIDE);
    for (unsigned i = 0; i < WHY_PARTS; i++) {
        uint64_t share = share_of(ends, ends->f->parts[i]);
        if (share == NUMBER_NONE || ends->f->parts[i] == 0)
            continue;
        unsigned wide = (unsigned)(share * WIDE / 10000);
        unsigned seen = wide > GAP + LEAST ? wide - GAP : LEAST;
        if (x + seen > WIDE)
            x = WIDE - seen;
        markup_put(ends->to, "<rect class=\"%s\" x=\"%u\" width=\"%u\" height=\"160\"/>",
                   class_of((enum why_part)i), x, seen);
        x += wide;
    }
    markup_put(ends->to, "</svg>");
}

/* --- table ----------------------------------------------------------------------------------- */

/* What failed is rare and matters: it is shown to two places, and never as none if there is some. */
static void
put_rate(const struct ends *ends, uint64_t rate, enum why_group group)
{
    char figure[NUMBER_TEXT_MAX], percent[NUMBER_TEXT_MAX];
    uint64_t share = share_of(ends, rate);
    bool is_rare = group == WHY_GROUP_FAILED;
    markup_put(ends->to, "<td class=\"n\">");
    markup_figure(ends->to, is_rare ? number_rare(rate, figure) : number_rate(rate, figure));
    markup_put(ends->to, "</td><td class=\"n\">");
    if (is_rare && share == 0 && rate > 0)
        markup_figure(ends->to, "<0.01");
    else
        markup_figure(ends->to,
                      is_rare ? number_share(share, percent) : number_tenths(share, percent));
    markup_put(ends->to, "</td>");
}

static void
put_part(const struct ends *ends, enum why_part part)
{
    char count[NUMBER_TEXT_MAX];
    uint64_t rate = ends->f->parts[part];
    markup_put(ends->to, "<tr><th scope=\"row\" class=\"w\">%s</th>", why_part_text(part));
    put_rate(ends, rate, why_part_group(part));
    markup_put(ends->to, "<td class=\"bw\">");
    draw_page_mark_bar(ends->to, share_of(ends, rate), class_of(part));
    markup_put(ends->to, "</td><td class=\"n u tot\">%s</td></tr>",
               number_count(in_all(ends, part), count));
}

static uint64_t
rate_of(const struct figures *f, enum why_group group)
{
    const uint64_t rates[WHY_GROUPS] = {[WHY_GROUP_ANSWERED] = f->answered,
                                        [WHY_GROUP_TURNED_AWAY] = f->turned_away,
                                        [WHY_GROUP_FAILED] = f->failed,
                                        [WHY_GROUP_NEITHER] = f->neither};
    return rates[group];
}

/* What failed, or was the client's own doing, has a row only if it ever happened. */
static bool
has_row(const struct ends *ends, enum why_part part)
{
    enum why_group group = why_part_group(part);
    return group == WHY_GROUP_ANSWERED || group == WHY_GROUP_TURNED_AWAY || in_all(ends, part) > 0;
}

static bool
has_group(const struct ends *ends, enum why_group group)
{
    bool has = group != WHY_GROUP_NEITHER;
    for (unsigned i = 0; i < WHY_PARTS; i++)
        has = has || (why_part_group((enum why_part)i) == group && has_row(ends, (enum why_part)i));
    return has;
}

static void
put_group(const struct ends *ends, enum why_group group)
{
    static const char *const names[WHY_GROUPS] = {[WHY_GROUP_ANSWERED] = "Answered",
                                                  [WHY_GROUP_TURNED_AWAY] = "Turned away by a rule",
                                                  [WHY_GROUP_FAILED] = "Failed",
                                                  [WHY_GROUP_NEITHER] = "Neither"};
    if (!has_group(ends, group))
        return;
    markup_put(ends->to, "<tr class=\"grp\"><th scope=\"row\">%s</th>", names[group]);
    put_rate(ends, rate_of(ends->f, group), group);
    markup_put(ends->to, "<td></td><td class=\"tot\"></td></tr>");
    for (unsigned i = 0; i < WHY_PARTS; i++)
        if (why_part_group((enum why_part)i) == group && has_row(ends, (enum why_part)i))
            put_part(ends, (enum why_part)i);
}

void
draw_page_ends(const struct figures *figures, struct markup *to)
{
    char span[MOMENT_TEXT_MAX];
    struct ends ends = {.f = figures, .to = to, .rate = NUMBER_NONE};
    if (figures->answered != NUMBER_NONE)
        ends.rate = figures->answered + figures->turned_away + figures->failed + figures->neither;
    markup_put(to,
               "<section class=\"box\"><h2>How queries ended <span>last %s; each ends once"
               "</span></h2>",
               says_span(figures, span));
    put_bar(&ends);
    markup_put(to, "<table class=\"ends\"><thead><tr><th scope=\"col\">end</th>"
                   "<th scope=\"col\" class=\"n\">/s</th><th scope=\"col\" class=\"n\">%%</th>"
                   "<td class=\"bw\"></td>"
                   "<th scope=\"col\" class=\"n tot\">since start</th></tr></thead><tbody>");
    for (unsigned group = 0; group < WHY_GROUPS; group++)
        put_group(&ends, (enum why_group)group);
    markup_put(to, "</tbody></table></section>");
}
