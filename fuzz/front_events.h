/* front_events.h - a reader of the events that a front writes
 * SPDX-License-Identifier: ISC
 *
 * For front_supervisor.h. It looks after each turn, and what it finds is held against the counters of
 * ends: each end is one event with its reason, and each event is sound. With `sample` it is one of so many.
 */
#pragma once

#include "front_queries.h"

#include "lane/events.h"

static struct events_memory events_memory;

static struct {
    struct events_reader reader;
    uint64_t sample;                      /* of so many ends one is told; 0: there are no events */
    uint64_t ended[WHY_COUNT], ends_told; /* counters when the memory was given; events since */
    uint64_t told[WHY_COUNT];
    uint64_t held; /* responses that were held before: they are not told */
} events;

/* Memory that all read as zero is given. @param sample  0: none is */
static void
begin_events(uint64_t sample)
{
    for (unsigned i = 0; i < EVENTS_SLOTS && events_memory.slots[i].number != 0; i++)
        memset((void *)&events_memory.slots[i], 0, sizeof events_memory.slots[i]);
    events_memory.written = 0;
    memset(&events, 0, sizeof events);
    events.sample = sample;
    events.held = front.pacing.count;
    events_reader_init(&events.reader, &events_memory, true);
    for (unsigned why = 0; why < WHY_COUNT; why++)
        events.ended[why] = stats.why[why];
}

static uint64_t
least_of(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void
look_at_events(void)
{
    struct event event;
    uint64_t ends = 0;
    while (events_read(&events.reader, kernel.now_us, &event)) {
        events.told[event.why]++;
        events.ends_told++;
    }
    must(events.reader.bad == 0 && events.reader.lost == 0);
    for (unsigned why = 0; why < WHY_COUNT && events.sample > 0; why++) {
        uint64_t ended = stats.why[why] - events.ended[why];
        must(events.told[why] <= ended);
        ends += ended;
    }
    if (events.sample == 0) {
        must(events.ends_told == 0);
        return;
    }
    /* whether a response is told is decided when it is held; a reload keeps how many were passed over */
    uint64_t held = events.sample > 1 ? front.pacing.count : 0;
    must(events.sample * (events.ends_told + held + 1) > ends - least_of(ends, events.held));
    must(events.sample * events.ends_told <= ends + held + events.sample - 1);
}
