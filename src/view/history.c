/* history.c - readings of the last hour in fixed memory
 * SPDX-License-Identifier: ISC
 */
#include "view/history.h"

#include "view/number.h"

#include <stddef.h>

#define SLACK_US 500000 /* a reading that comes a little too soon is kept nevertheless */

static const struct tally *
tally_at(const struct history *history, unsigned age) /* 0: the one kept last */
{
    return &history->tallies[(history->tallies_next + HISTORY_TALLIES - 1 - age) % HISTORY_TALLIES];
}

static const struct history_point *
point_at(const struct history *history, unsigned age)
{
    return &history->points[(history->points_next + HISTORY_POINTS - 1 - age) % HISTORY_POINTS];
}

const struct tally *
history_back(const struct history *history, uint64_t span_ms)
{
    if (!history->has_newest)
        return NULL;
    uint64_t newest_us = history->newest.at_us;
    const struct tally *oldest = NULL;
    for (unsigned age = 0; age < history->tallies_count; age++) {
        const struct tally *tally = tally_at(history, age);
        if (tally->at_us >= newest_us)
            continue;
        oldest = tally;
        if (newest_us - tally->at_us + SLACK_US >= span_ms * 1000)
            break;
    }
    return oldest != NULL ? oldest : history->has_before ? &history->before : NULL;
}

static uint64_t
ended(const struct tally *tally, enum why_group group)
{
    static const struct tally nothing;
    return tally_group(&nothing, tally, group);
}

static uint64_t
cached(const struct tally *tally)
{
    return tally->why[WHY_CACHE_HIT] + tally->why[WHY_CACHE_STALE];
}

static void
keep_point(struct history *history, bool is_begin)
{
    const struct tally *now = &history->newest, *minute = history_back(history, HISTORY_SHORT_MS);
    struct history_point *point = &history->points[history->points_next];
    *point = (struct history_point){
        .at_us = now->at_us,
        .queries = now->counts[STAT_UDP_QUERIES] + now->counts[STAT_TCP_QUERIES],
        .answered = ended(now, WHY_GROUP_ANSWERED),
        .cached = cached(now),
        .turned_away = ended(now, WHY_GROUP_TURNED_AWAY),
        .failed = ended(now, WHY_GROUP_FAILED),
        .half_us = minute != NULL ? tally_answer_us(minute, now, 500) : NUMBER_NONE,
        .most_us = minute != NULL ? tally_answer_us(minute, now, 990) : NUMBER_NONE,
        .is_begin = is_begin,
    };
    for (unsigned i = 0; i < STATS_UPSTREAMS; i++) {
        point->asked[i] = (uint32_t)now->asked[i];
        point->erred[i] = (uint32_t)now->erred[i];
    }
    history->points_next = (history->points_next + 1) % HISTORY_POINTS;
    if (history->points_count < HISTORY_POINTS)
        history->points_count++;
}

/* So near to the newest that both are one, and there is one before them, not long before. */
static bool
is_one_with_newest(const struct history *history, uint64_t at_us)
{
    uint64_t near_us = (uint64_t)HISTORY_NEAR_MS * 1000;
    return history->has_before && at_us - history->newest.at_us < near_us &&
           at_us - history->before.at_us < 4 * near_us;
}

void
history_add(struct history *history, const struct tally *tally)
{
    if (history->has_newest && tally->at_us <= history->newest.at_us)
        return;
    bool is_near = is_one_with_newest(history, tally->at_us);
    history->has_before = history->has_newest && tally_continues(&history->newest, tally);
    if (!is_near)
        history->before = history->newest;
    history->newest = *tally;
    history->has_newest = true;
    if (!history->has_before)
        history->tallies_count = 0;
    uint64_t kept_us = history->tallies_count > 0 ? tally_at(history, 0)->at_us : 0;
    if (history->has_before && tally->at_us - kept_us + SLACK_US < (uint64_t)HISTORY_STEP_MS * 1000)
        return;
    keep_point(history, !history->has_before);
    history->tallies[history->tallies_next] = *tally;
    history->tallies_next = (history->tallies_next + 1) % HISTORY_TALLIES;
    if (history->tallies_count < HISTORY_TALLIES)
        history->tallies_count++;
}

bool
history_is_sound(const struct history *history)
{
    if (history->tallies_count > HISTORY_TALLIES || history->tallies_next >= HISTORY_TALLIES ||
        history->points_count > HISTORY_POINTS || history->points_next >= HISTORY_POINTS)
        return false;
    uint64_t after_us = history->newest.at_us;
    if (history->has_before && history->before.at_us >= after_us)
        return false;
    for (unsigned age = 0; age < history->points_count; age++) {
        if (point_at(history, age)->at_us > after_us)
            return false;
        after_us = point_at(history, age)->at_us;
    }
    return true;
}

uint64_t
history_begin_us(const struct history *history)
{
    return history->points_count == 0 ? 0 : point_at(history, history->points_count - 1)->at_us;
}

uint64_t
history_usual_errors(const struct history *history, unsigned upstream, uint64_t span_ms)
{
    const struct history_point *to = NULL, *from = NULL;
    for (unsigned age = 0; age < history->points_count; age++) {
        const struct history_point *point = point_at(history, age);
        if (to == NULL && history->newest.at_us - point->at_us >= span_ms * 1000)
            to = point;
        from = point;
        if (point->is_begin)
            break;
    }
    if (to == NULL || to->at_us - from->at_us < (uint64_t)HISTORY_HOUR_MS * 1000 / 2)
        return NUMBER_NONE;
    uint32_t asked = to->asked[upstream] - from->asked[upstream];
    uint32_t erred = to->erred[upstream] - from->erred[upstream];
    return asked < TALLY_ENOUGH ? NUMBER_NONE : number_share_of(erred, asked);
}

/* --- columns --------------------------------------------------------------------------------- */

static uint64_t
count_of(const struct history_point *point, unsigned which)
{
    switch (which) {
    case HISTORY_QUERIES:
        return point->queries;
    case HISTORY_CACHED:
        return point->cached;
    case HISTORY_TURNED_AWAY:
        return point->turned_away;
    case HISTORY_FAILED:
        return point->failed;
    default:
        return point->asked[(which - HISTORY_UPSTREAM) % STATS_UPSTREAMS];
    }
}

/* What stands in a column whose first and last points these are. */
static uint64_t
value_of(const struct history_point *from, const struct history_point *to, unsigned which)
{
    if (which == HISTORY_HALF)
        return to->half_us;
    if (which == HISTORY_MOST)
        return to->most_us;
    uint64_t count = count_of(to, which) - count_of(from, which);
    if (which >= HISTORY_UPSTREAM)
        count = (uint32_t)count;
    if (which == HISTORY_CACHED)
        return number_share_of(count, to->answered - from->answered);
    return count * 1000 * 1000 / ((to->at_us - from->at_us) / 1000 + 1);
}

/*
 * Points are walked from the newest back. A column's value is that of all points in it and the one
 * before them, which closes the line to its neighbour; a gap ends a column early.
 */
void
history_columns(const struct history *history, unsigned which, unsigned columns, uint64_t values[])
{
    for (unsigned i = 0; i < columns; i++)
        values[i] = NUMBER_NONE;
    if (columns == 0)
        return;
    uint64_t width_us = (uint64_t)HISTORY_HOUR_MS * 1000 / columns;
    uint64_t end_us = history->has_newest ? history->newest.at_us : 0;
    const struct history_point *last = NULL; /* of the column that is being filled */
    unsigned column = 0;                     /* counted from the newest */
    for (unsigned age = 0; age < history->points_count; age++) {
        const struct history_point *point = point_at(history, age);
        uint64_t back = (end_us - point->at_us) / width_us;
        if (last != NULL && last != point)
            values[columns - 1 - column] = value_of(point, last, which);
        if (last == NULL || back != column || point->is_begin)
            last = point->is_begin ? NULL : point;
        if (back >= columns)
            break;
        column = (unsigned)back;
    }
}
