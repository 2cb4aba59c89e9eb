/* recording.h - an event for each query that ended, where events are on
 * SPDX-License-Identifier: ISC
 *
 * What: says of a query what the configuration lets be said, of one in N, and writes it where
 *       readers of events find it. The key of pseudonyms is made here, is another one each day (UTC),
 *       and is nowhere else. Where events are off there is no memory and nothing is done.
 * Who:  front: deliver.c, as it ends a query; front_control.c turns it on and off.
 * Ref:  lane/events.h; lane/disclose.h; docs/EVENTS.md.
 */
#pragma once

#include "conf/config.h"
#include "front/pacing.h"
#include "lane/disclose.h"
#include "lane/stats.h"
#include "os/clock.h"

#define RECORDING_NONE UINT64_MAX /* no event: events are off, or it was not its turn */

struct recording {
    struct events_writer writer; /* without memory: events are off */
    size_t memory_size;
    struct stats_page *stats; /* borrowed */
    uint64_t published;       /* events that readers see */
    struct disclose disclose;
    bool has_key;    /* of pseudonyms; else it is zero, and made when an event needs it */
    uint32_t day;    /* of the key: days since 1970, UTC */
    uint32_t sample; /* one in so many, at least 1 */
    uint32_t passed; /* ended since the last one that was taken */
    bool is_held[PACING_HELD];
    struct event held[PACING_HELD]; /* of responses that pacing holds, by place of their octets */
};

/* How a query ended. */
struct recording_end {
    enum why why;
    uint16_t rcode;         /* of the response; what its header cannot say of it counts */
    uint8_t upstream;       /* as in struct event */
    bool is_parsed;         /* the query was */
    const uint8_t *message; /* the response; NULL: there is none */
    size_t size;            /* octets of it */
};

/** Nothing is recorded. @param stats  borrowed for life */
void recording_init(struct recording *recording, struct stats_page *stats);

/** Take up a configuration, at first or a new one: how much is told from now on. */
void recording_change(struct recording *recording, const struct config *config);

/** Events are on, and are written there; or off. What pacing holds now will have no event. The key
 *  stays while they are on. @param fd  given away; -1: off
 *  @return STATUS_OK; STATUS_INVALID, STATUS_SYSTEM: it is of no use, and they are off */
MUST_CHECK enum status recording_take(struct recording *recording, int fd);

static inline bool
recording_is_on(const struct recording *recording)
{
    return recording->writer.memory != NULL;
}

/** A query ends. @return the number of its event, for recording_amend() */
uint64_t recording_note(struct recording *recording, const struct query *query,
                        const struct recording_end *end, const struct clock_time *now);

/** It ends when its response leaves. @param place  of the response: pacing_held.message */
void recording_hold(struct recording *recording, uint32_t place, const struct query *query,
                    const struct recording_end *end, const struct clock_time *now);

/** The response of recording_hold() leaves. @return as recording_note() */
uint64_t recording_release(struct recording *recording, uint32_t place,
                           const struct clock_time *now);

/** It ended otherwise. @param number  of this turn, or RECORDING_NONE */
void recording_amend(struct recording *recording, uint64_t number, enum why why);

/** Forget the key of a day that is over. To be called in each turn. */
void recording_tick(struct recording *recording, const struct clock_time *now);

/** The turn is over: what was recorded can be read. */
void recording_publish(struct recording *recording);
