/* spark.h - lines and bars of one text row
 * SPDX-License-Identifier: ISC
 *
 * What: a series as a row of signs, one a column, over an axis that begins at 0 or is logarithmic
 *       over three decades; a share as a bar; a distribution of times over twenty powers of two. No reading
 *       is a blank, and none counted is the lowest sign.
 * Who:  draw_top. Pure.
 * Ref:  docs/VIEW.md.
 */
#pragma once

#include "view/number.h"
#include "view/sheet.h"

#define SPARK_LEVELS 8

struct spark_axis {
    uint64_t bottom, top; /* of the unit of the values */
    bool is_log;          /* top is 1000 times bottom; else bottom is 0 */
};

/** An axis from 0 to a round number that none of the values exceeds. @param least  of its top */
struct spark_axis spark_linear(const uint64_t values[], unsigned count, uint64_t least);

/** Three decades that end with the one of the greatest value. @param least  of its top, 10^n */
struct spark_axis spark_log(const uint64_t values[], unsigned count, uint64_t least);

/** @return 1..SPARK_LEVELS; 0: no reading */
unsigned spark_level(const struct spark_axis *axis, uint64_t value);

/** The series, in dim. */
void spark_draw(struct sheet *to, const struct spark_axis *axis, const uint64_t values[],
                unsigned count);

/** "0-600". @param unit  how many of the values' unit are one of what is written */
const char *spark_label(const struct spark_axis *axis, uint64_t unit, char text[NUMBER_TEXT_MAX]);

/** A bar of so many columns. @param hundredths  of a percent; NUMBER_NONE is as 0 */
void spark_bar(struct sheet *to, unsigned columns, uint64_t hundredths);

/** A column of a distribution: of the height `level`, the part in this row, counted from 0 below. */
void spark_column(struct sheet *to, unsigned level, unsigned row);

#define SPARK_COLUMNS 40 /* of a distribution: from 8 µs to 8.4 s */

/** Which column a time belongs to, 0..SPARK_COLUMNS - 1. What is shorter is in the first, what is
 * longer in the last. */
unsigned spark_column_of(uint64_t us);
