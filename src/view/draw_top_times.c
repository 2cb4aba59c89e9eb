/* draw_top_times.c - how long answers took, as distributions
 * SPDX-License-Identifier: ISC
 */
#include "view/draw_top_times.h"

#include "view/spark.h"

#include <string.h>

#define BEGIN 6 /* of columns */

/* Of each column, hundredths of a percent of all. */
static void
count_columns(const uint64_t from[], const uint64_t to[], uint64_t shares[SPARK_COLUMNS])
{
    uint64_t total = 0;
    memset(shares, 0, SPARK_COLUMNS * sizeof shares[0]);
    for (unsigned i = 0; i < STATS_BUCKETS; i++) {
        shares[spark_column_of(stats_bucket_top(i))] += to[i] - from[i];
        total += to[i] - from[i];
    }
    for (unsigned i = 0; i < SPARK_COLUMNS; i++)
        shares[i] = total > 0 ? number_share_of(shares[i], total) : 0;
}

static void
draw_columns(const uint64_t shares[SPARK_COLUMNS], unsigned high, struct sheet *to)
{
    struct spark_axis axis = spark_linear(shares, SPARK_COLUMNS, 1000);
    char top[NUMBER_TEXT_MAX];
    for (unsigned row = high; row-- > 0;) {
        sheet_right(to, BEGIN - 2,
                    row + 1 == high ? number_percent(axis.top, top)
                    : row == 0      ? "0"
                                    : "");
        sheet_to(to, BEGIN);
        sheet_style(to, SHEET_DIM);
        for (unsigned i = 0; i < SPARK_COLUMNS; i++) {
            uint64_t scaled = shares[i] * high * SPARK_LEVELS;
            unsigned level = (unsigned)((scaled + axis.top - 1) / axis.top);
            spark_column(to, level, row);
        }
        sheet_style(to, SHEET_PLAIN);
        sheet_end_line(to, 0);
    }
}

static void
draw_axis(struct sheet *to)
{
    static const struct {
        uint64_t us;
        const char *text;
    } marks[] = {{10, "0.01"},  {100, "0.1"},    {1000, "1"},
                 {10000, "10"}, {100000, "100"}, {1000000, "1000"}};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        sheet_to(to, BEGIN + spark_column_of(marks[i].us));
        sheet_sign(to, "└", "|");
        sheet_add(to, "%s", marks[i].text);
    }
    sheet_add(to, " ms");
    sheet_end_line(to, 0);
}

static void
draw_percentiles(uint64_t half_us, uint64_t nine_us, uint64_t most_us, struct sheet *to)
{
    char half[NUMBER_TEXT_MAX], nine[NUMBER_TEXT_MAX], most[NUMBER_TEXT_MAX];
    sheet_to(to, BEGIN);
    if (half_us == NUMBER_NONE)
        sheet_add(to, "fewer than %u answers", TALLY_ENOUGH);
    else
        sheet_add(to, "half %s   90 %% %s   99 %% %s ms", number_ms(half_us, half),
                  number_ms(nine_us, nine), number_ms(most_us, most));
    sheet_end_line(to, 0);
}

static void
draw_distribution(const uint64_t from[], const uint64_t now[], unsigned high, struct sheet *to)
{
    uint64_t shares[SPARK_COLUMNS];
    count_columns(from, now, shares);
    draw_columns(shares, high, to);
    draw_axis(to);
}

static const struct tally *
begin_of(const struct figures *f)
{
    const struct tally *from = history_back(f->history, HISTORY_LONG_MS);
    return from != NULL ? from : &f->reading->tally;
}

void
draw_top_times_clients(const struct figures *f, unsigned high, struct sheet *to)
{
    sheet_add(to, " TIME TO ANSWER A CLIENT, %% of answers");
    sheet_end_line(to, 0);
    draw_distribution(begin_of(f)->answer_buckets, f->reading->tally.answer_buckets, high, to);
    draw_percentiles(f->half_us, f->nine_us, f->most_us, to);
}

void
draw_top_times_upstreams(const struct figures *f, unsigned high, struct sheet *to)
{
    sheet_add(to, " TIME AN UPSTREAM TOOK, %% of answers");
    sheet_end_line(to, 0);
    draw_distribution(begin_of(f)->upstream_buckets, f->reading->tally.upstream_buckets, high, to);
    draw_percentiles(f->upstream_half_us, f->upstream_nine_us, f->upstream_most_us, to);
}
