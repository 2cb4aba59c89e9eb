/* figures.c - every figure that is shown or judged, from the readings
 * SPDX-License-Identifier: ISC
 */
#include "view/figures.h"

#include <string.h>

#define TEN_MINUTES_US 600000000U
#define CPU_ENOUGH_US  10000000 /* each process tells once a second what it has used */
#define MINUTES        60
#define MINUTES_ENOUGH 30 /* of an hour, so that what is usual can be told */
#define OTHERS_ENOUGH  50 /* responses of other upstreams, so that they are a measure */

uint64_t
figures_wall_s(const struct figures *figures, uint64_t monotonic_us)
{
    const struct reading *reading = figures->reading;
    uint64_t ago_s = (reading->tally.at_us - monotonic_us) / 1000000;
    if (monotonic_us > reading->tally.at_us)
        ago_s = 0;
    return reading->wall_s > ago_s ? reading->wall_s - ago_s : 0;
}

/* Thousandths per second. */
static uint64_t
rate(uint64_t count, uint64_t us)
{
    return us == 0 ? NUMBER_NONE : count * 1000 * 1000 / (us / 1000 > 0 ? us / 1000 : 1);
}

uint64_t
figures_rate(const struct figures *figures, enum stats_counter counter)
{
    const struct tally *from = history_back(figures->history, HISTORY_LONG_MS);
    const struct tally *to = &figures->reading->tally;
    if (from == NULL || to->counts[counter] < from->counts[counter])
        return NUMBER_NONE;
    return rate(to->counts[counter] - from->counts[counter], to->at_us - from->at_us);
}

/* Of one core, in hundredths of a percent. */
static uint64_t
cpu_share(uint64_t from_us, uint64_t to_us, uint64_t us)
{
    return us >= CPU_ENOUGH_US && to_us >= from_us ? (to_us - from_us) * 10000 / us : NUMBER_NONE;
}

static void
fill_cpu(struct figures *figures, const struct tally *from, const struct tally *to)
{
    uint64_t us = to->at_us - from->at_us;
    figures->cpu = cpu_share(from->cpu_us, to->cpu_us, us);
    figures->cpu_supervisor = cpu_share(from->cpu_supervisor_us, to->cpu_supervisor_us, us);
    for (unsigned i = 0; i < SERVICE_PAGE_LANES; i++) {
        figures->cpu_front[i] = cpu_share(from->cpu_front_us[i], to->cpu_front_us[i], us);
        figures->cpu_worker[i] = cpu_share(from->cpu_worker_us[i], to->cpu_worker_us[i], us);
    }
}

static void
fill_minutes(struct figures *figures, const struct tally *to)
{
    const struct tally *from = history_back(figures->history, HISTORY_LONG_MS);
    if (from == NULL)
        return;
    uint64_t us = to->at_us - from->at_us;
    uint64_t answered = tally_group(from, to, WHY_GROUP_ANSWERED);
    uint64_t stale = to->why[WHY_CACHE_STALE] - from->why[WHY_CACHE_STALE];
    uint64_t cached = to->why[WHY_CACHE_HIT] - from->why[WHY_CACHE_HIT] + stale;
    figures->span_s = (us + 500000) / 1000000;
    figures->is_whole = us / 1000 + 2 * HISTORY_STEP_MS >= HISTORY_LONG_MS;
    figures->queries_count = tally_queries(from, to);
    figures->failed_count = tally_group(from, to, WHY_GROUP_FAILED);
    figures->stale_count = stale;
    figures->full_count = to->why[WHY_QUEUE_FULL] - from->why[WHY_QUEUE_FULL];
    figures->dropped_count = tally_drops(from, to);
    figures->queries = rate(figures->queries_count, us);
    figures->answered = rate(answered, us);
    figures->turned_away = rate(tally_group(from, to, WHY_GROUP_TURNED_AWAY), us);
    figures->failed = rate(figures->failed_count, us);
    figures->neither = rate(tally_group(from, to, WHY_GROUP_NEITHER), us);
    for (unsigned i = 0; i < WHY_PARTS; i++)
        figures->parts[i] = rate(tally_part(from, to, (enum why_part)i), us);
    fill_cpu(figures, from, to);
    figures->over_limit = figures->parts[WHY_PART_LIMIT] + figures->parts[WHY_PART_LIMIT_TCP];
    figures->share = number_share_of(answered, answered + figures->failed_count);
    figures->cached_share = number_share_of(cached, answered);
    figures->stale_share = number_share_of(stale, answered);
    figures->half_us = tally_answer_us(from, to, 500);
    figures->nine_us = tally_answer_us(from, to, 900);
    figures->most_us = tally_answer_us(from, to, 990);
    figures->upstream_half_us = tally_upstream_us(from, to, 500);
    figures->upstream_nine_us = tally_upstream_us(from, to, 900);
    figures->upstream_most_us = tally_upstream_us(from, to, 990);
}

static void
fill_now(struct figures *figures, const struct tally *to)
{
    const struct tally *from = &figures->history->before;
    if (!figures->history->has_before)
        return;
    uint64_t us = to->at_us - from->at_us;
    uint64_t cached = to->why[WHY_CACHE_HIT] - from->why[WHY_CACHE_HIT] + to->why[WHY_CACHE_STALE] -
                      from->why[WHY_CACHE_STALE];
    figures->queries_now = rate(tally_queries(from, to), us);
    figures->turned_away_now = rate(tally_group(from, to, WHY_GROUP_TURNED_AWAY), us);
    figures->failed_now = rate(tally_group(from, to, WHY_GROUP_FAILED), us);
    figures->cached_share_now = number_share_of(cached, tally_group(from, to, WHY_GROUP_ANSWERED));
}

static void
fill_minute(struct figures *figures, const struct tally *to)
{
    const struct tally *from = history_back(figures->history, HISTORY_SHORT_MS);
    if (from == NULL)
        return;
    uint64_t limited =
        tally_part(from, to, WHY_PART_LIMIT) + tally_part(from, to, WHY_PART_LIMIT_TCP);
    figures->failed_minute_count = tally_group(from, to, WHY_GROUP_FAILED);
    figures->answered_minute_count = tally_group(from, to, WHY_GROUP_ANSWERED);
    figures->share_minute =
        number_share_of(figures->answered_minute_count,
                        figures->answered_minute_count + figures->failed_minute_count);
    figures->half_minute_us = tally_answer_us(from, to, 500);
    figures->most_minute_us = tally_answer_us(from, to, 990);
    figures->over_limit_minute = rate(limited, to->at_us - from->at_us);
}

/* Sorts them. @return how many there are; those that are none are left out */
static unsigned
sort(uint64_t values[], unsigned count)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < count; i++) {
        uint64_t value = values[i];
        unsigned at = kept;
        if (value == NUMBER_NONE)
            continue;
        for (; at > 0 && values[at - 1] > value; at--)
            values[at] = values[at - 1];
        values[at] = value;
        kept++;
    }
    return kept;
}

static void
fill_usual(struct figures *figures)
{
    uint64_t values[MINUTES];
    history_columns(figures->history, HISTORY_QUERIES, MINUTES, values);
    unsigned count = sort(values, MINUTES);
    if (count >= MINUTES_ENOUGH) {
        figures->usual_low = values[count / 10];
        figures->usual_high = values[count - 1 - count / 10];
    }
    history_columns(figures->history, HISTORY_MOST, MINUTES, values);
    count = sort(values, MINUTES);
    if (count >= MINUTES_ENOUGH)
        figures->usual_most_us = values[count / 2];
}

static void
fill_upstream(struct figures *figures, unsigned i, const struct tally *from, const struct tally *to,
              uint64_t asked_all)
{
    const struct reading_upstream *is = &figures->reading->of_upstream[i];
    struct figures_upstream *of = &figures->of_upstream[i];
    *of = (struct figures_upstream){
        .is = is,
        .share = NUMBER_NONE,
        .rate = NUMBER_NONE,
        .failed = NUMBER_NONE,
        .answer_us = is->connections > 0 && is->rtt_us > 0 ? is->rtt_us : NUMBER_NONE,
        .is_usable = is->state == STATS_UPSTREAM_USABLE || is->state == STATS_UPSTREAM_UNASKED,
        .is_asked = is->state != STATS_UPSTREAM_UNASKED,
        .has_spare = !is->has_pins || is->pins < 2 || is->pin_seen != is->pins,
    };
    if (from != NULL) {
        uint64_t us = to->at_us - from->at_us, asked = to->asked[i] - from->asked[i];
        of->share = number_share_of(asked, asked_all);
        of->rate = rate(asked, us);
        if (us / 1000 + HISTORY_STEP_MS >= HISTORY_SHORT_MS) /* one failure in 2 s is not 30 */
            of->failed = rate((to->failed[i] - from->failed[i]) * 60, us);
    }
    figures->usable += of->is_usable;
}

static uint64_t
sum(const uint64_t from[], const uint64_t to[])
{
    uint64_t all = 0;
    for (unsigned i = 0; i < STATS_UPSTREAMS; i++)
        all += to[i] - from[i];
    return all;
}

/* What one upstream answers with errors, beside what the others do with theirs. */
static void
fill_errors(struct figures *figures, unsigned i, const struct tally *from, const struct tally *to)
{
    struct figures_upstream *of = &figures->of_upstream[i];
    const struct tally *minute = history_back(figures->history, HISTORY_SHORT_MS);
    of->errors = of->errors_others = of->errors_usual = of->errors_minute = NUMBER_NONE;
    if (from == NULL || minute == NULL)
        return;
    uint64_t responded = to->responded[i] - from->responded[i];
    uint64_t others = sum(from->responded, to->responded) - responded;
    of->errors_count = to->erred[i] - from->erred[i];
    of->errors = number_share_of(of->errors_count, responded);
    if (others >= OTHERS_ENOUGH)
        of->errors_others = number_share_of(sum(from->erred, to->erred) - of->errors_count, others);
    of->errors_usual = history_usual_errors(figures->history, i, HISTORY_LONG_MS);
    of->errors_minute_count = to->erred[i] - minute->erred[i];
    of->errors_minute =
        number_share_of(of->errors_minute_count, to->responded[i] - minute->responded[i]);
    figures->errors_minute =
        number_share_of(sum(minute->erred, to->erred), sum(minute->responded, to->responded));
}

static void
fill_upstreams(struct figures *figures, const struct tally *to)
{
    const struct tally *from = history_back(figures->history, HISTORY_LONG_MS);
    uint64_t asked_all = 0;
    figures->upstreams = figures->reading->upstreams;
    for (unsigned i = 0; from != NULL && i < figures->upstreams; i++)
        asked_all += to->asked[i] - from->asked[i];
    for (unsigned i = 0; i < figures->upstreams; i++) {
        fill_upstream(figures, i, from, to, asked_all);
        fill_errors(figures, i, from, to);
    }
}

uint32_t
figures_peers(const struct figures *figures, unsigned upstream)
{
    uint32_t peers = 0;
    for (unsigned i = 0; i < figures->routes; i++)
        if (figures_is_asked(figures, i, upstream))
            peers |= figures->of_route[i].is->upstreams;
    return peers & ~(1U << upstream);
}

bool
figures_is_down(const struct figures *figures, unsigned route)
{
    return figures->of_route[route].upstreams > 0 && figures->of_route[route].usable == 0;
}

static void
fill_route(struct figures *figures, unsigned route)
{
    struct figures_route *of = &figures->of_route[route];
    *of = (struct figures_route){.is = &figures->reading->of_route[route]};
    for (unsigned i = 0; i < figures->upstreams; i++) {
        const struct figures_upstream *up = &figures->of_upstream[i];
        if (!figures_is_asked(figures, route, i))
            continue;
        of->upstreams++;
        of->usable += up->is_usable;
        of->by_pin += !up->is_usable && up->is->cause == STATS_CAUSE_PIN;
        if (!up->is_usable && up->is->changed_us > of->none_us)
            of->none_us = up->is->changed_us;
    }
    if (of->usable > 0)
        of->none_us = 0;
    figures->routes_down += route > 0 && figures_is_down(figures, route);
}

static void
fill_routes(struct figures *figures)
{
    figures->routes = figures->reading->routes > 0 ? figures->reading->routes : 1;
    for (unsigned i = 0; i < figures->routes; i++)
        fill_route(figures, i);
}

static void
fill_room(struct figures *figures)
{
    const struct reading *reading = figures->reading;
    const struct tally *to = &reading->tally;
    figures->waiting = to->counts[STAT_QUERIES_ALIVE];
    figures->waiting_most = reading->queries_most * reading->lanes;
    figures->tcp_clients = to->counts[STAT_TCP_CLIENTS];
    figures->tcp_clients_most = reading->tcp_clients_most * reading->lanes;
    figures->cache_bytes = to->counts[STAT_CACHE_BYTES];
    figures->memory_peak_bytes =
        to->counts[STAT_MEMORY_PEAK_BYTES] + reading->supervisor.peak_bytes;
    figures->cache_bytes_most = reading->cache_bytes_most * reading->lanes;
    for (unsigned i = 0; i < SERVICE_PAGE_DEATHS; i++) {
        uint64_t died_us = reading->died_us[i];
        if (died_us == 0 || died_us > to->at_us)
            continue;
        if (to->at_us - died_us > (uint64_t)HISTORY_HOUR_MS * 1000)
            continue;
        if (figures->died_hour++ == 0 || died_us < figures->first_died_us)
            figures->first_died_us = died_us;
        figures->died_ten_minutes += to->at_us - died_us <= TEN_MINUTES_US;
    }
}

static void
clear(struct figures *figures)
{
    memset(figures, 0, sizeof *figures);
    uint64_t *const none[] = {
        &figures->queries,           &figures->answered,
        &figures->turned_away,       &figures->failed,
        &figures->neither,           &figures->share,
        &figures->cached_share,      &figures->stale_share,
        &figures->half_us,           &figures->nine_us,
        &figures->most_us,           &figures->upstream_half_us,
        &figures->upstream_nine_us,  &figures->upstream_most_us,
        &figures->over_limit,        &figures->queries_now,
        &figures->turned_away_now,   &figures->failed_now,
        &figures->cached_share_now,  &figures->share_minute,
        &figures->over_limit_minute, &figures->usual_low,
        &figures->usual_high,        &figures->usual_most_us,
        &figures->errors_minute,     &figures->cpu,
        &figures->half_minute_us,    &figures->most_minute_us,
    };
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        *none[i] = NUMBER_NONE;
    for (unsigned i = 0; i < WHY_PARTS; i++)
        figures->parts[i] = NUMBER_NONE;
    figures->cpu_supervisor = NUMBER_NONE;
    for (unsigned i = 0; i < SERVICE_PAGE_LANES; i++)
        figures->cpu_front[i] = figures->cpu_worker[i] = NUMBER_NONE;
}

void
figures_make(struct figures *figures, const struct reading *reading, const struct history *history)
{
    clear(figures);
    figures->reading = reading;
    figures->history = history;
    fill_minutes(figures, &reading->tally);
    fill_now(figures, &reading->tally);
    fill_minute(figures, &reading->tally);
    fill_usual(figures);
    fill_upstreams(figures, &reading->tally);
    fill_routes(figures);
    fill_room(figures);
}
