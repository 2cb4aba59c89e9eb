/* draw_page_chart.c - a picture of the last hour
 * SPDX-License-Identifier: ISC
 */
#include "view/draw_page_chart.h"

#include "view/moment.h"
#include "view/says.h"

#include <stdio.h>

/* Tenths of what is seen: the whole, and within it what lines are drawn in. */
#define WIDTH     3200
#define HEIGHT    1180
#define LEFT      370
#define RIGHT     3160
#define TOP       150
#define BOTTOM    990
#define LINE      120 /* of text, from one to the next */
#define MIDDLE    40  /* from the middle of a text to its foot */
#define TEXT_WIDE 700 /* no name of a mark is wider, */
#define TIME_WIDE 320 /* and no time of day */

#define HOUR_S      3600
#define TICK_S      900
#define AXIS_LINES  4
#define DECADE      10
#define LOG_FROM_US 10
#define LOG_TO_US   10000000
#define MARKS_MAX   4
#define NAME_WIDE   "16" /* characters of an upstream's name at its mark */

uint64_t
draw_page_chart_values(const struct figures *figures, unsigned which,
                       uint64_t values[DRAW_PAGE_CHART_COLUMNS])
{
    uint64_t most = 0;
    history_columns(figures->history, which, DRAW_PAGE_CHART_COLUMNS, values);
    for (unsigned i = 0; i < DRAW_PAGE_CHART_COLUMNS; i++)
        if (values[i] != NUMBER_NONE && values[i] > most)
            most = values[i];
    return most;
}

void
draw_page_chart_begin(struct draw_page_chart *chart, const struct figures *figures,
                      const struct judgement *judgement, const char *label, struct markup *to)
{
    *chart = (struct draw_page_chart){.figures = figures, .judgement = judgement, .to = to};
    markup_put(to, "<svg viewBox=\"0 0 %u %u\" role=\"img\" aria-label=\"%s\">", WIDTH, HEIGHT,
               label);
}

/* --- axes ------------------------------------------------------------------------------------ */

/* "0", "0.5", "2500", "20k": no wider than there is room for. */
static void
put_value(struct markup *to, uint64_t milli)
{
    unsigned whole = (unsigned)(milli / 1000), part = (unsigned)(milli % 1000);
    if (milli >= UINT64_C(10000000000))
        markup_put(to, "%uM", (unsigned)(milli / 1000000000));
    else if (milli >= 10000000)
        markup_put(to, "%uk", (unsigned)(milli / 1000000));
    else if (part == 0)
        markup_put(to, "%u", whole);
    else if (part % 100 == 0)
        markup_put(to, "%u.%u", whole, part / 100);
    else
        markup_put(to, "%u.%u%u", whole, part / 100, part / 10 % 10);
}

static void
put_grid(struct markup *to, const char *class, unsigned y)
{
    markup_put(to, "<path class=\"%s\" d=\"M%u %uH%u\"/>", class, LEFT, y, RIGHT);
}

static void
begin_tick(struct markup *to, unsigned y)
{
    markup_put(to, "<text x=\"%u\" y=\"%u\" text-anchor=\"end\">", LEFT - 50, y + MIDDLE);
}

static unsigned
x_of(const struct draw_page_chart *chart, uint64_t wall_s)
{
    uint64_t now_s = chart->figures->reading->wall_s;
    struct plot_scale across = {.from = now_s - HOUR_S, .to = now_s, .start = LEFT, .end = RIGHT};
    return plot_at(&across, wall_s);
}

static void
put_times(const struct draw_page_chart *chart)
{
    char text[MOMENT_TEXT_MAX];
    uint64_t now_s = chart->figures->reading->wall_s;
    if (now_s < HOUR_S)
        return;
    for (uint64_t s = now_s - now_s % TICK_S; s > now_s - HOUR_S; s -= TICK_S) {
        unsigned x = x_of(chart, s);
        markup_put(chart->to, "<path class=\"ax\" d=\"M%u %uv40\"/>", x, BOTTOM);
        if (x + TIME_WIDE / 2 <= WIDTH)
            markup_put(chart->to, "<text x=\"%u\" y=\"%u\" text-anchor=\"middle\">%s</text>", x,
                       BOTTOM + 150, moment_since(s, s, text));
    }
}

void
draw_page_chart_axes(struct draw_page_chart *chart, uint64_t most, unsigned unit)
{
    struct plot_axis axis = plot_axis_to(most > unit ? most : unit, AXIS_LINES);
    chart->up = (struct plot_scale){.to = axis.top, .start = BOTTOM, .end = TOP};
    for (unsigned i = 0; i <= axis.lines; i++) {
        unsigned y = plot_at(&chart->up, axis.step * i);
        put_grid(chart->to, i == 0 ? "ax" : "g", y);
        begin_tick(chart->to, y);
        put_value(chart->to, axis.step * i * 1000 / unit);
        markup_put(chart->to, "</text>");
    }
    put_times(chart);
}

void
draw_page_chart_axes_log(struct draw_page_chart *chart)
{
    chart->is_log = true;
    chart->up = (struct plot_scale){
        .from = plot_log(LOG_FROM_US), .to = plot_log(LOG_TO_US), .start = BOTTOM, .end = TOP};
    bool is_named = false;
    for (uint64_t us = LOG_FROM_US; us <= LOG_TO_US; us *= DECADE) {
        unsigned y = plot_at(&chart->up, plot_log(us));
        put_grid(chart->to, us == LOG_FROM_US ? "ax" : "g", y);
        if (is_named) { /* every second one */
            begin_tick(chart->to, y);
            put_value(chart->to, us);
            markup_put(chart->to, "</text>");
        }
        is_named = !is_named;
    }
    put_times(chart);
}

/* --- lines ----------------------------------------------------------------------------------- */

/* Each value stands where its half minute ends. */
static struct plot_line
line_of(struct draw_page_chart *chart, const uint64_t values[DRAW_PAGE_CHART_COLUMNS],
        uint64_t logs[DRAW_PAGE_CHART_COLUMNS])
{
    struct plot_line line = {
        .values = chart->is_log ? logs : values,
        .count = DRAW_PAGE_CHART_COLUMNS,
        .across = {.to = DRAW_PAGE_CHART_COLUMNS - 1,
                   .start = LEFT + (RIGHT - LEFT) / DRAW_PAGE_CHART_COLUMNS,
                   .end = RIGHT},
        .up = chart->up,
    };
    for (unsigned i = 0; i < DRAW_PAGE_CHART_COLUMNS; i++) {
        logs[i] = values[i] == NUMBER_NONE ? NUMBER_NONE : plot_log(values[i]);
        chart->has_line = chart->has_line || values[i] != NUMBER_NONE;
    }
    return line;
}

void
draw_page_chart_line(struct draw_page_chart *chart, const uint64_t values[DRAW_PAGE_CHART_COLUMNS],
                     const char *class)
{
    uint64_t logs[DRAW_PAGE_CHART_COLUMNS];
    struct plot_line line = line_of(chart, values, logs);
    markup_put(chart->to, "<path class=\"%s\" d=\"", class);
    plot_path(chart->to, &line);
    markup_put(chart->to, "\"/>");
}

void
draw_page_chart_area(struct draw_page_chart *chart, const uint64_t values[DRAW_PAGE_CHART_COLUMNS])
{
    uint64_t logs[DRAW_PAGE_CHART_COLUMNS];
    struct plot_line line = line_of(chart, values, logs);
    markup_put(chart->to, "<path class=\"a\" d=\"");
    plot_area(chart->to, &line);
    markup_put(chart->to, "\"/>");
    draw_page_chart_line(chart, values, "l");
}

void
draw_page_chart_name(struct draw_page_chart *chart, const uint64_t values[DRAW_PAGE_CHART_COLUMNS],
                     const char *class, bool is_last, const char *name)
{
    uint64_t logs[DRAW_PAGE_CHART_COLUMNS];
    struct plot_line line = line_of(chart, values, logs);
    unsigned at = 0;
    while (at < DRAW_PAGE_CHART_COLUMNS && values[at] == NUMBER_NONE)
        at++;
    if (at == DRAW_PAGE_CHART_COLUMNS)
        return;
    for (unsigned i = at; is_last && i < DRAW_PAGE_CHART_COLUMNS; i++)
        at = values[i] != NUMBER_NONE ? i : at;
    unsigned x = plot_at(&line.across, at), y = plot_at(&line.up, line.values[at]) - MIDDLE;
    bool is_right = x > RIGHT - TEXT_WIDE;
    if (chart->named_at > 0 && y + LINE > chart->named_at)
        y = chart->named_at > 2 * LINE ? chart->named_at - LINE : chart->named_at + LINE;
    chart->named_at = y;
    markup_put(chart->to, "<text class=\"%s\" x=\"%u\" y=\"%u\" text-anchor=\"%s\">%s</text>",
               class, is_right ? x - MIDDLE : x + MIDDLE, y, is_right ? "end" : "start", name);
}

/* --- marks ----------------------------------------------------------------------------------- */

/* What the mark of a finding says; "": it has none. */
static const char *
mark_of(const struct figures *f, const struct judge_finding *finding, char text[MOMENT_TEXT_MAX])
{
    const char *name = says_object(f, finding);
    text[0] = '\0';
    if (finding->kind == JUDGE_PIN)
        snprintf(text, MOMENT_TEXT_MAX, "%." NAME_WIDE "s refused", name);
    else if (finding->kind == JUDGE_MISSING)
        snprintf(text, MOMENT_TEXT_MAX, "%." NAME_WIDE "s down", name);
    else if (finding->kind == JUDGE_NONE)
        snprintf(text, MOMENT_TEXT_MAX, "no upstream");
    else if (finding->kind == JUDGE_ROUTE)
        snprintf(text, MOMENT_TEXT_MAX, "route down");
    else if (finding->kind == JUDGE_DIED)
        snprintf(text, MOMENT_TEXT_MAX, "process died");
    else if (finding->kind == JUDGE_NETWORK)
        snprintf(text, MOMENT_TEXT_MAX, "over limit");
    return text;
}

static void
put_mark(struct markup *to, unsigned x, const char *text)
{
    const char *anchor = x < LEFT + TEXT_WIDE / 2    ? "start"
                         : x > RIGHT - TEXT_WIDE / 2 ? "end"
                                                     : "middle";
    markup_put(to, "<path class=\"ev\" d=\"M%u %uV%u\"/>", x, TOP - 30, BOTTOM);
    markup_put(to, "<text class=\"evt\" x=\"%u\" y=\"%u\" text-anchor=\"%s\">%s</text>", x,
               TOP - 50, anchor, text);
}

static void
put_marks(const struct draw_page_chart *chart)
{
    char text[MOMENT_TEXT_MAX];
    uint64_t now_s = chart->figures->reading->wall_s;
    unsigned marks[MARKS_MAX], count = 0;
    for (unsigned i = 0; i < chart->judgement->count && count < MARKS_MAX; i++) {
        const struct judge_finding *finding = &chart->judgement->findings[i];
        if (finding->since_s + HOUR_S <= now_s || finding->since_s > now_s ||
            mark_of(chart->figures, finding, text)[0] == '\0')
            continue;
        unsigned x = x_of(chart, finding->since_s);
        bool is_free = true;
        for (unsigned k = 0; k < count; k++)
            is_free = is_free && (x > marks[k] + TEXT_WIDE || x + TEXT_WIDE < marks[k]);
        if (!is_free) /* the most urgent one stands */
            continue;
        put_mark(chart->to, x, text);
        marks[count++] = x;
    }
}

void
draw_page_chart_end(const struct draw_page_chart *chart)
{
    if (!chart->has_line)
        markup_put(chart->to, "<text x=\"%u\" y=\"%u\" text-anchor=\"middle\">%s</text>",
                   (LEFT + RIGHT) / 2, (TOP + BOTTOM) / 2,
                   chart->is_log ? "too few answers" : "no reading yet");
    put_marks(chart);
    markup_put(chart->to, "</svg>");
}
