/* fuzz_lane.c - what watches a lane and what it counts, against plain models
 * SPDX-License-Identifier: ISC
 *
 * Input: events of a letter and its numbers: deaths, looks at a heart, what an upstream is left
 * alone for, deadlines, latencies, counts.
 * Invariants: the first death is answered at once, waits double up to a bound, the ceiling holds in
 * every window; a heart is lost exactly after so many looks in a row, in time, without a turn; the
 * earliest deadline is at hand; a percentile is never too low and at most a quarter too high.
 */
#include "base/bytes.h"
#include "lane/avoid.h"
#include "lane/deadlines.h"
#include "lane/heartbeat.h"
#include "lane/restart.h"
#include "lane/stats.h"

#include "fuzz.h"

#include <string.h>

#define NUMBERS     24 /* of deadlines */
#define SAMPLES_MAX 256

static struct {
    uint64_t now_us;
    struct restart restart;
    uint32_t row; /* deaths in a row */
    struct restart_lane lane;
    uint64_t died_ms[SAMPLES_MAX];
    unsigned deaths;
    bool is_on_trial;
    struct heartbeat heartbeat;
    uint64_t turns;
    unsigned still;
    uint64_t looked_us;
    struct avoid avoid;
    struct deadlines deadlines;
    uint64_t at[NUMBERS]; /* UINT64_MAX: none */
    _Alignas(8) uint8_t memory[24 * NUMBERS];
    struct stats_page page;
    uint64_t samples[SAMPLES_MAX]; /* in order */
    unsigned samples_count;
} world;

/* --- deaths ---------------------------------------------------------------------------------- */

static void
die(uint64_t lived_ms)
{
    uint64_t now_ms = world.now_us / 1000, wait_ms;
    unsigned in_window = 0;
    world.row = lived_ms >= RESTART_STEADY_MS ? 0 : world.row;
    wait_ms = world.row == 0 ? 0 : RESTART_FIRST_MS;
    for (uint32_t i = 1; i < world.row && wait_ms < RESTART_MOST_MS; i++)
        wait_ms *= 2;
    must(restart_died(&world.restart, lived_ms) ==
         (wait_ms < RESTART_MOST_MS ? wait_ms : RESTART_MOST_MS));
    world.row++;
    for (unsigned i = 0; i < world.deaths; i++)
        in_window += now_ms - world.died_ms[i] < RESTART_WINDOW_MS;
    world.died_ms[world.deaths++] = now_ms;
    world.is_on_trial &= lived_ms < RESTART_STEADY_MS;
    world.is_on_trial |= in_window >= RESTART_DEATHS_MAX;
    must(restart_lane_must_rest(&world.lane, lived_ms, now_ms) == world.is_on_trial);
    must(!world.is_on_trial || restart_lane_rests(&world.lane, now_ms));
    must(!restart_lane_rests(&world.lane, now_ms + RESTART_WINDOW_MS));
}

static void
look(uint8_t how)
{
    bool is_in_handshake = how & 1, has_turned = how & 2;
    bool is_late = world.now_us - world.looked_us > 2000ULL * HEARTBEAT_MS;
    world.turns += has_turned ? how : 0;
    world.still = is_late || has_turned ? 0 : world.still + 1;
    world.looked_us = world.now_us;
    must(heartbeat_is_lost(&world.heartbeat, world.turns, is_in_handshake, world.now_us) ==
         (world.still >= (is_in_handshake ? HEARTBEAT_MOST_HANDSHAKE : HEARTBEAT_MOST)));
}

static void
leave_alone(void)
{
    bool was_long_ago = world.now_us >= world.avoid.until_us + AVOID_FORGET_US;
    uint64_t before = world.avoid.wait_us, wait_us = avoid_for(&world.avoid, world.now_us);
    must(wait_us >= AVOID_FIRST_US && wait_us <= AVOID_MOST_US);
    must(before != 0 && !was_long_ago ? wait_us == 2 * before || wait_us == AVOID_MOST_US
                                      : wait_us == AVOID_FIRST_US);
    must(avoid_is_on(&world.avoid, world.now_us + wait_us - 1));
    must(!avoid_is_on(&world.avoid, world.now_us + wait_us));
}

/* --- deadlines ------------------------------------------------------------------------------- */

static void
set_deadline(uint8_t number, uint8_t at, bool is_set)
{
    uint64_t least = UINT64_MAX;
    number %= NUMBERS;
    world.at[number] = is_set ? at : UINT64_MAX;
    if (is_set)
        deadlines_set(&world.deadlines, number, at);
    else
        deadlines_clear(&world.deadlines, number);
    for (unsigned i = 0; i < NUMBERS; i++)
        least = world.at[i] < least ? world.at[i] : least;
    must(world.deadlines.first_at == least);
    must((least == UINT64_MAX) == (world.deadlines.first == DEADLINES_NONE));
    must(least == UINT64_MAX || world.at[world.deadlines.first] == least);
}

/* --- counts ---------------------------------------------------------------------------------- */

static void
take_sample(uint64_t us)
{
    if (world.samples_count == SAMPLES_MAX)
        return;
    unsigned at = world.samples_count++;
    for (; at > 0 && world.samples[at - 1] > us; at--)
        world.samples[at] = world.samples[at - 1];
    world.samples[at] = us;
    stats_latency(&world.page, STATS_STAGE_ANSWER, us);
    must(stats_latency_count(&world.page.stages[STATS_STAGE_ANSWER]) == world.samples_count);
}

static void
check_percentile(unsigned per_mille)
{
    static const uint64_t most_us = (uint64_t)1 << 33; /* what is longer counts as that */
    uint64_t said = stats_latency_percentile(&world.page.stages[STATS_STAGE_ANSWER], per_mille);
    if (world.samples_count == 0) {
        must(said == 0);
        return;
    }
    unsigned rank = (world.samples_count * per_mille + 999) / 1000;
    uint64_t exact = world.samples[rank > 0 ? rank - 1 : 0];
    exact = exact < most_us ? exact : most_us - 1;
    must(said >= exact && said <= exact + exact / 4);
}

static void
count(uint8_t which, uint8_t by)
{
    enum stats_counter counter = which % STATS_COUNT;
    enum why why = which % WHY_COUNT;
    uint64_t before = world.page.counts[counter], ended = world.page.why[why];
    stats_add(&world.page, counter, by);
    must(world.page.counts[counter] == before + by);
    stats_set(&world.page, counter, before);
    must(world.page.counts[counter] == before);
    stats_why(&world.page, why);
    must(world.page.why[why] == ended + 1);
    must(strlen(why_name(why)) > 0 && strlen(why_text(why)) > 0);
    must(strlen(why_part_text(why_part(why))) > 0);
    must(why_part_group(why_part(why)) < WHY_GROUPS);
    must(strlen(stats_name(counter)) > 0 && strlen(stats_text(counter)) > 0);
}

static void
step(struct bytes_reader *r)
{
    uint8_t what = bytes_get_u8(r), number = bytes_get_u8(r);
    switch (what % 8) {
    case 0:
        if (world.deaths < SAMPLES_MAX)
            die(number * 100ULL);
        break;
    case 1:
        look(number);
        break;
    case 2:
        leave_alone();
        break;
    case 3:
    case 4:
        set_deadline(number, bytes_get_u8(r), what % 8 == 3);
        break;
    case 5:
        take_sample((uint64_t)bytes_get_u8(r) << number % 40);
        break;
    case 6:
        check_percentile(number * 4U < 1000 ? number * 4U : 1000);
        count(what / 8, number);
        break;
    default:
        world.now_us += (uint64_t)number << what / 8;
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes_reader r = bytes_reader(data, size);
    memset(&world, 0, sizeof world);
    must(deadlines_bytes(NUMBERS) <= sizeof world.memory);
    deadlines_init(&world.deadlines, world.memory, NUMBERS);
    for (unsigned i = 0; i < NUMBERS; i++)
        world.at[i] = UINT64_MAX;
    world.now_us = 1;
    while (bytes_left(&r) > 0)
        step(&r);
    return 0;
}
