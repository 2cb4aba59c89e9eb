/* events_output.h - what events are written to
 * SPDX-License-Identifier: ISC
 *
 * What: standard output, a file, or a socket over which both sides speak Frame Streams; and a buffer
 *       of whole events before it. Nothing waits here: where the output takes nothing, there is no
 *       room, and what is not read in time is lost where it stands. A file that cannot be written to
 *       is tried again, a socket that was closed is connected anew; of an event that is half written
 *       where the rest will not follow, the rest is dropped. Trouble is told in the log once.
 * Who:  exporter, the process that tells events. Descriptors come of the one that connects.
 * Ref:  docs/EVENTS.md; docs/LIMITS.md "events".
 */
#pragma once

#include "base/status.h"
#include "exporter/events_frames.h"
#include "exporter/exporter_dial.h"

#include <poll.h>
#include <stdbool.h>

#define EVENTS_OUTPUT_BYTES       65536
#define EVENTS_OUTPUT_RETRY_MS    2000  /* between two connections, or two writes that fail */
#define EVENTS_OUTPUT_GREET_MS    5000  /* for the other side's ACCEPT */
#define EVENTS_OUTPUT_STALL_MS    30000 /* a connection that takes nothing for so long is closed */
#define EVENTS_OUTPUT_TROUBLE_MAX 160

enum events_output_form { EVENTS_OUTPUT_JSON, EVENTS_OUTPUT_DNSTAP };
enum events_output_kind { EVENTS_OUTPUT_STANDARD, EVENTS_OUTPUT_FILE, EVENTS_OUTPUT_SOCKET };
enum events_output_state {
    EVENTS_OUTPUT_CLOSED,
    EVENTS_OUTPUT_ASKED,  /* for a descriptor */
    EVENTS_OUTPUT_GREETS, /* READY was said, and ACCEPT has not come */
    EVENTS_OUTPUT_OPEN,
};

struct events_output { /* zeroed, then events_output_begin() */
    enum events_output_form form;
    enum events_output_kind kind;
    enum events_output_state state;
    const char *name; /* borrowed, for the log */
    int dial_fd, fd;
    uint64_t now_us;   /* monotonic, of this turn */
    uint64_t again_us; /* not before is it tried again */
    uint64_t until_us; /* GREETS */
    uint64_t moved_us; /* it took something, or had to take nothing */
    uint64_t cut;      /* events of which a part was written, and the rest never will be */
    bool is_torn;      /* what was left last ends with half a line, or with one that has no end */
    bool is_ending, is_finished;             /* STOP was said; the other side has all */
    char trouble[EVENTS_OUTPUT_TROUBLE_MAX]; /* told last; "": none */
    size_t word_size, word_sent;             /* of what is written before the buffer */
    size_t size, sent;                       /* of the buffer */
    size_t heard_size;
    uint8_t word[EVENTS_FRAMES_WORD_MAX], heard[EVENTS_FRAMES_CONTROL_MAX];
    uint8_t buffer[EVENTS_OUTPUT_BYTES];
};

/** @param name  borrowed for life
 *  @param fd    of standard output, which stays the caller's; else -1 */
void events_output_begin(struct events_output *output, enum events_output_form form,
                         enum events_output_kind kind, const char *name, int dial_fd, int fd);

/** What is waited for. */
struct pollfd events_output_poll(const struct events_output *output);

/** Do what is due: ask for a descriptor, hear the other side. @param revents  as poll() left them
 *  @return STATUS_OK; STATUS_CLOSED: nobody is there any more who connects */
MUST_CHECK enum status events_output_turn(struct events_output *output, uint64_t now_us,
                                          short revents);

/** A descriptor, asked for or not, or why there is none. What comes with it is ours. */
void events_output_take(struct events_output *output, const struct exporter_dial_answer *answer);

/** Where so many octets can be written, followed by events_output_add(); NULL: nowhere now. */
uint8_t *events_output_room(struct events_output *output, size_t size);

/** That many were: whole events. */
void events_output_add(struct events_output *output, size_t size);

/** @return STATUS_OK: all is written; STATUS_AGAIN; STATUS_SYSTEM: standard output is of no more
 *          use (errno) */
MUST_CHECK enum status events_output_flush(struct events_output *output);

/** Is it open, and did it take what it was given last? */
bool events_output_works(const struct events_output *output);

/** Turns of its own, until it takes or says something, or until then.
 *  @return STATUS_OK; STATUS_CLOSED: the time is over, or it will take nothing any more */
MUST_CHECK enum status events_output_wait(struct events_output *output, uint64_t until_us);

/** After all is written: the end of a stream, and the other side's word that it has all.
 *  @return STATUS_OK; STATUS_CLOSED: not in time; STATUS_SYSTEM */
MUST_CHECK enum status events_output_end(struct events_output *output, uint64_t until_us);
