/* draw_page_head.c - what the page begins with: whose it is, and how it is
 * SPDX-License-Identifier: ISC
 */
#include "view/draw_page_head.h"

#include "view/draw_page_mark.h"
#include "view/moment.h"
#include "view/says.h"

bool
draw_page_head_is_old(const struct judgement *j)
{
    return j->level == JUDGE_ACT && j->count > 0 && j->findings[0].kind == JUDGE_OLD;
}

/* --- whose page it is ------------------------------------------------------------------------ */

void
draw_page_head_pace(const struct draw_page_when *when, struct markup *to)
{
    if (when->is_held)
        markup_put(to, ", held still · <a href=\"?\">go on</a>");
    else
        markup_put(to, ", again every 10 s · <a href=\"?hold\">hold still</a>");
}

/* Of the moment that figures are of: the time of day where that is enough. */
static void
put_read(const struct figures *f, const struct judgement *j, const struct draw_page_when *when,
         struct markup *to)
{
    char drawn[MOMENT_TEXT_MAX], read[MOMENT_TEXT_MAX];
    uint64_t read_s = when->drawn_s - f->reading->age_us / 1000000;
    if (draw_page_head_is_old(j))
        markup_put(to, "drawn <b>%s</b>, from figures of <b>%s</b>",
                   moment_short(when->drawn_s, drawn), moment_short(read_s, read));
    else
        markup_put(to, "read <b>%s</b>", moment_full(read_s, read));
    draw_page_head_pace(when, to);
}

void
draw_page_head(const struct figures *f, const struct judgement *j,
               const struct draw_page_when *when, struct markup *to)
{
    char span[MOMENT_TEXT_MAX];
    const struct reading *r = f->reading;
    uint64_t up_s = (r->tally.at_us - r->started_us) / 1000000;
    markup_put(to, "<header><span><b>penstock</b>");
    if (r->host[0] != '\0')
        markup_put(to, " on <b>%s</b>", r->host);
    markup_put(to, "</span><span>version %s</span><span>up %s</span><span>%u lane%s</span>",
               r->version, moment_span(up_s, span), r->lanes, r->lanes == 1 ? "" : "s");
    markup_put(to, "<span class=\"r\">");
    put_read(f, j, when, to);
    markup_put(to, "</span></header>");
}

/* --- how it is ------------------------------------------------------------------------------- */

void
draw_page_head_level(struct markup *to, enum judge_level level)
{
    static const char *const words[] = {
        [JUDGE_WELL] = "Well.", [JUDGE_LOOK] = "Look.", [JUDGE_ACT] = "Act."};
    markup_put(to, "<div class=\"health\">");
    draw_page_mark(to, level, "big");
    markup_put(to, "<h1><span class=\"%s\">%s</span> ", draw_page_mark_word(level), words[level]);
}

static void
put_old(const struct figures *f, const struct draw_page_when *when, struct markup *to)
{
    char span[MOMENT_TEXT_MAX], last[MOMENT_TEXT_MAX];
    uint64_t age_s = f->reading->age_us / 1000000;
    markup_put(to, "This page is old. It says how things were %s ago.</h1>",
               moment_span(age_s, span));
    markup_put(
        to,
        "<p>The supervisor wrote its last figures on %s. Whether clients are answered is not "
        "known here; what stands below may be from before.</p>",
        moment_short(when->drawn_s - age_s, last));
}

static void
put_since(const struct figures *f, const struct judgement *j, struct markup *to)
{
    char since[MOMENT_TEXT_MAX], span[MOMENT_TEXT_MAX];
    uint64_t now_s = f->reading->wall_s;
    if (j->level == JUDGE_WELL && !f->is_whole) {
        markup_put(to, "Well, as far as %s can tell.", says_span(f, span));
        return;
    }
    moment_since(j->since_s, now_s, since);
    moment_span(now_s > j->since_s ? now_s - j->since_s : 0, span);
    markup_put(to, "%s since %s, for %s.", j->level == JUDGE_WELL ? "Well" : "Like this", since,
               span);
}

void
draw_page_head_sentence(const struct figures *f, const struct judgement *j,
                        const struct draw_page_when *when, struct markup *to)
{
    char clients[SAYS_LINE_MAX], needs[SAYS_LINE_MAX], share[NUMBER_TEXT_MAX];
    char span[MOMENT_TEXT_MAX];
    draw_page_head_level(to, j->level);
    if (draw_page_head_is_old(j)) {
        put_old(f, when, to);
    } else {
        markup_put(to, "%s %s</h1><p>", says_clients(f, j, clients), says_needs(j, needs));
        if (f->share != NUMBER_NONE)
            markup_put(to,
                       "<b>%s %%</b> of the queries that no rule turned away were answered in the "
                       "last %s. ",
                       number_share(f->share, share), says_span(f, span));
        put_since(f, j, to);
        markup_put(to, "</p>");
    }
    markup_put(to, "</div>");
}
