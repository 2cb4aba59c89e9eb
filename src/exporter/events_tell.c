/* events_tell.c - see events_tell.h
 * SPDX-License-Identifier: ISC
 */
#include "exporter/events_tell.h"

#include "exporter/events_dnstap.h"
#include "exporter/events_text.h"
#include "os/log.h"
#include "os/sys.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define MS_US 1000U

_Static_assert(EVENTS_TEXT_MAX <= EVENTS_TELL_OUTPUT_BYTES &&
                   EVENTS_DNSTAP_MAX <= EVENTS_TELL_OUTPUT_BYTES,
               "an event has room");

/* --- output ---------------------------------------------------------------------------------- */

/* From the moment the other process has ended there is not much time.
 * @return ms; -1: any; 0: there is none left */
static int
time_left_ms(struct events_tell *tell, bool has_ended)
{
    uint64_t now_us = sys_clock_us(CLOCK_MONOTONIC);
    if (has_ended && tell->end_us == 0)
        tell->end_us = now_us + EVENTS_TELL_END_MS * MS_US;
    if (tell->end_us == 0)
        return -1;
    return now_us < tell->end_us ? (int)((tell->end_us - now_us) / MS_US) : 0;
}

/* Until the output takes something, however long that is while the other process is there.
 * @return STATUS_OK; STATUS_CLOSED */
static enum status
wait_for_output(struct events_tell *tell)
{
    struct pollfd polls[] = {{.fd = tell->output_fd, .events = POLLOUT},
                             {.fd = tell->link.dial_fd}};
    int left_ms = time_left_ms(tell, false);
    do {
        if (sys_poll(polls, left_ms < 0 ? 2 : 1, left_ms) < 0)
            polls[0].revents = polls[1].revents = 0;
        if (polls[0].revents != 0)
            return STATUS_OK;
        left_ms = time_left_ms(tell, polls[1].revents != 0);
    } while (left_ms != 0);
    return STATUS_CLOSED;
}

/* A pipe that takes anything takes PIPE_BUF octets at once: more would block, and the output may be
 * shared with others, so that it is not ours to say that it shall not block.
 * @return STATUS_OK; STATUS_CLOSED: the other process has ended, and the output took nothing in
 *         time; STATUS_SYSTEM */
static enum status
flush(struct events_tell *tell)
{
    size_t done = 0;
    while (done < tell->output_size) {
        size_t size = tell->output_size - done;
        if (wait_for_output(tell) != STATUS_OK)
            return STATUS_CLOSED;
        ssize_t n =
            sys_write(tell->output_fd, tell->output + done, size < PIPE_BUF ? size : PIPE_BUF);
        if (n < 0 && errno != EINTR && errno != EAGAIN)
            return STATUS_SYSTEM;
        done += n > 0 ? (size_t)n : 0;
    }
    tell->output_size = 0;
    return STATUS_OK;
}

/* @param to  written: where as many octets can be written. @return as flush() */
static enum status
room_for(struct events_tell *tell, size_t size, uint8_t **to)
{
    enum status status = STATUS_OK;
    if (sizeof tell->output - tell->output_size < size)
        status = flush(tell);
    *to = tell->output + tell->output_size;
    return status;
}

static enum status
write_event(struct events_tell *tell, const struct events_tell_lane *lane,
            const struct event *event, uint64_t offset_us)
{
    bool is_json = tell->form == EVENTS_TELL_JSON;
    const char *upstream = event->upstream > 0 ? lane->upstreams[event->upstream - 1] : "";
    uint8_t *to;
    enum status status = room_for(tell, is_json ? EVENTS_TEXT_MAX : EVENTS_DNSTAP_MAX, &to);
    if (status == STATUS_OK)
        tell->output_size += is_json ? events_text_line(event, offset_us, upstream, (char *)to)
                                     : events_dnstap_write(event, offset_us, to);
    return status;
}

/* What this lane's reader missed since it was asked last is told where it is missing. */
static enum status
write_lost(struct events_tell *tell, struct events_tell_lane *lane)
{
    uint64_t lost = lane->reader.lost + lane->reader.bad - lane->told;
    if (lost == 0)
        return STATUS_OK;
    lane->told += lost;
    tell->lost += lost;
    if (tell->form != EVENTS_TELL_JSON)
        return STATUS_OK;
    uint8_t *to;
    enum status status = room_for(tell, EVENTS_TEXT_MAX, &to);
    if (status == STATUS_OK)
        tell->output_size += events_text_lost(lost, sys_clock_us(CLOCK_REALTIME), (char *)to);
    return status;
}

static void
log_lost(struct events_tell *tell, uint64_t now_us)
{
    if (tell->lost == 0 || now_us < tell->lost_told_us + EVENTS_TELL_LOST_MS * MS_US)
        return;
    log_write(LOG_WARNING, LOG_CONTROL,
              "%" PRIu64 " events were lost: the output is slow, or it was not its turn in time",
              tell->lost);
    tell->lost = 0;
    tell->lost_told_us = now_us;
}

/* All that the memory of a lane has now. */
static enum status
tell_lane(struct events_tell *tell, struct events_tell_lane *lane)
{
    struct event event;
    uint64_t now_us = sys_clock_us(CLOCK_MONOTONIC);
    uint64_t offset_us = sys_clock_us(CLOCK_REALTIME) - now_us;
    enum status status = STATUS_OK;
    for (unsigned i = 0; i < EVENTS_SLOTS && status == STATUS_OK; i++) {
        bool is_there = events_read(&lane->reader, now_us, &event);
        status = write_lost(tell, lane);
        if (!is_there)
            break;
        if (status == STATUS_OK)
            status = write_event(tell, lane, &event, offset_us);
    }
    return status;
}

static enum status
tell_all(struct events_tell *tell)
{
    enum status status = STATUS_OK;
    for (unsigned i = 0; i < SERVICE_PAGE_LANES && status == STATUS_OK; i++)
        if (tell->lanes[i].memory != NULL)
            status = tell_lane(tell, &tell->lanes[i]);
    return status == STATUS_OK ? flush(tell) : status;
}

/* --- memory ---------------------------------------------------------------------------------- */

/* Memory belongs to one configuration, and the page is written over by the next: the names are kept
 * with it. Of the page only what can be a name is believed. */
static void
keep_upstreams(struct events_tell_lane *lane, const struct service_page *page)
{
    for (unsigned i = 0; i < EVENTS_UPSTREAMS; i++) {
        char *name = lane->upstreams[i];
        memcpy(name, page->of_upstream[i].name, SERVICE_PAGE_NAME_MAX);
        name[SERVICE_PAGE_NAME_MAX - 1] = '\0';
        name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")] =
            '\0';
    }
}

/* Another memory takes the place of one that was read to its end. */
static enum status
take_lane(struct events_tell *tell, struct events_tell_lane *lane,
          const struct events_memory *memory, uint32_t number, bool is_same_service)
{
    if (lane->memory != NULL && is_same_service && lane->number == number) {
        control_client_forget_events(&memory);
        return STATUS_OK;
    }
    enum status status = lane->memory != NULL ? tell_lane(tell, lane) : STATUS_OK;
    control_client_forget_events(&lane->memory);
    *lane = (struct events_tell_lane){.memory = memory, .number = number};
    events_reader_init(&lane->reader, memory, tell->has_begun);
    keep_upstreams(lane, tell->pages.of.service);
    return status;
}

static enum status
forget_all(struct events_tell *tell)
{
    enum status status = tell_all(tell);
    for (unsigned i = 0; i < SERVICE_PAGE_LANES; i++)
        control_client_forget_events(&tell->lanes[i].memory);
    return status;
}

/* Ask for the pages, and for the memory of events. */
static enum status
watch(struct events_tell *tell)
{
    struct control_events events;
    enum status status =
        control_client_watch(&tell->link.client, &tell->pages, EXPORTER_LINK_WAIT_MS);
    if (status == STATUS_OK)
        status = control_client_watch_events(&tell->link.client, &events, EXPORTER_LINK_WAIT_MS);
    if (status != STATUS_OK) {
        if (status != STATUS_NONE) {
            exporter_link_lost(&tell->link, tell->link.client.error);
            return STATUS_OK;
        }
        /* it says that there are none now, and goes on */
        exporter_link_note(&tell->link, tell->link.client.error);
        tell->has_begun = true;
        return forget_all(tell);
    }
    exporter_link_works(&tell->link);
    uint64_t started_us = tell->pages.of.service->started_us;
    bool is_same = started_us == tell->started_us;
    tell->started_us = started_us;
    status = STATUS_OK;
    for (unsigned i = 0; i < SERVICE_PAGE_LANES && status == STATUS_OK; i++)
        if (events.of[i] != NULL)
            status = take_lane(tell, &tell->lanes[i], events.of[i], events.numbers[i], is_same);
    tell->has_begun = true;
    return status;
}

/* --- the connection -------------------------------------------------------------------------- */

/* The answer of who connects is there. @return STATUS_OK; STATUS_CLOSED; STATUS_SYSTEM */
static enum status
connected(struct events_tell *tell)
{
    enum status status = exporter_link_take(&tell->link);
    if (status == STATUS_OK)
        return watch(tell);
    return status == STATUS_AGAIN ? STATUS_OK : status;
}

static enum status
end(struct events_tell *tell)
{
    uint8_t *to;
    (void)time_left_ms(tell, true);
    enum status status = tell_all(tell);
    if (status == STATUS_OK)
        status = room_for(tell, EVENTS_DNSTAP_FRAME_MAX, &to);
    if (status == STATUS_OK && tell->form == EVENTS_TELL_DNSTAP)
        tell->output_size += events_dnstap_stop(to);
    if (status == STATUS_OK)
        status = flush(tell);
    if (status == STATUS_CLOSED)
        log_write(LOG_WARNING, LOG_CONTROL,
                  "standard output took nothing: the last events are not written");
    return status == STATUS_SYSTEM ? status : STATUS_CLOSED;
}

enum status
events_tell_begin(struct events_tell *tell, enum events_tell_form form, const char *path,
                  int dial_fd, int output_fd)
{
    tell->form = form;
    tell->output_fd = output_fd;
    exporter_link_begin(&tell->link, path, dial_fd);
    if (form == EVENTS_TELL_DNSTAP)
        tell->output_size = events_dnstap_start(tell->output);
    return flush(tell);
}

enum status
events_tell_turn(struct events_tell *tell)
{
    struct pollfd polls[] = {{.fd = tell->link.dial_fd, .events = POLLIN},
                             {.fd = tell->link.client.fd, .events = POLLIN}};
    if (sys_poll(polls, 2, EVENTS_TELL_LOOK_MS) < 0)
        polls[0].revents = polls[1].revents = 0;
    uint64_t now_us = sys_clock_us(CLOCK_MONOTONIC);
    enum status status = tell_all(tell);
    if (status == STATUS_OK && polls[1].revents != 0) {
        /* or it says what nobody asked for */
        exporter_link_lost(&tell->link, "penstock closed the connection");
    }
    if (status == STATUS_OK && polls[0].revents != 0)
        status = connected(tell);
    if (status == STATUS_OK)
        status = exporter_link_turn(&tell->link, now_us);
    if (status == STATUS_OK && tell->link.client.fd >= 0 && control_client_is_stale(&tell->pages))
        status = watch(tell);
    log_lost(tell, now_us);
    log_tick();
    return status == STATUS_CLOSED ? end(tell) : status;
}
