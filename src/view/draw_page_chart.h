/* draw_page_chart.h - a picture of the last hour
 * SPDX-License-Identifier: ISC
 *
 * What: SVG with an axis of values, an axis of times, lines, and marks where something began. It is
 *       drawn in tenths of what is seen, and looks as the style sheet says.
 * Who:  draw_page_*. Pure.
 * Ref:  docs/VIEW.md; SVG 2.
 */
#pragma once

#include "view/judge.h"
#include "view/markup.h"
#include "view/plot.h"

#define DRAW_PAGE_CHART_COLUMNS 120 /* half a minute each */
#define DRAW_PAGE_CHART_LABEL   320 /* what it says to who cannot see it, with its NUL */

struct draw_page_chart {
    const struct figures *figures;     /* borrowed, as all here */
    const struct judgement *judgement; /* whose findings are marked */
    struct markup *to;
    struct plot_scale up; /* of values */
    bool is_log;          /* they stand at their plot_log() */
    bool has_line;        /* there is a value at all */
    unsigned named_at;    /* how high the name of the line before stands; 0: there is none */
};

/** The values of the last hour. @return the largest; 0: there is none */
uint64_t draw_page_chart_values(const struct figures *figures, unsigned which,
                                uint64_t values[DRAW_PAGE_CHART_COLUMNS]);

/** Begin one. @param chart  written; @param label  its figures in a sentence */
void draw_page_chart_begin(struct draw_page_chart *chart, const struct figures *figures,
                           const struct judgement *judgement, const char *label, struct markup *to);

/** Axes from 0 to `most` and 1, or more. @param unit  what a value has to be divided by */
void draw_page_chart_axes(struct draw_page_chart *chart, uint64_t most, unsigned unit);

/** Axes from 0.01 ms to 10 s, logarithmic; values are µs. */
void draw_page_chart_axes_log(struct draw_page_chart *chart);

/** A line. @param class  of the style sheet */
void draw_page_chart_line(struct draw_page_chart *chart,
                          const uint64_t values[DRAW_PAGE_CHART_COLUMNS], const char *class);

/** The same, and what is below it is filled. */
void draw_page_chart_area(struct draw_page_chart *chart,
                          const uint64_t values[DRAW_PAGE_CHART_COLUMNS]);

/** The name of a line above its first value, or, `is_last`, its last one; the lowest line first. */
void draw_page_chart_name(struct draw_page_chart *chart,
                          const uint64_t values[DRAW_PAGE_CHART_COLUMNS], const char *class,
                          bool is_last, const char *name);

/** What began within the hour, and the end. */
void draw_page_chart_end(const struct draw_page_chart *chart);
