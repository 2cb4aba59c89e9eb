/* plot.h - where numbers stand in a picture
 * SPDX-License-Identifier: ISC
 *
 * What: axes with round numbers, scales, and lines with gaps as the data of an SVG path. Coordinates
 *       are whole numbers: a picture is drawn in units of a tenth of what is seen.
 * Who:  whoever draws pictures. Pure.
 * Ref:  SVG 2, section 9.3.
 */
#pragma once

#include "view/markup.h"

#include <stdint.h>

struct plot_axis { /* from 0 on */
    uint64_t step; /* 1, 2 or 5 times a power of ten */
    unsigned lines;
    uint64_t top; /* step times lines */
};

/** The axis of the fewest lines, at most `lines`, whose top is not below `most`. @param lines  2.. */
struct plot_axis plot_axis_to(uint64_t most, unsigned lines);

struct plot_scale {
    uint64_t from, to;   /* `to` is the larger */
    unsigned start, end; /* where they stand; either may be the larger */
};

/** Where a value stands; outside, it is the nearer end. */
unsigned plot_at(const struct plot_scale *scale, uint64_t value);

#define PLOT_OCTAVE 256

/** The binary logarithm, PLOT_OCTAVE for each octave; of 0 as of 1: 0. At most 1 too low. */
uint64_t plot_log(uint64_t value);

struct plot_line {
    const uint64_t *values; /* borrowed; NUMBER_NONE: a gap */
    unsigned count;
    struct plot_scale across; /* of the index */
    struct plot_scale up;     /* of the value */
};

/** The line as path data: where a value stands alone, a point. */
void plot_path(struct markup *to, const struct plot_line *line);

/** What is between the line and the start of its scale, as path data. */
void plot_area(struct markup *to, const struct plot_line *line);
