/* draw_page_upstreams.c - the upstreams as a table of the page
 * SPDX-License-Identifier: ISC
 */
#include "view/draw_page_upstreams.h"

#include "view/draw_page_mark.h"
#include "view/moment.h"
#include "view/number.h"
#include "view/plot.h"
#include "view/says.h"

#include <stdio.h>

/* A line of the last hour, in tenths of what is seen; all of them share the axis. */
#define COLUMNS    60
#define WIDTH      1320
#define HEIGHT     260
#define EDGE       20
#define AXIS_LINES 4
#define ONE        1000 /* the shortest axis, thousandths per second */

struct table {
    const struct figures *f;
    const struct judgement *j;
    struct markup *to;
    uint64_t top;               /* of the lines, thousandths per second */
    char axis[NUMBER_TEXT_MAX]; /* the same as text */
};

static void
find_top(struct table *table)
{
    uint64_t values[COLUMNS], most = ONE;
    for (unsigned i = 0; i < table->f->upstreams; i++) {
        history_columns(table->f->history, HISTORY_UPSTREAM + i, COLUMNS, values);
        for (unsigned k = 0; k < COLUMNS; k++)
            if (values[k] != NUMBER_NONE && values[k] > most)
                most = values[k];
    }
    table->top = plot_axis_to(most, AXIS_LINES).top;
    if (table->top % ONE == 0)
        number_count(table->top / ONE, table->axis);
    else
        number_rate(table->top, table->axis);
}

static void
put_head(const struct table *table)
{
    char span[MOMENT_TEXT_MAX];
    markup_put(table->to,
               "<table class=\"ups\" role=\"table\"><caption>Upstreams <span class=\"u\">last %s"
               "</span></caption><thead role=\"rowgroup\"><tr role=\"row\">",
               says_span(table->f, span));
    markup_put(table->to, "<th scope=\"col\" role=\"columnheader\">name</th>"
                          "<th scope=\"col\" role=\"columnheader\">state</th>"
                          "<th scope=\"col\" role=\"columnheader\" class=\"n\">share of "
                          "questions</th>");
    markup_put(table->to,
               "<th scope=\"col\" role=\"columnheader\">questions, last hour<br/>"
               "axis 0–%s /s</th>",
               table->axis);
    static const char *const pairs[][2] = {{"questions", "/s"},      {"answer", "ms"},
                                           {"failed", "/min"},       {"connec-", "tions"},
                                           {"key that", "it shows"}, {"certificate", "ends in"}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        markup_put(table->to, "<th scope=\"col\" role=\"columnheader\" class=\"n\">%s<br/>%s</th>",
                   pairs[i][0], pairs[i][1]);
    markup_put(table->to, "</tr></thead><tbody role=\"rowgroup\">");
}

/* --- cells ----------------------------------------------------------------------------------- */

static enum judge_level
worse(enum judge_level one, enum judge_level other)
{
    return one > other ? one : other;
}

static enum judge_level
level_of(const struct table *table, enum judge_kind kind, unsigned i)
{
    return draw_page_mark_level(table->j, kind, i);
}

/* Of what says that it cannot be asked, or to no purpose. */
static enum judge_level
level_of_state(const struct table *table, unsigned i)
{
    const struct figures_upstream *up = &table->f->of_upstream[i];
    enum judge_level level =
        worse(level_of(table, JUDGE_PIN, i), level_of(table, JUDGE_MISSING, i));
    if (up->is_usable)
        level = worse(level, level_of(table, JUDGE_ERRORS, i));
    for (unsigned route = 0; !up->is_usable && route < table->f->routes; route++)
        if (figures_is_asked(table->f, route, i) && figures_is_down(table->f, route))
            level = worse(level, level_of(table, route == 0 ? JUDGE_NONE : JUDGE_ROUTE, 0));
    return level;
}

static void
put_name(const struct table *table, unsigned i)
{
    const struct figures_upstream *up = &table->f->of_upstream[i];
    enum judge_level level =
        worse(worse(level_of_state(table, i), level_of(table, JUDGE_LAST_PIN, i)),
              level_of(table, JUDGE_CERTIFICATE, i));
    markup_put(table->to, "<th scope=\"row\" role=\"rowheader\" class=\"nmc\">");
    if (level != JUDGE_WELL || (up->is_usable && up->is_asked))
        draw_page_mark(table->to, level, "m");
    markup_put(table->to, "<span class=\"nm\">%s</span></th>", up->is->name);
}

static void
put_state(const struct table *table, unsigned i)
{
    const struct figures_upstream *up = &table->f->of_upstream[i];
    enum judge_level level = level_of_state(table, i);
    markup_put(table->to, "<td role=\"cell\" class=\"st %s\">%s",
               level == JUDGE_WELL ? "" : draw_page_mark_word(level), says_state(up));
    if (!up->is_usable)
        markup_put(table->to, ": %s", says_cause(up->is->cause));
    else if (level_of(table, JUDGE_ERRORS, i) != JUDGE_WELL)
        markup_put(table->to, ", answers with errors");
    markup_put(table->to, "</td>");
}

static void
put_share(const struct table *table, unsigned i)
{
    char percent[NUMBER_TEXT_MAX];
    uint64_t share = table->f->of_upstream[i].share;
    markup_put(table->to, "<td role=\"cell\" class=\"n sh\" data-l=\"share of questions\">");
    markup_figure(table->to, number_percent(share, percent));
    if (share != NUMBER_NONE)
        markup_put(table->to, " %%");
    draw_page_mark_bar(table->to, share, "b1");
    markup_put(table->to, "</td>");
}

static void
put_hour(const struct table *table, unsigned i)
{
    uint64_t values[COLUMNS];
    char now[NUMBER_TEXT_MAX];
    history_columns(table->f->history, HISTORY_UPSTREAM + i, COLUMNS, values);
    struct plot_line line = {
        .values = values,
        .count = COLUMNS,
        .across = {.to = COLUMNS - 1, .start = WIDTH / COLUMNS, .end = WIDTH - EDGE / 2},
        .up = {.to = table->top, .start = HEIGHT - EDGE, .end = EDGE}};
    markup_put(table->to,
               "<td role=\"cell\" class=\"sp\" data-l=\"last hour, 0–%s /s\"><svg class=\"s\" "
               "viewBox=\"0 0 %u %u\" preserveAspectRatio=\"none\" role=\"img\" ",
               table->axis, WIDTH, HEIGHT);
    markup_put(table->to,
               "aria-label=\"Questions to %s per second over the last hour, in its last minute "
               "%s\"><path class=\"g\" d=\"M0 %uH%uM0 %uH%u\"/><path class=\"l\" d=\"",
               table->f->of_upstream[i].is->name, number_rate(values[COLUMNS - 1], now),
               HEIGHT - EDGE, WIDTH, EDGE, WIDTH);
    plot_path(table->to, &line);
    markup_put(table->to, "\"/></svg></td>");
}

static void
put_figure(const struct table *table, const char *name, const char *figure)
{
    markup_put(table->to, "<td role=\"cell\" class=\"n\" data-l=\"%s\">", name);
    markup_figure(table->to, figure);
    markup_put(table->to, "</td>");
}

static void
put_proof(const struct table *table, const char *name, const char *text, enum judge_level level)
{
    markup_put(table->to, "<td role=\"cell\" class=\"n w2 %s\" data-l=\"%s\">",
               level == JUDGE_WELL ? "" : draw_page_mark_word(level), name);
    if (level != JUDGE_WELL)
        draw_page_mark(table->to, level, "m");
    markup_figure(table->to, text);
    markup_put(table->to, "</td>");
}

static void
put_row(const struct table *table, unsigned i)
{
    const struct figures_upstream *up = &table->f->of_upstream[i];
    char text[SAYS_LINE_MAX], figure[NUMBER_TEXT_MAX];
    markup_put(table->to, "<tr role=\"row\">");
    put_name(table, i);
    put_state(table, i);
    put_share(table, i);
    put_hour(table, i);
    put_figure(table, "questions /s", number_rate(up->rate, figure));
    put_figure(table, "answer ms", number_ms(up->answer_us, figure));
    put_figure(table, "failed /min", number_rate(up->failed, figure));
    put_figure(table, "connections", number_count(up->is->connections, figure));
    put_proof(table, "key that it shows", says_key(up, text),
              worse(level_of(table, JUDGE_PIN, i), level_of(table, JUDGE_LAST_PIN, i)));
    put_proof(table, "certificate ends in", says_days(up, text),
              level_of(table, JUDGE_CERTIFICATE, i));
    markup_put(table->to, "</tr>");
}

void
draw_page_upstreams(const struct figures *figures, const struct judgement *judgement,
                    struct markup *to)
{
    struct table table = {.f = figures, .j = judgement, .to = to};
    find_top(&table);
    markup_put(to, "<section class=\"box one\">");
    put_head(&table);
    for (unsigned i = 0; i < figures->upstreams; i++)
        put_row(&table, i);
    markup_put(to, "</tbody></table></section>");
}
