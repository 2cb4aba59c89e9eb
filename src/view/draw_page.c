/* draw_page.c - the status page in HTML
 * SPDX-License-Identifier: ISC
 */
#include "view/draw_page.h"

#include "view/draw_page_ends.h"
#include "view/draw_page_findings.h"
#include "view/draw_page_mark.h"
#include "view/draw_page_panels.h"
#include "view/draw_page_room.h"
#include "view/draw_page_spread.h"
#include "view/draw_page_style.h"
#include "view/draw_page_upstreams.h"
#include "view/moment.h"

const char *
draw_page_policy(void)
{
    return "default-src 'none'; style-src '" DRAW_PAGE_STYLE_HASH
           "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
}

static void
begin(enum judge_level level, const char *host, const struct draw_page_when *when,
      struct markup *to)
{
    markup_put(to,
               "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"/>"
               "<title>%s – penstock%s%s</title>",
               draw_page_mark_word(level), host[0] != '\0' ? " " : "", host);
    markup_put(to, "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"/>"
                   "<meta name=\"color-scheme\" content=\"light dark\"/>"
                   "<meta name=\"referrer\" content=\"no-referrer\"/>");
    if (!when->is_held)
        markup_put(to, "<meta http-equiv=\"refresh\" content=\"10\"/>");
    markup_put(to, "<style>" DRAW_PAGE_STYLE "</style></head>");
}

static void
put_foot(const struct figures *f, struct markup *to)
{
    char config[MOMENT_TEXT_MAX];
    markup_put(to,
               "<footer>No query name and no client address is on this page. All figures are "
               "computed from counters: <a href=\"metrics\">the counters themselves</a>. "
               "Configuration of %s is in force. Times are UTC.</footer></body></html>",
               moment_since(f->reading->config_s, f->reading->wall_s, config));
}

/* What stands in for a page that has no room. */
static enum status
draw_short(const struct figures *f, const struct judgement *j, const struct draw_page_when *when,
           struct markup *to)
{
    markup_begin(to, to->text, to->size);
    begin(j->level, "", when, to);
    markup_put(to, "<body><main>");
    draw_page_head_sentence(f, j, when, to);
    markup_put(to, "<p>There is more to say than this page has room for: "
                   "<code>penstockctl status</code> tells all of it.</p></main></body></html>");
    if (to->is_cut)
        markup_begin(to, to->text, to->size);
    return STATUS_FULL;
}

enum status
draw_page(const struct figures *f, const struct judgement *j, const struct draw_page_when *when,
          struct markup *to)
{
    begin(j->level, f->reading->host, when, to);
    markup_put(to, draw_page_head_is_old(j) ? "<body class=\"stale\">" : "<body>");
    draw_page_head(f, j, when, to);
    markup_put(to, "<main>");
    draw_page_head_sentence(f, j, when, to);
    draw_page_findings(f, j, to);
    draw_page_panels(f, j, when, to);
    draw_page_upstreams(f, j, to);
    markup_put(to, "<div class=\"three\">");
    draw_page_ends(f, to);
    draw_page_spread(f, to);
    draw_page_room(f, j, to);
    markup_put(to, "</div></main>");
    put_foot(f, to);
    return to->is_cut ? draw_short(f, j, when, to) : STATUS_OK;
}

enum status
draw_page_unreached(uint64_t read_s, const struct draw_page_when *when, struct markup *to)
{
    char drawn[MOMENT_TEXT_MAX], read[MOMENT_TEXT_MAX];
    begin(JUDGE_ACT, "", when, to);
    markup_put(to, "<body><header><span><b>penstock</b></span><span class=\"r\">drawn <b>%s</b>",
               moment_full(when->drawn_s, drawn));
    draw_page_head_pace(when, to);
    markup_put(to, "</span></header><main>");
    draw_page_head_level(to, JUDGE_ACT);
    markup_put(to, "The service cannot be asked.</h1><p>");
    if (read_s > 0)
        markup_put(to, "It could be last at <b>%s</b>. ",
                   moment_since(read_s, when->drawn_s, read));
    markup_put(to, "Whether clients are answered is not known here. On the host: "
                   "<code>systemctl status penstock</code>. Where it runs, look at "
                   "<code>control.socket</code> and who may use it.</p></div></main>"
                   "<footer>Times are UTC.</footer></body></html>");
    if (!to->is_cut)
        return STATUS_OK;
    markup_begin(to, to->text, to->size);
    return STATUS_FULL;
}
