/* spark.c - lines and bars of one text row
 * SPDX-License-Identifier: ISC
 */
#include "view/spark.h"

#include <stdio.h>

#define EIGHTHS      8
#define PLAIN_LEVELS 6
#define FIRST_POWER  3 /* of two: the µs that a distribution begins with */

static uint64_t
greatest(const uint64_t values[], unsigned count)
{
    uint64_t most = 0;
    for (unsigned i = 0; i < count; i++)
        if (values[i] != NUMBER_NONE && values[i] > most)
            most = values[i];
    return most;
}

struct spark_axis
spark_linear(const uint64_t values[], unsigned count, uint64_t least)
{
    static const uint64_t steps[] = {1, 2, 3, 4, 5, 6, 8};
    uint64_t most = greatest(values, count), tens = 1;
    if (most < least)
        most = least;
    while (tens <= UINT64_MAX / 100 && most > 10 * tens)
        tens *= 10;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        if (most <= steps[i] * tens)
            return (struct spark_axis){.top = steps[i] * tens};
    return (struct spark_axis){.top = 10 * tens};
}

struct spark_axis
spark_log(const uint64_t values[], unsigned count, uint64_t least)
{
    uint64_t most = greatest(values, count), top = least;
    while (top <= UINT64_MAX / 100 && most > top)
        top *= 10;
    return (struct spark_axis){.bottom = top / 1000, .top = top, .is_log = true};
}

/* 1000^(n/8), thousandths */
static const uint64_t eighths_of_three_decades[SPARK_LEVELS] = {2371,  5623,   13335,  31623,
                                                                74989, 177828, 421697, 1000000};

unsigned
spark_level(const struct spark_axis *axis, uint64_t value)
{
    unsigned level = 1;
    if (value == NUMBER_NONE)
        return 0;
    if (value >= axis->top)
        return SPARK_LEVELS;
    if (axis->is_log)
        while (level < SPARK_LEVELS &&
               value > axis->bottom * eighths_of_three_decades[level - 1] / 1000)
            level++;
    else
        while (level < SPARK_LEVELS && value > axis->top / SPARK_LEVELS * level +
                                                   axis->top % SPARK_LEVELS * level / SPARK_LEVELS)
            level++;
    return level;
}

static void
draw_level(struct sheet *to, unsigned level)
{
    static const char *const signs[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static const char *const plain[] = {" ", ".", ":", "-", "=", "+", "*"};
    sheet_sign(to, signs[level],
               plain[level == 0 ? 0 : (level * PLAIN_LEVELS + SPARK_LEVELS - 1) / SPARK_LEVELS]);
}

void
spark_draw(struct sheet *to, const struct spark_axis *axis, const uint64_t values[], unsigned count)
{
    sheet_style(to, SHEET_DIM);
    for (unsigned i = 0; i < count; i++)
        draw_level(to, spark_level(axis, values[i]));
    sheet_style(to, SHEET_PLAIN);
}

/* Below one, an end is a power of ten. */
static void
label_end(uint64_t value, uint64_t unit, char text[NUMBER_TEXT_MAX])
{
    int used = snprintf(text, NUMBER_TEXT_MAX, "%llu", (unsigned long long)(value / unit));
    if (value == 0 || value >= unit)
        return;
    text[used++] = '.';
    for (; value * 10 < unit && used + 2 < NUMBER_TEXT_MAX; value *= 10)
        text[used++] = '0';
    text[used++] = '1';
    text[used] = '\0';
}

const char *
spark_label(const struct spark_axis *axis, uint64_t unit, char text[NUMBER_TEXT_MAX])
{
    char bottom[NUMBER_TEXT_MAX], top[NUMBER_TEXT_MAX];
    label_end(axis->bottom, unit, bottom);
    label_end(axis->top, unit, top);
    snprintf(text, NUMBER_TEXT_MAX, "%.14s-%.14s", bottom, top);
    return text;
}

void
spark_bar(struct sheet *to, unsigned columns, uint64_t hundredths)
{
    static const char *const parts[] = {"·", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    uint64_t share = hundredths == NUMBER_NONE ? 0 : hundredths > 10000 ? 10000 : hundredths;
    unsigned filled = (unsigned)(share * columns * EIGHTHS / 10000);
    if (filled == 0 && share > 0)
        filled = 1;
    for (unsigned i = 0; i < columns; i++) {
        unsigned here = filled > i * EIGHTHS ? filled - i * EIGHTHS : 0;
        if (here >= EIGHTHS)
            sheet_sign(to, "█", "#");
        else
            sheet_sign(to, parts[here], here >= EIGHTHS / 2 ? "#" : ".");
    }
}

void
spark_column(struct sheet *to, unsigned level, unsigned row)
{
    unsigned below = row * SPARK_LEVELS;
    unsigned here = level > below ? level - below : 0;
    draw_level(to, here > SPARK_LEVELS ? SPARK_LEVELS : here);
}

/* Two columns a power of two, so that each has as many buckets of lane/stats.h as the next. */
unsigned
spark_column_of(uint64_t us)
{
    unsigned power = FIRST_POWER;
    while (power < FIRST_POWER + SPARK_COLUMNS / 2 && us >> (power + 1) > 0)
        power++;
    unsigned column =
        2 * (power - FIRST_POWER) + (us >> power > 0 ? (unsigned)(us >> (power - 1) & 1) : 0);
    return column < SPARK_COLUMNS ? column : SPARK_COLUMNS - 1;
}
