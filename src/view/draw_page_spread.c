/* draw_page_spread.c - how times to answer are spread, on the page
 * SPDX-License-Identifier: ISC
 */
#include "view/draw_page_spread.h"

#include "view/moment.h"
#include "view/plot.h"
#include "view/says.h"

#include <stdio.h>

/* Tenths of what is seen. */
#define WIDTH      4400
#define HEIGHT     1640
#define LEFT       280
#define RIGHT      4300
#define TOP        420
#define BOTTOM     1420
#define LINE       140 /* of text */
#define MIDDLE     40
#define GAP        8    /* between two bars */
#define SIDE       3200 /* from here on a text stands to the left of its line */
#define AXIS_LINES 3
#define LABEL_MAX  320

#define BEGIN_US   6 /* the axis begins here: room for one bar of all that took less than FROM_US */
#define FROM_US    10
#define TO_US      10000000
#define DECADE     10
#define HUNDREDTHS 100

struct spread {
    const char *title;
    uint64_t shares[STATS_BUCKETS]; /* of all, in hundredths of a percent */
    uint64_t count, most_share;
    uint64_t half_us, nine_us, most_us;
    struct plot_scale across, up;
};

/* `to` continues `from`. */
static void
fill(struct spread *spread, const uint64_t from[], const uint64_t to[])
{
    for (unsigned i = 0; i < STATS_BUCKETS; i++)
        spread->count += to[i] - from[i];
    uint64_t before = 0;
    for (unsigned i = 0; i < STATS_BUCKETS && spread->count > 0; i++) {
        bool is_before = stats_bucket_top(i) < FROM_US; /* all of them in the first one */
        before += is_before ? to[i] - from[i] : 0;
        unsigned at = is_before ? 0 : i;
        spread->shares[at] = number_share_of(is_before ? before : to[i] - from[i], spread->count);
        if (spread->shares[at] > spread->most_share)
            spread->most_share = spread->shares[at];
    }
}

static void
put_values(struct spread *spread, struct markup *to)
{
    struct plot_axis axis = plot_axis_to(spread->most_share, AXIS_LINES);
    spread->up = (struct plot_scale){.to = axis.top, .start = BOTTOM, .end = TOP};
    for (unsigned i = 0; i <= axis.lines && spread->count > 0; i++) {
        char text[NUMBER_TEXT_MAX];
        unsigned y = plot_at(&spread->up, axis.step * i);
        if (axis.step % HUNDREDTHS == 0)
            number_count(axis.step * i / HUNDREDTHS, text);
        else
            number_tenths(axis.step * i, text);
        markup_put(to, "<path class=\"%s\" d=\"M%u %uH%u\"/>", i == 0 ? "ax" : "g", LEFT, y, RIGHT);
        markup_put(to, "<text x=\"%u\" y=\"%u\" text-anchor=\"end\">%s</text>", LEFT - 50,
                   y + MIDDLE, text);
    }
}

static void
put_times(struct spread *spread, struct markup *to)
{
    spread->across = (struct plot_scale){
        .from = plot_log(BEGIN_US), .to = plot_log(TO_US), .start = LEFT, .end = RIGHT};
    for (uint64_t us = FROM_US * DECADE; us < TO_US; us *= DECADE) {
        char text[NUMBER_TEXT_MAX];
        unsigned x = plot_at(&spread->across, plot_log(us));
        number_count(us < 1000000 ? us / 1000 : us / 1000000, text);
        markup_put(to, "<path class=\"ax\" d=\"M%u %uv40\"/>", x, BOTTOM);
        markup_put(to, "<text x=\"%u\" y=\"%u\" text-anchor=\"middle\">%s %s</text>", x,
                   BOTTOM + 160, us < 1000 ? "0.1" : text, us < 1000000 ? "ms" : "s");
    }
}

static void
put_bars(const struct spread *spread, struct markup *to)
{
    markup_put(to, "<path class=\"b1\" d=\"");
    for (unsigned i = 0; i < STATS_BUCKETS; i++) {
        if (spread->shares[i] == 0)
            continue;
        uint64_t begin_us = i == 0 ? BEGIN_US : stats_bucket_top(i - 1) + 1;
        uint64_t end_us = i == 0 ? FROM_US : stats_bucket_top(i) + 1;
        unsigned x = plot_at(&spread->across, plot_log(begin_us));
        unsigned end = plot_at(&spread->across, plot_log(end_us));
        unsigned y = plot_at(&spread->up, spread->shares[i]);
        unsigned right = end > x + 2 * GAP ? end - GAP : x + GAP;
        markup_put(to, "M%u %uV%uH%uV%uz", x, BOTTOM, y, right, BOTTOM);
    }
    markup_put(to, "\"/>");
}

/* A time within which so many were answered; the texts stand below one another. */
static void
put_time(const struct spread *spread, uint64_t us, unsigned line, const char *name,
         struct markup *to)
{
    char ms[NUMBER_TEXT_MAX];
    unsigned x = plot_at(&spread->across, plot_log(us)), y = (line + 1) * LINE - MIDDLE;
    markup_put(to, "<path class=\"ax\" d=\"M%u %uV%u\"/>", x, y, BOTTOM);
    markup_put(to, "<text class=\"k\" x=\"%u\" y=\"%u\" text-anchor=\"%s\">%s %s ms</text>",
               x > SIDE ? x - MIDDLE : x + MIDDLE, y, x > SIDE ? "end" : "start", name,
               number_ms(us, ms));
}

static void
draw(struct spread *spread, const char *span, struct markup *to)
{
    char label[LABEL_MAX], count[NUMBER_TEXT_MAX];
    char half[NUMBER_TEXT_MAX], nine[NUMBER_TEXT_MAX], most[NUMBER_TEXT_MAX];
    snprintf(label, sizeof label,
             "%s, of %s answers in the last %s: half within %s ms, 90 of 100 within %s, 99 of 100 "
             "within %s",
             spread->title, number_count(spread->count, count), span,
             number_ms(spread->half_us, half), number_ms(spread->nine_us, nine),
             number_ms(spread->most_us, most));
    markup_put(to,
               "<h2>%s <span>%% of answers, last %s</span></h2><svg class=\"h\" "
               "viewBox=\"0 0 %u %u\" role=\"img\" aria-label=\"%s\">",
               spread->title, span, WIDTH, HEIGHT, label);
    put_values(spread, to);
    put_times(spread, to);
    if (spread->count > 0)
        put_bars(spread, to);
    if (spread->most_us != NUMBER_NONE) {
        put_time(spread, spread->half_us, 0, "half", to);
        put_time(spread, spread->nine_us, 1, "90 %", to);
        put_time(spread, spread->most_us, 2, "99 %", to);
    } else {
        markup_put(to,
                   "<text x=\"%u\" y=\"%u\" text-anchor=\"middle\">fewer than %u answers</text>",
                   (LEFT + RIGHT) / 2, TOP - LINE, TALLY_ENOUGH);
    }
    markup_put(to, "</svg>");
}

void
draw_page_spread(const struct figures *figures, struct markup *to)
{
    char span[MOMENT_TEXT_MAX];
    const struct tally *from = history_back(figures->history, HISTORY_LONG_MS);
    const struct tally *now = &figures->reading->tally;
    struct spread clients = {.title = "Time to answer a client",
                             .half_us = figures->half_us,
                             .nine_us = figures->nine_us,
                             .most_us = figures->most_us};
    struct spread upstreams = {.title = "Time an upstream took",
                               .half_us = figures->upstream_half_us,
                               .nine_us = figures->upstream_nine_us,
                               .most_us = figures->upstream_most_us};
    if (from != NULL) {
        fill(&clients, from->answer_buckets, now->answer_buckets);
        fill(&upstreams, from->upstream_buckets, now->upstream_buckets);
    }
    says_span(figures, span);
    markup_put(to, "<section class=\"box hh\"><div>");
    draw(&clients, span, to);
    markup_put(to, "</div><div>");
    draw(&upstreams, span, to);
    markup_put(to, "</div></section>");
}
