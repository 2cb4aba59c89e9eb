/* draw_page_panels.c - the four panels of the page: queries, times, cache, what was not answered
 * SPDX-License-Identifier: ISC
 */
#include "view/draw_page_panels.h"

#include "view/draw_page_chart.h"
#include "view/says.h"

#include <stdio.h>

#define MILLI      1000
#define HUNDREDTHS 100
#define ALL        10000    /* of a share */
#define NOW_US     10000000 /* what is older is not of now */

static void
begin(struct markup *to, const char *title, const char *of)
{
    markup_put(to, "<section class=\"box\"><h2>%s <span>%s</span></h2>", title, of);
}

/* A figure and its unit, of the last two readings; where those are not of now, of which time. */
static void
put_now(const struct figures *f, const struct draw_page_when *when, const char *figure,
        const char *unit, struct markup *to)
{
    char read[MOMENT_TEXT_MAX];
    uint64_t read_s = when->drawn_s - f->reading->age_us / 1000000;
    markup_put(to, "<p class=\"now\">");
    markup_figure(to, figure);
    if (f->reading->age_us > NOW_US)
        markup_put(to, " <small>%s at %s</small></p>", unit, moment_since(read_s, read_s, read));
    else
        markup_put(to, " <small>%s now</small></p>", unit);
}

static void
end(struct draw_page_chart *chart)
{
    draw_page_chart_end(chart);
    markup_put(chart->to, "</section>");
}

/* A rate beside others: no places where it is large enough without. */
static const char *
number_short(uint64_t milli, char text[NUMBER_TEXT_MAX])
{
    return milli == NUMBER_NONE || milli < 10 * MILLI
               ? number_rate(milli, text)
               : number_count((milli + MILLI / 2) / MILLI, text);
}

static void
draw_queries(const struct figures *f, const struct judgement *j, const struct draw_page_when *when,
             struct markup *to)
{
    char now[NUMBER_TEXT_MAX], udp[NUMBER_TEXT_MAX], tcp[NUMBER_TEXT_MAX], hour[NUMBER_TEXT_MAX];
    char label[DRAW_PAGE_CHART_LABEL];
    uint64_t values[DRAW_PAGE_CHART_COLUMNS];
    uint64_t most = draw_page_chart_values(f, HISTORY_QUERIES, values);
    struct draw_page_chart chart;
    number_rate(f->queries_now, now);
    number_short(most, hour);
    begin(to, "Queries", "per second, last hour");
    put_now(f, when, now, "/s", to);
    markup_put(to, "<p class=\"sub\">");
    markup_figure(to, number_short(figures_rate(f, STAT_UDP_QUERIES), udp));
    markup_put(to, " UDP, ");
    markup_figure(to, number_short(figures_rate(f, STAT_TCP_QUERIES), tcp));
    markup_put(to, " TCP; at most %s</p>", hour);
    snprintf(label, sizeof label,
             "Queries per second over the last hour: now %s, at the most %s in half a minute", now,
             hour);
    draw_page_chart_begin(&chart, f, j, label, to);
    draw_page_chart_axes(&chart, most, MILLI);
    draw_page_chart_area(&chart, values);
    end(&chart);
}

static void
draw_times(const struct figures *f, const struct judgement *j, struct markup *to)
{
    char half[NUMBER_TEXT_MAX], nine[NUMBER_TEXT_MAX], most[NUMBER_TEXT_MAX];
    char label[DRAW_PAGE_CHART_LABEL], span[MOMENT_TEXT_MAX];
    uint64_t values[DRAW_PAGE_CHART_COLUMNS];
    struct draw_page_chart chart;
    number_ms(f->half_us, half);
    number_ms(f->nine_us, nine);
    number_ms(f->most_us, most);
    begin(to, "Time to answer", "ms, log scale, last hour");
    markup_put(to, "<p class=\"now\">");
    markup_figure(to, most);
    markup_put(to, " <small>ms for 99 of 100, last %s</small></p>", says_span(f, span));
    if (f->most_us != NUMBER_NONE)
        markup_put(to, "<p class=\"sub\">half within %s, 90 of 100 within %s</p>", half, nine);
    else
        markup_put(to, "<p class=\"sub\">fewer than %u answers</p>", TALLY_ENOUGH);
    snprintf(label, sizeof label,
             "Time to answer in milliseconds, logarithmic, over the last hour. In the last %s half "
             "within %s, 90 of 100 within %s, 99 of 100 within %s",
             span, half, nine, most);
    draw_page_chart_begin(&chart, f, j, label, to);
    draw_page_chart_axes_log(&chart);
    draw_page_chart_values(f, HISTORY_HALF, values);
    draw_page_chart_line(&chart, values, "l");
    draw_page_chart_name(&chart, values, "k", true, "half");
    draw_page_chart_values(f, HISTORY_MOST, values);
    draw_page_chart_line(&chart, values, "l3");
    draw_page_chart_name(&chart, values, "k", true, "99 %");
    end(&chart);
}

static void
draw_cache(const struct figures *f, const struct judgement *j, const struct draw_page_when *when,
           struct markup *to)
{
    char now[NUMBER_TEXT_MAX], early[NUMBER_TEXT_MAX], stale[NUMBER_TEXT_MAX];
    char label[DRAW_PAGE_CHART_LABEL];
    uint64_t values[DRAW_PAGE_CHART_COLUMNS];
    struct draw_page_chart chart;
    number_tenths(f->cached_share_now, now);
    begin(to, "From the cache", "% of answers, last hour");
    put_now(f, when, now, "%", to);
    markup_put(to, "<p class=\"sub\">");
    markup_figure(to, number_rate(figures_rate(f, STAT_CACHE_PREFETCHED), early));
    markup_put(to, " /s asked for again early; %s stale</p>",
               f->stale_count == 0 ? "none" : number_count(f->stale_count, stale));
    snprintf(label, sizeof label,
             "Percent of answers that came from the cache over the last hour: now %s", now);
    draw_page_chart_begin(&chart, f, j, label, to);
    draw_page_chart_values(f, HISTORY_CACHED, values);
    draw_page_chart_axes(&chart, ALL, HUNDREDTHS);
    draw_page_chart_area(&chart, values);
    end(&chart);
}

static void
draw_not_answered(const struct figures *f, const struct judgement *j,
                  const struct draw_page_when *when, struct markup *to)
{
    char now[NUMBER_TEXT_MAX], turned_away[NUMBER_TEXT_MAX], label[DRAW_PAGE_CHART_LABEL];
    uint64_t rule[DRAW_PAGE_CHART_COLUMNS], failed[DRAW_PAGE_CHART_COLUMNS];
    uint64_t by_rule = draw_page_chart_values(f, HISTORY_TURNED_AWAY, rule);
    uint64_t failures = draw_page_chart_values(f, HISTORY_FAILED, failed);
    struct draw_page_chart chart;
    number_rare(f->failed_now, now);
    number_rate(f->turned_away_now, turned_away);
    begin(to, "Not answered", "per second, last hour");
    put_now(f, when, now, "/s failed", to);
    markup_put(to, "<p class=\"sub\">");
    markup_figure(to, turned_away);
    markup_put(to, " /s turned away by a rule</p>");
    snprintf(label, sizeof label,
             "Queries without an answer per second over the last hour: now %s failed, and a rule "
             "turned %s away",
             now, turned_away);
    draw_page_chart_begin(&chart, f, j, label, to);
    draw_page_chart_axes(&chart, by_rule > failures ? by_rule : failures, MILLI);
    draw_page_chart_line(&chart, rule, "l");
    draw_page_chart_line(&chart, failed, "lf");
    draw_page_chart_name(&chart, failed, "ft", false, "failed");
    draw_page_chart_name(&chart, rule, "k", false, "by a rule");
    end(&chart);
}

void
draw_page_panels(const struct figures *figures, const struct judgement *judgement,
                 const struct draw_page_when *when, struct markup *to)
{
    markup_put(to, "<div class=\"four\">");
    draw_queries(figures, judgement, when, to);
    draw_times(figures, judgement, to);
    draw_cache(figures, judgement, when, to);
    draw_not_answered(figures, judgement, when, to);
    markup_put(to, "</div>");
}
