/* draw_top_table.c - the upstreams of the live view
 * SPDX-License-Identifier: ISC
 */
#include "view/draw_top_table.h"

#include "view/says.h"
#include "view/spark.h"

#include <stdio.h>
#include <string.h>

#define BAR          8
#define HOUR_COLUMNS 20

struct columns { /* where they begin or, with "end", end; 0: not drawn */
    unsigned name, state, share_end, bar, rate_end, hour, ms_end, failed_end, connections_end, tls;
    unsigned key, days_end;
};

static const struct columns narrow = {
    .name = 3,
    .state = 16,
    .share_end = 36,
    .bar = 37,
    .rate_end = 52,
    .ms_end = 59,
    .failed_end = 66,
    .key = 68,
    .days_end = 79,
};

static const struct columns wide = {
    .name = 3,
    .state = 16,
    .share_end = 46,
    .bar = 47,
    .rate_end = 63,
    .hour = 64,
    .ms_end = 90,
    .failed_end = 97,
    .connections_end = 102,
    .tls = 104,
    .key = 108,
    .days_end = 119,
};

/* --- order ----------------------------------------------------------------------------------- */

static uint64_t
or_zero(uint64_t value)
{
    return value == NUMBER_NONE ? 0 : value;
}

/* Does `a` stand above `b`? */
static bool
is_before(const struct figures_upstream *a, const struct figures_upstream *b,
          enum draw_top_sort sort)
{
    switch (sort) {
    case DRAW_TOP_BY_SHARE:
        return or_zero(a->rate) > or_zero(b->rate);
    case DRAW_TOP_BY_MS:
        return or_zero(a->answer_us) > or_zero(b->answer_us);
    case DRAW_TOP_BY_FAILED:
        return or_zero(a->failed) > or_zero(b->failed);
    case DRAW_TOP_BY_CERTIFICATE:
        return judge_days(a->is) < judge_days(b->is);
    case DRAW_TOP_BY_NAME:
        return strcmp(a->is->name, b->is->name) < 0;
    case DRAW_TOP_SORTS:
        break;
    }
    return false;
}

static void
put_in_order(const struct figures *f, enum draw_top_sort sort, unsigned order[STATS_UPSTREAMS])
{
    for (unsigned i = 0; i < f->upstreams; i++) {
        unsigned at = i;
        for (; at > 0 && is_before(&f->of_upstream[i], &f->of_upstream[order[at - 1]], sort); at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
}

/* --- signs ----------------------------------------------------------------------------------- */

static bool
is_of(const struct figures *f, const struct judge_finding *finding, unsigned upstream)
{
    return finding->upstream == upstream && says_object(f, finding)[0] != '\0';
}

/* The level of the worst finding of an upstream; of one kind, or JUDGE_KINDS: of any. */
static enum judge_level
level_of(const struct figures *f, const struct judgement *j, unsigned upstream,
         enum judge_kind kind)
{
    enum judge_level level = JUDGE_WELL;
    for (unsigned i = 0; i < j->count; i++)
        if (is_of(f, &j->findings[i], upstream) && j->findings[i].level > level &&
            (kind == JUDGE_KINDS || j->findings[i].kind == kind))
            level = j->findings[i].level;
    return level;
}

static void
draw_sign(struct sheet *to, enum judge_level level)
{
    if (level == JUDGE_WELL) {
        sheet_add(to, " ");
        return;
    }
    sheet_style(to, level == JUDGE_ACT ? SHEET_ACT : SHEET_LOOK);
    sheet_sign(to, level == JUDGE_ACT ? "■" : "▲", level == JUDGE_ACT ? "#" : "!");
    sheet_style(to, SHEET_PLAIN);
}

/* --- the last hour --------------------------------------------------------------------------- */

/* One axis for all, so that they can be compared. */
static struct spark_axis
hour_axis(const struct figures *f)
{
    uint64_t values[HISTORY_COLUMNS_MAX], tops[STATS_UPSTREAMS];
    for (unsigned i = 0; i < f->upstreams; i++) {
        history_columns(f->history, HISTORY_UPSTREAM + i, HOUR_COLUMNS, values);
        tops[i] = spark_linear(values, HOUR_COLUMNS, 1000).top;
    }
    return spark_linear(tops, f->upstreams, 1000);
}

/* --- rows ------------------------------------------------------------------------------------ */

struct table {
    const struct figures *f;
    const struct judgement *j;
    const struct columns *at;
    enum draw_top_sort sort;
    struct spark_axis axis; /* if `at->hour` */
    struct sheet *to;
};

/* The name of a column, that ends at `end`, or begins there if it is that of names. */
static void
draw_name(const struct table *t, unsigned end, const char *name, enum draw_top_sort sort)
{
    char text[NUMBER_TEXT_MAX];
    const char *down = t->sort != sort ? "" : t->to->is_plain ? "v" : "↓";
    snprintf(text, sizeof text, "%s%s", name, down);
    if (sort == DRAW_TOP_BY_NAME) {
        sheet_to(t->to, end);
        sheet_add(t->to, "%s", text);
    } else {
        sheet_right(t->to, end, text);
    }
}

static void
draw_head(const struct table *t)
{
    const struct columns *at = t->at;
    char label[NUMBER_TEXT_MAX];
    draw_name(t, at->name, "UPSTREAM", DRAW_TOP_BY_NAME);
    sheet_to(t->to, at->state);
    sheet_add(t->to, "STATE");
    draw_name(t, at->share_end, "SHARE", DRAW_TOP_BY_SHARE);
    sheet_right(t->to, at->rate_end, "Q/s");
    if (at->hour > 0) {
        sheet_to(t->to, at->hour);
        sheet_add(t->to, "hour, %s /s", spark_label(&t->axis, 1000, label));
    }
    draw_name(t, at->ms_end, "ms", DRAW_TOP_BY_MS);
    draw_name(t, at->failed_end, "f/min", DRAW_TOP_BY_FAILED);
    if (at->connections_end > 0) {
        sheet_right(t->to, at->connections_end, "conn");
        sheet_to(t->to, at->tls);
        sheet_add(t->to, "TLS");
    }
    sheet_to(t->to, at->key);
    sheet_add(t->to, "pin");
    draw_name(t, at->days_end, "cert", DRAW_TOP_BY_CERTIFICATE);
    sheet_end_line(t->to, 0);
}

static void
draw_state(const struct table *t, const struct figures_upstream *up)
{
    char text[SAYS_LINE_MAX];
    bool has_cause = t->at->hour > 0 && !up->is_usable;
    snprintf(text, sizeof text, "%s%s%s", says_state(up), has_cause ? ": " : "",
             has_cause ? says_cause(up->is->cause) : "");
    sheet_to(t->to, t->at->state);
    sheet_cut(t->to, t->at->share_end - 6 - t->at->state, text);
}

static void
draw_rates(const struct table *t, const struct figures_upstream *up, unsigned upstream)
{
    const struct columns *at = t->at;
    uint64_t values[HISTORY_COLUMNS_MAX];
    char figure[NUMBER_TEXT_MAX], text[SAYS_LINE_MAX];
    snprintf(text, sizeof text, "%s%s", number_percent(up->share, figure),
             up->share == NUMBER_NONE ? "" : " %");
    sheet_right(t->to, at->share_end, text);
    sheet_to(t->to, at->bar);
    spark_bar(t->to, BAR, up->share);
    sheet_right(t->to, at->rate_end, number_rate(up->rate, figure));
    if (at->hour > 0) {
        sheet_to(t->to, at->hour);
        history_columns(t->f->history, HISTORY_UPSTREAM + upstream, HOUR_COLUMNS, values);
        spark_draw(t->to, &t->axis, values, HOUR_COLUMNS);
    }
    sheet_right(t->to, at->ms_end, number_ms(up->answer_us, figure));
    sheet_right(t->to, at->failed_end, number_rate(up->failed, figure));
}

static void
draw_connections(const struct table *t, const struct figures_upstream *up)
{
    char figure[NUMBER_TEXT_MAX];
    unsigned tls = up->is->tls;
    sheet_right(t->to, t->at->connections_end, number_count(up->is->connections, figure));
    sheet_to(t->to, t->at->tls);
    sheet_add(t->to, "%s", tls == 0x0304 ? "1.3" : tls == 0x0303 ? "1.2" : "-");
}

/* The same as says_key() and says_days() say, in fewer letters. */
static void
draw_trust(const struct table *t, const struct figures_upstream *up, unsigned upstream)
{
    const struct reading_upstream *is = up->is;
    uint64_t days = judge_days(is);
    char text[SAYS_LINE_MAX];
    sheet_to(t->to, t->at->key);
    if (!is->has_pins)
        sheet_add(t->to, "CA");
    else if (!up->is_usable && is->cause == STATS_CAUSE_PIN)
        sheet_add(t->to, "none");
    else if (is->pin_seen > 0)
        sheet_add(t->to, "%u/%u", is->pin_seen, is->pins);
    else
        sheet_add(t->to, "-");
    enum judge_level pin = level_of(t->f, t->j, upstream, JUDGE_PIN);
    enum judge_level last = level_of(t->f, t->j, upstream, JUDGE_LAST_PIN);
    draw_sign(t->to, pin > last ? pin : last);
    if (days == NUMBER_NONE || !up->is_usable)
        snprintf(text, sizeof text, "-");
    else
        snprintf(text, sizeof text, "%llu d", (unsigned long long)days);
    sheet_right(t->to, t->at->days_end, text);
    draw_sign(t->to, level_of(t->f, t->j, upstream, JUDGE_CERTIFICATE));
    sheet_end_line(t->to, 0);
}

static void
draw_row(const struct table *t, unsigned upstream)
{
    const struct figures_upstream *up = &t->f->of_upstream[upstream];
    sheet_add(t->to, " ");
    draw_sign(t->to, level_of(t->f, t->j, upstream, JUDGE_KINDS));
    sheet_to(t->to, t->at->name);
    sheet_cut(t->to, t->at->state - 1 - t->at->name, up->is->name);
    draw_state(t, up);
    draw_rates(t, up, upstream);
    if (t->at->connections_end > 0)
        draw_connections(t, up);
    draw_trust(t, up, upstream);
}

void
draw_top_table(const struct figures *f, const struct judgement *j, enum draw_top_sort sort,
               bool is_wide, unsigned first, unsigned rows, struct sheet *to)
{
    unsigned order[STATS_UPSTREAMS] = {0};
    struct table table = {.f = f, .j = j, .at = is_wide ? &wide : &narrow, .sort = sort, .to = to};
    if (is_wide)
        table.axis = hour_axis(f);
    put_in_order(f, sort, order);
    draw_head(&table);
    unsigned fit = rows - 1, left = f->upstreams > first ? f->upstreams - first : 0;
    unsigned shown = left <= fit ? left : fit - 1;
    for (unsigned i = 0; i < shown; i++)
        draw_row(&table, order[first + i]);
    if (shown < left) {
        sheet_add(to, "   and %u more", left - shown);
        sheet_end_line(to, 0);
    }
}
