/* events_tell.c - see events_tell.h
 * SPDX-License-Identifier: ISC
 */
#include "exporter/events_tell.h"

#include "exporter/events_dnstap.h"
#include "exporter/events_text.h"
#include "os/log.h"
#include "os/sys.h"

#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#define MS_US 1000U
#define ROOM  (2 * EVENTS_TEXT_MAX) /* for a line about lost events, and an event */

_Static_assert(EVENTS_DNSTAP_MAX <= ROOM && ROOM <= EVENTS_OUTPUT_BYTES, "an event has room");

/* --- events ---------------------------------------------------------------------------------- */

static void
count_lost(struct events_tell *tell, uint64_t count)
{
    tell->lost += count;
    tell->unsaid += count;
}

/* What a lane's reader missed since it was asked last. */
static void
count_missed(struct events_tell *tell, struct events_tell_lane *lane)
{
    uint64_t missed = lane->reader.lost + lane->reader.bad - lane->told;
    lane->told += missed;
    count_lost(tell, missed);
}

/* While the output is in trouble it has said so, and how much was lost is told when that is over. */
static void
log_lost(struct events_tell *tell, uint64_t now_us)
{
    if (tell->lost == 0 || now_us < tell->lost_told_us + EVENTS_TELL_LOST_MS * MS_US ||
        !events_output_works(&tell->output))
        return;
    log_write(LOG_WARNING, LOG_CONTROL,
              "%" PRIu64 " events were lost: the output is slow, or it was not its turn in time",
              tell->lost);
    tell->lost = 0;
    tell->lost_told_us = now_us;
}

/* @param to  with ROOM. @return octets */
static size_t
write_event(struct events_tell *tell, const struct events_tell_lane *lane,
            const struct event *event, uint64_t offset_us, uint8_t *to)
{
    const char *upstream = event->upstream > 0 ? lane->upstreams[event->upstream - 1] : "";
    if (tell->output.form == EVENTS_OUTPUT_DNSTAP)
        return events_dnstap_write(event, offset_us, to);
    return events_text_line(event, offset_us, upstream, (char *)to);
}

/* That some are missing is said where they are missing. @param to  with ROOM. @return octets */
static size_t
write_lost(struct events_tell *tell, uint8_t *to)
{
    uint64_t lost = tell->unsaid;
    tell->unsaid = 0;
    if (lost == 0 || tell->output.form == EVENTS_OUTPUT_DNSTAP)
        return 0;
    return events_text_lost(lost, sys_clock_us(CLOCK_REALTIME), (char *)to);
}

/* All that the memory of a lane has now. @return STATUS_OK; STATUS_AGAIN: there is no room */
static enum status
tell_lane(struct events_tell *tell, struct events_tell_lane *lane)
{
    struct event event;
    uint64_t now_us = sys_clock_us(CLOCK_MONOTONIC);
    uint64_t offset_us = sys_clock_us(CLOCK_REALTIME) - now_us;
    for (unsigned i = 0; i < EVENTS_SLOTS; i++) {
        uint8_t *to = events_output_room(&tell->output, ROOM);
        if (to == NULL)
            return STATUS_AGAIN;
        bool is_there = events_read(&lane->reader, now_us, &event);
        count_missed(tell, lane);
        size_t size = write_lost(tell, to);
        if (is_there)
            size += write_event(tell, lane, &event, offset_us, to + size);
        events_output_add(&tell->output, size);
        if (!is_there)
            break;
    }
    return STATUS_OK;
}

/* @return STATUS_OK: all is written; STATUS_AGAIN; STATUS_SYSTEM */
static enum status
tell_all(struct events_tell *tell)
{
    enum status status = STATUS_OK;
    for (unsigned i = 0; i < SERVICE_PAGE_LANES; i++)
        if (tell->lanes[i].memory != NULL && tell_lane(tell, &tell->lanes[i]) != STATUS_OK)
            status = STATUS_AGAIN;
    enum status written = events_output_flush(&tell->output);
    count_lost(tell, tell->output.cut);
    tell->output.cut = 0;
    return written != STATUS_OK ? written : status;
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

/* It is told to its end; where there is no room for that, the rest is lost. */
static void
forget_lane(struct events_tell *tell, struct events_tell_lane *lane)
{
    struct event event;
    uint64_t now_us = sys_clock_us(CLOCK_MONOTONIC);
    if (lane->memory == NULL)
        return;
    if (tell_lane(tell, lane) != STATUS_OK)
        for (unsigned i = 0; i < EVENTS_SLOTS && events_read(&lane->reader, now_us, &event); i++)
            count_lost(tell, 1);
    count_missed(tell, lane);
    control_client_forget_events(&lane->memory);
}

/* Another memory takes the place of the one that there was. */
static void
take_lane(struct events_tell *tell, struct events_tell_lane *lane,
          const struct events_memory *memory, uint32_t number, bool is_same_service)
{
    if (lane->memory != NULL && is_same_service && lane->number == number) {
        control_client_forget_events(&memory);
        return;
    }
    forget_lane(tell, lane);
    *lane = (struct events_tell_lane){.memory = memory, .number = number};
    events_reader_init(&lane->reader, memory, tell->has_begun);
    keep_upstreams(lane, tell->pages.of.service);
}

/* Ask for the pages, and for the memory of events. */
static void
watch(struct events_tell *tell)
{
    struct control_events events;
    struct control_client *client = &tell->link.client;
    enum status status = control_client_watch(client, &tell->pages, EXPORTER_LINK_WAIT_MS);
    if (status == STATUS_OK)
        status = control_client_watch_events(client, &events, EXPORTER_LINK_WAIT_MS);
    if (status == STATUS_NONE) { /* it says that there are none now, and goes on */
        exporter_link_note(&tell->link, client->error);
        tell->has_begun = true;
        for (unsigned i = 0; i < SERVICE_PAGE_LANES; i++)
            forget_lane(tell, &tell->lanes[i]);
        return;
    }
    if (status != STATUS_OK) {
        exporter_link_lost(&tell->link, client->error);
        return;
    }
    exporter_link_works(&tell->link);
    uint64_t started_us = tell->pages.of.service->started_us;
    bool is_same = started_us == tell->started_us;
    tell->started_us = started_us;
    for (unsigned i = 0; i < SERVICE_PAGE_LANES; i++)
        if (events.of[i] != NULL)
            take_lane(tell, &tell->lanes[i], events.of[i], events.numbers[i], is_same);
    tell->has_begun = true;
}

/* --- turns ----------------------------------------------------------------------------------- */

/* What came of asking. @return STATUS_OK; STATUS_CLOSED */
static enum status
take_answer(struct events_tell *tell)
{
    struct exporter_dial_answer answer;
    enum status status = exporter_dial_take(tell->link.dial_fd, &answer);
    if (status == STATUS_AGAIN)
        return STATUS_OK;
    if (status != STATUS_OK)
        return STATUS_CLOSED;
    if (answer.what != EXPORTER_DIAL_CONTROL)
        events_output_take(&tell->output, &answer);
    else if (exporter_link_take(&tell->link, &answer) == STATUS_OK)
        watch(tell);
    return STATUS_OK;
}

/* @return STATUS_CLOSED; STATUS_SYSTEM */
static enum status
end(struct events_tell *tell)
{
    uint64_t until_us = sys_clock_us(CLOCK_MONOTONIC) + EVENTS_TELL_END_MS * MS_US;
    enum status status = tell_all(tell);
    while (status == STATUS_AGAIN && tell->output.now_us < until_us) {
        status = events_output_wait(&tell->output, until_us);
        if (status == STATUS_OK)
            status = tell_all(tell);
    }
    if (status == STATUS_OK)
        status = events_output_end(&tell->output, until_us);
    if (status != STATUS_OK && status != STATUS_SYSTEM)
        log_write(LOG_WARNING, LOG_CONTROL, "%s took nothing: the last events are not written",
                  tell->output.name);
    return status == STATUS_SYSTEM ? status : STATUS_CLOSED;
}

void
events_tell_begin(struct events_tell *tell, const char *path, int dial_fd)
{
    exporter_link_begin(&tell->link, path, dial_fd);
}

enum status
events_tell_turn(struct events_tell *tell)
{
    struct pollfd polls[] = {{.fd = tell->link.dial_fd, .events = POLLIN},
                             {.fd = tell->link.client.fd, .events = POLLIN},
                             events_output_poll(&tell->output)};
    if (sys_poll(polls, 3, EVENTS_TELL_LOOK_MS) < 0)
        polls[0].revents = polls[1].revents = polls[2].revents = 0;
    uint64_t now_us = sys_clock_us(CLOCK_MONOTONIC);
    enum status status = events_output_turn(&tell->output, now_us, polls[2].revents);
    if (tell_all(tell) == STATUS_SYSTEM)
        return STATUS_SYSTEM;
    if (status == STATUS_OK && polls[1].revents != 0) /* or it says what nobody asked for */
        exporter_link_lost(&tell->link, "penstock closed the connection");
    if (status == STATUS_OK && polls[0].revents != 0)
        status = take_answer(tell);
    if (status == STATUS_OK)
        status = exporter_link_turn(&tell->link, now_us);
    if (status == STATUS_OK && tell->link.client.fd >= 0 && control_client_is_stale(&tell->pages))
        watch(tell);
    log_lost(tell, now_us);
    log_tick();
    return status == STATUS_CLOSED ? end(tell) : status;
}
