/* test_draw_top_times.c - tests of draw_top_times
 * SPDX-License-Identifier: ISC
 */
#include "view/draw_top_times.h"

#include "draw_top_scene.h"

Test(draw_top_times, of_few_answers_there_are_no_percentiles)
{
    draw_top_times_clients(&scene.figures, 3, begin(VIEW_HOUR_IDLE, 3600));
    has(" TIME TO ANSWER A CLIENT, % of answers\n");
    has("fewer than 100 answers\n");
}

Test(draw_top_times, an_axis_and_percentiles_stand_below)
{
    draw_top_times_upstreams(&scene.figures, 3, begin(VIEW_HOUR_WELL, 3600));
    has("|0.01  |0.1  |1     |10    |100  |1000 ms\n");
    has("half 12.3   90 % 20.5   99 % 20.5 ms\n");
}

Test(draw_top_times, the_highest_column_is_within_its_axis)
{
    for (unsigned high = 1; high <= 8; high++) {
        draw_top_times_clients(&scene.figures, high, begin(VIEW_HOUR_WELL, 3600));
        unsigned lines = 0;
        for (const char *c = text; *c != '\0'; c++)
            lines += *c == '\n';
        cr_expect_eq(lines, high + DRAW_TOP_TIMES_OTHERS);
    }
}
