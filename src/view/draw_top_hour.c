/* draw_top_hour.c - the last hour of the live view
 * SPDX-License-Identifier: ISC
 */
#include "view/draw_top_hour.h"

#include "view/moment.h"
#include "view/says.h"
#include "view/spark.h"

#include <string.h>

#define COLUMNS     40 /* of an hour */
#define BEGIN       31
#define WIDE        60
#define WIDE_BEGIN  46
#define WIDE_END    119 /* of the row */
#define NOW_END     26  /* where a figure ends */
#define QUARTER_S   900
#define HOUR_S      (HISTORY_HOUR_MS / 1000)
#define NEARLY_US   (UINT64_C(2) * HISTORY_STEP_MS * 1000)
#define PERCENT_TOP 10000 /* hundredths */

struct series {
    const char *name, *unit;
    enum history_series which;
    bool is_log;
    uint64_t least, scale; /* of the axis' top; of its label */
};

static const struct series series[] = {
    {"queries", "/s", HISTORY_QUERIES, false, 1000, 1000},
    {"from the cache", "%", HISTORY_CACHED, false, PERCENT_TOP, 100},
    {"answer, half", "ms", HISTORY_HALF, true, 10000, 1000},
    {"answer, 99 of 100", "ms", HISTORY_MOST, true, 1000000, 1000},
    {"turned away", "/s", HISTORY_TURNED_AWAY, false, 1000, 1000},
    {"failed", "/s", HISTORY_FAILED, false, 1000, 1000},
};
#define SERIES (sizeof series / sizeof series[0])

/* The figure of a series: of now, or of five minutes. */
static const char *
figure_of(const struct figures *f, enum history_series which, bool is_now,
          char text[NUMBER_TEXT_MAX])
{
    switch (which) {
    case HISTORY_QUERIES:
        return number_rate(is_now ? f->queries_now : f->queries, text);
    case HISTORY_CACHED:
        return number_tenths(is_now ? f->cached_share_now : f->cached_share, text);
    case HISTORY_HALF:
        return number_ms(is_now ? f->half_minute_us : f->half_us, text);
    case HISTORY_MOST:
        return number_ms(is_now ? f->most_minute_us : f->most_us, text);
    case HISTORY_TURNED_AWAY:
        return number_rate(is_now ? f->turned_away_now : f->turned_away, text);
    case HISTORY_FAILED:
        return number_rare(is_now ? f->failed_now : f->failed, text);
    case HISTORY_UPSTREAM:
        break;
    }
    return "-";
}

/* @return the column of a time of the last hour; `columns`: it is not of it */
static unsigned
column_of(const struct figures *f, uint64_t wall_s, unsigned columns)
{
    uint64_t now_s = f->reading->wall_s, ago_s = now_s - wall_s;
    if (wall_s > now_s || ago_s >= HOUR_S)
        return columns;
    return columns - 1 - (unsigned)(ago_s * columns / HOUR_S);
}

/* Quarters of an hour, oldest first, as far as they do not run out of the row. */
static void
draw_quarters(const struct figures *f, unsigned begin, unsigned columns, struct sheet *to)
{
    char moment[MOMENT_TEXT_MAX];
    uint64_t now_s = f->reading->wall_s, first_s = now_s > HOUR_S ? now_s - HOUR_S : 0;
    for (uint64_t at_s = first_s / QUARTER_S * QUARTER_S + QUARTER_S; at_s <= now_s;
         at_s += QUARTER_S) {
        unsigned column = column_of(f, at_s, columns);
        moment_since(at_s, at_s, moment);
        if (column >= columns || column + 1 + strlen(moment) > columns)
            continue;
        sheet_to(to, begin + column);
        sheet_sign(to, "└", "|");
        sheet_add(to, "%s", moment);
    }
}

/* Lines begin where readings do. */
static void
draw_span(const struct figures *f, struct sheet *to)
{
    char since[MOMENT_TEXT_MAX];
    uint64_t now_us = f->reading->tally.at_us, begin_us = history_begin_us(f->history);
    if (begin_us == 0 || now_us - begin_us + NEARLY_US >= (uint64_t)HISTORY_HOUR_MS * 1000)
        sheet_add(to, " last hour");
    else
        sheet_add(to, " readings since %s",
                  moment_since(figures_wall_s(f, begin_us), f->reading->wall_s, since));
}

static void
draw_series(const struct figures *f, const struct series *s, unsigned columns, bool is_wide,
            struct sheet *to)
{
    uint64_t values[HISTORY_COLUMNS_MAX];
    char label[NUMBER_TEXT_MAX];
    history_columns(f->history, s->which, columns, values);
    struct spark_axis axis =
        s->is_log ? spark_log(values, columns, s->least) : spark_linear(values, columns, s->least);
    spark_draw(to, &axis, values, columns);
    sheet_add(to, "  %s%s", spark_label(&axis, s->scale, label),
              is_wide && s->is_log ? ", log" : "");
    sheet_end_line(to, 0);
}

void
draw_top_hour(const struct figures *f, struct sheet *to)
{
    char figure[NUMBER_TEXT_MAX];
    draw_span(f, to);
    sheet_right(to, NOW_END, "now");
    draw_quarters(f, BEGIN, COLUMNS, to);
    sheet_end_line(to, 0);
    for (size_t i = 0; i < SERIES; i++) {
        sheet_add(to, " %s", series[i].name);
        sheet_right(to, NOW_END, figure_of(f, series[i].which, true, figure));
        sheet_add(to, " %s", series[i].unit);
        sheet_to(to, BEGIN);
        draw_series(f, &series[i], COLUMNS, false, to);
    }
}

/* Where findings began, each by its name; what has no room beside the one before it is left out. */
static void
draw_marks(const struct figures *f, const struct judgement *j, struct sheet *to)
{
    for (unsigned column = 0; column < WIDE; column++) {
        for (unsigned i = 0; i < j->count; i++) {
            const struct judge_finding *finding = &j->findings[i];
            char mark[SAYS_LINE_MAX];
            says_mark(f, finding, mark);
            if (column_of(f, finding->since_s, WIDE) != column ||
                to->column > WIDE_BEGIN + column ||
                WIDE_BEGIN + column + 1 + sheet_width(mark) > WIDE_END)
                continue;
            sheet_to(to, WIDE_BEGIN + column);
            sheet_sign(to, "╵", "'");
            sheet_add(to, "%s ", mark);
        }
    }
    sheet_end_line(to, 0);
}

void
draw_top_hour_wide(const struct figures *f, const struct judgement *j, struct sheet *to)
{
    char figure[NUMBER_TEXT_MAX], span[MOMENT_TEXT_MAX];
    draw_span(f, to);
    sheet_right(to, NOW_END + 6, "now");
    sheet_right(to, NOW_END + 15, f->is_whole ? "5 min" : moment_span_short(f->span_s, span));
    draw_quarters(f, WIDE_BEGIN, WIDE, to);
    sheet_end_line(to, 0);
    for (size_t i = 0; i < SERIES; i++) {
        sheet_add(to, " %s", series[i].name);
        sheet_right(to, NOW_END + 6, figure_of(f, series[i].which, true, figure));
        sheet_right(to, NOW_END + 15, figure_of(f, series[i].which, false, figure));
        sheet_add(to, " %s", series[i].unit);
        sheet_to(to, WIDE_BEGIN);
        draw_series(f, &series[i], WIDE, true, to);
    }
    draw_marks(f, j, to);
}
