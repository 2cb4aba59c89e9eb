/* test_plot.c - axes with round numbers, scales, and lines with gaps
 * SPDX-License-Identifier: ISC
 */
#include "view/plot.h"

#include "prng.h"
#include "view/number.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static void
expect_axis(uint64_t most, unsigned lines, uint64_t step, uint64_t top)
{
    struct plot_axis axis = plot_axis_to(most, lines);
    cr_expect_eq(axis.step, step, "%lu: step %lu", most, axis.step);
    cr_expect_eq(axis.top, top, "%lu: top %lu", most, axis.top);
}

Test(plot, axes_have_round_numbers)
{
    expect_axis(0, 4, 1, 1);
    expect_axis(4, 4, 1, 4);
    expect_axis(5, 4, 2, 6);
    expect_axis(446, 4, 200, 600);
    expect_axis(10000, 4, 5000, 10000);
    expect_axis(10001, 4, 5000, 15000);
    expect_axis(22112, 3, 10000, 30000);
}

Test(plot, an_axis_reaches_what_it_is_for_in_few_steps)
{
    struct prng prng = prng_begin(__func__);
    for (unsigned i = 0; i < 10000; i++) {
        uint64_t most = prng_next(&prng) >> (prng_next(&prng) % 64);
        unsigned lines = 2 + (unsigned)(prng_next(&prng) % 5);
        struct plot_axis axis = plot_axis_to(most, lines);
        cr_assert_leq(axis.lines, lines);
        cr_assert_geq(axis.lines, 1);
        cr_assert_eq(axis.top, axis.step * axis.lines);
        cr_assert(axis.top >= most || most > UINT64_MAX / 1000);
    }
}

Test(plot, a_value_stands_between_the_ends)
{
    struct plot_scale up = {.from = 100, .to = 300, .start = 990, .end = 150};
    cr_expect_eq(plot_at(&up, 0), 990);
    cr_expect_eq(plot_at(&up, 100), 990);
    cr_expect_eq(plot_at(&up, 200), 570);
    cr_expect_eq(plot_at(&up, 300), 150);
    cr_expect_eq(plot_at(&up, UINT64_MAX), 150);
    struct plot_scale wide = {.from = 0, .to = UINT64_MAX, .start = 0, .end = 1000};
    cr_expect_eq(plot_at(&wide, UINT64_MAX / 2), 500);
    struct plot_scale none = {.from = 7, .to = 7, .start = 3, .end = 9};
    cr_expect_eq(plot_at(&none, 7), 3);
}

Test(plot, the_logarithm_is_that_of_the_library)
{
    cr_expect_eq(plot_log(0), 0);
    cr_expect_eq(plot_log(1), 0);
    cr_expect_eq(plot_log(2), PLOT_OCTAVE);
    struct prng prng = prng_begin(__func__);
    for (unsigned i = 0; i < 10000; i++) {
        uint64_t value = (prng_next(&prng) >> (prng_next(&prng) % 63)) | 1;
        double log = log2((double)value) * PLOT_OCTAVE;
        cr_assert_float_eq((double)plot_log(value), log, 1.01, "%lu", value);
    }
}

static const char *
path_of(const uint64_t values[], unsigned count, bool is_area)
{
    static char text[256];
    struct markup to;
    struct plot_line line = {.values = values,
                             .count = count,
                             .across = {.to = count - 1, .start = 0, .end = 10 * (count - 1)},
                             .up = {.to = 100, .start = 100, .end = 0}};
    markup_begin(&to, text, sizeof text);
    if (is_area)
        plot_area(&to, &line);
    else
        plot_path(&to, &line);
    return text;
}

Test(plot, no_reading_is_a_gap)
{
    const uint64_t values[] = {NUMBER_NONE, 10,          20,  NUMBER_NONE, NUMBER_NONE,
                               0,           NUMBER_NONE, 100, 90};
    cr_expect_str_eq(path_of(values, 9, false), "M 10 90 20 80M 50 100 50 100M 70 0 80 10");
    cr_expect_str_eq(path_of(values, 9, true),
                     "M10 100 10 90 20 80V100zM50 100 50 100V100zM70 100 70 0 80 10V100z");
}

Test(plot, nothing_at_all_is_no_path)
{
    const uint64_t values[] = {NUMBER_NONE, NUMBER_NONE};
    cr_expect_str_eq(path_of(values, 2, false), "");
    cr_expect_str_eq(path_of(values, 2, true), "");
}
