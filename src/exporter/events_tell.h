/* events_tell.h - events of a running service, written to an output
 * SPDX-License-Identifier: ISC
 *
 * What: reads what each front wrote, at a pace of its own, and writes it as lines of JSON or as
 *       dnstap. Where its output takes nothing it reads nothing, events are lost meanwhile, and how
 *       many is told; the service does not notice. When the service or a front was started again, it
 *       goes on with what that writes.
 * Who:  exporter, a process that talks no HTTP. It connects as exporter_dial.h has it.
 * Ref:  docs/EVENTS.md.
 */
#pragma once

#include "exporter/events_output.h"
#include "exporter/exporter_link.h"

#define EVENTS_TELL_LOOK_MS 50    /* between two looks */
#define EVENTS_TELL_LOST_MS 10000 /* between two lines of the log about lost events */
#define EVENTS_TELL_END_MS  1000  /* for the output, when the other process has ended */

struct events_tell_lane {
    const struct events_memory *memory; /* NULL: none yet */
    uint32_t number;                    /* of the memory, as the service has it */
    struct events_reader reader;
    uint64_t told; /* of what was lost or bad, in this memory */
    char upstreams[EVENTS_UPSTREAMS][SERVICE_PAGE_NAME_MAX]; /* as its configuration has them */
};

struct events_tell {     /* zeroed, then events_tell_begin() */
    bool has_begun;      /* there was memory of events once: what is new is read from its start */
    uint64_t started_us; /* of the service that `lanes` are of, as it says */
    uint64_t lost, lost_told_us; /* events, since the last line of the log about them; of that */
    uint64_t unsaid;             /* of lost events, those of which no line of JSON says yet */
    struct exporter_link link;
    struct control_pages pages;
    struct events_tell_lane lanes[SERVICE_PAGE_LANES];
    struct events_output output; /* begun by the caller */
};

/** @param path  borrowed for its whole life */
void events_tell_begin(struct events_tell *tell, const char *path, int dial_fd);

/**
 * Wait for a moment, and write what there is.
 *
 * @return STATUS_OK; STATUS_CLOSED: nobody is there any more who connects: what there was is
 *         written, and the stream has its end, unless the output took nothing in time;
 *         STATUS_SYSTEM: standard output cannot be written to
 */
MUST_CHECK enum status events_tell_turn(struct events_tell *tell);
