/* plot.c - where numbers stand in a picture
 * SPDX-License-Identifier: ISC
 */
#include "view/plot.h"

#include "view/number.h"

#define STEP_MOST (UINT64_MAX / 1000) /* what is more is cut, so that nothing wraps */

struct plot_axis
plot_axis_to(uint64_t most, unsigned lines)
{
    static const unsigned next[] = {2, 5, 10};
    uint64_t power = 1, step = 1;
    most = most < STEP_MOST ? most : STEP_MOST;
    for (unsigned i = 0; step * lines < most; i++) {
        step = power * next[i % 3];
        if (i % 3 == 2)
            power = step;
    }
    unsigned used = (unsigned)((most + step - 1) / step);
    if (used == 0)
        used = 1;
    return (struct plot_axis){.step = step, .lines = used, .top = step * used};
}

/* part / whole of a length, part being the smaller. */
static unsigned
share_of(unsigned length, uint64_t part, uint64_t whole)
{
    while (part > UINT32_MAX) {
        part >>= 1;
        whole >>= 1;
    }
    return (unsigned)((part * length + whole / 2) / whole);
}

unsigned
plot_at(const struct plot_scale *scale, uint64_t value)
{
    if (value <= scale->from)
        return scale->start;
    if (value >= scale->to)
        return scale->end;
    uint64_t part = value - scale->from, whole = scale->to - scale->from;
    return scale->end > scale->start
               ? scale->start + share_of(scale->end - scale->start, part, whole)
               : scale->start - share_of(scale->start - scale->end, part, whole);
}

/* A bit of the fraction for each squaring of what stands before it, in 1 to 2. */
uint64_t
plot_log(uint64_t value)
{
    uint64_t log = 0;
    while (value >> 32 != 0) {
        value >>= 1;
        log += PLOT_OCTAVE;
    }
    if (value == 0)
        return 0;
    unsigned power = 0;
    while (value >> power > 1)
        power++;
    uint64_t one = value << (31 - power); /* 2^31 is 1 */
    log += (uint64_t)power * PLOT_OCTAVE;
    for (unsigned bit = PLOT_OCTAVE / 2; bit > 0; bit /= 2) {
        one = one * one >> 31;
        if (one >> 32 != 0) {
            one >>= 1;
            log += bit;
        }
    }
    return log;
}

static void
put_point(struct markup *to, const struct plot_line *line, unsigned i)
{
    markup_put(to, " %u %u", plot_at(&line->across, i), plot_at(&line->up, line->values[i]));
}

/* @return the first index after the values without a gap that begin at `i` */
static unsigned
end_of_run(const struct plot_line *line, unsigned i)
{
    while (i < line->count && line->values[i] != NUMBER_NONE)
        i++;
    return i;
}

void
plot_path(struct markup *to, const struct plot_line *line)
{
    for (unsigned i = 0; i < line->count; i++) {
        unsigned end = end_of_run(line, i);
        if (end == i)
            continue;
        markup_put(to, "M");
        if (end == i + 1)
            put_point(to, line, i); /* and again: a line of no length is a point */
        for (; i < end; i++)
            put_point(to, line, i);
    }
}

void
plot_area(struct markup *to, const struct plot_line *line)
{
    for (unsigned i = 0; i < line->count; i++) {
        unsigned end = end_of_run(line, i);
        if (end == i)
            continue;
        markup_put(to, "M%u %u", plot_at(&line->across, i), line->up.start);
        for (; i < end; i++)
            put_point(to, line, i);
        markup_put(to, "V%uz", line->up.start);
    }
}
