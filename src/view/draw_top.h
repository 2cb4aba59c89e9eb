/* draw_top.h - the live view as lines of text
 * SPDX-License-Identifier: ISC
 *
 * What: one frame for a terminal of a given size: identity, sentence, findings, the last hour,
 *       upstreams, room, keys; with 120 columns and 40 rows also ends, distributions and lanes. Below
 *       80 columns or 24 rows sentence and findings only. What it says was judged before.
 * Who:  penstockctl top. Pure: no terminal and no clock.
 * Ref:  docs/VIEW.md, penstockctl(8).
 */
#pragma once

#include "view/judge.h"
#include "view/sheet.h"

#define DRAW_TOP_MAX    65536 /* octets of a frame */
#define DRAW_TOP_WIDTH  80    /* columns and rows of the whole view */
#define DRAW_TOP_HEIGHT 24
#define DRAW_TOP_WIDE   120 /* of the one with ends, distributions and lanes */
#define DRAW_TOP_HIGH   40

enum draw_top_page {
    DRAW_TOP_ALL,
    DRAW_TOP_UPSTREAMS,
    DRAW_TOP_REASONS,
    DRAW_TOP_LANES,
    DRAW_TOP_NETWORKS,
    DRAW_TOP_TIMES,
    DRAW_TOP_HELP,
    DRAW_TOP_PAGES
};

enum draw_top_sort { /* of upstreams */
                     DRAW_TOP_BY_SHARE,
                     DRAW_TOP_BY_MS,
                     DRAW_TOP_BY_FAILED,
                     DRAW_TOP_BY_CERTIFICATE,
                     DRAW_TOP_BY_NAME,
                     DRAW_TOP_SORTS
};

struct draw_top_view {
    unsigned width, height; /* of the terminal */
    enum draw_top_page page;
    enum draw_top_sort sort;
    unsigned first;       /* rows of a page that are above the first one shown */
    unsigned interval_s;  /* between two readings; 0: there is one only */
    bool is_paused;       /* no newer reading is taken */
    const char *networks; /* what their page says; borrowed lines of printable text, or NULL */
    uint64_t not_reached; /* since 1970: the service is not reached any more; 0: it is */
};

/**
 * Draw a frame: at most `height` lines of at most `width` columns.
 * @param to  from sheet_begin(), with DRAW_TOP_MAX octets
 */
void draw_top(const struct figures *figures, const struct judgement *judgement,
              const struct draw_top_view *view, struct sheet *to);

/** How many rows the page has that can be scrolled; 0: it cannot. */
unsigned draw_top_rows(const struct figures *figures, const struct draw_top_view *view);
