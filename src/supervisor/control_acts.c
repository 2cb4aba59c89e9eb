/* control_acts.c - see control_acts.h
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/control_acts.h"

#include "os/log.h"
#include "supervisor/audit_events.h"
#include "supervisor/control_round.h"
#include "supervisor/handover.h"
#include "supervisor/lanes.h"
#include "supervisor/levels.h"
#include "supervisor/reload.h"

#include <inttypes.h>
#include <stdio.h>

static void
answer(struct supervisor *sup, unsigned seat, enum control_type type, const char *text)
{
    control_desk_answer(&sup->desk, seat, type, 0, text);
}

static void
note(const struct supervisor *sup, unsigned seat, const char *what)
{
    log_write(LOG_NOTICE, LOG_CONTROL, "user id %" PRIu32 " asks to %s", sup->desk.seats[seat].uid,
              what);
}

static struct asked
asked_by(const struct supervisor *sup, unsigned seat)
{
    return (struct asked){"control socket", NULL, true, sup->desk.seats[seat].uid};
}

static void
begin(struct supervisor *sup, unsigned seat, enum control_task task)
{
    struct control_seat *at = &sup->desk.seats[seat];
    at->task = task;
    at->at = 0;
    at->generation = (uint32_t)stats_load(&sup->page->generation);
}

static void
send_events(struct supervisor *sup, unsigned seat)
{
    if (sup->config.events == 0) {
        answer(sup, seat, CONTROL_FAILED, "events are off: see events.enabled in penstock.yaml(5)");
        return;
    }
    note(sup, seat, "read events");
    begin(sup, seat, CONTROL_SENDS_EVENTS);
}

static void
ask_reload(struct supervisor *sup, unsigned seat)
{
    if (sup->phase != PHASE_RUNNING) {
        answer(sup, seat, CONTROL_FAILED,
               sup->phase == PHASE_STARTING ? "penstock is starting: try again when it serves"
                                            : "penstock is stopping");
        return;
    }
    note(sup, seat, "reload");
    begin(sup, seat, CONTROL_WAITS_RELOAD);
    sup->reload_asked_by = asked_by(sup, seat);
    reload_ask(sup, "asked for over the control socket");
}

static void
drain(struct supervisor *sup, unsigned seat)
{
    note(sup, seat, "drain: answering what is in flight, then ending");
    struct asked by = asked_by(sup, seat);
    audit_events_stop_asked(sup, "asked to end", &by);
    if (sup->phase != PHASE_STOPPING)
        lanes_stop(sup, 0);
    answer(sup, seat, CONTROL_DONE, "what is in flight is answered, then penstock ends");
}

static void
set_level(struct supervisor *sup, unsigned seat, enum log_level level)
{
    static const char *const names[] = {
        [LOG_NOTICE] = "notice", [LOG_INFO] = "info", [LOG_DEBUG] = "debug"};
    char noted[32], told[64];
    snprintf(noted, sizeof noted, "log %s and above", names[level]);
    note(sup, seat, noted);
    levels_set(sup, level);
    snprintf(told, sizeof told, "%s and above are logged until the next reload", names[level]);
    answer(sup, seat, CONTROL_DONE, told);
}

void
control_acts_obey(struct supervisor *sup, unsigned seat, const struct control_message *request)
{
    switch (request->type) {
    case CONTROL_WATCH:
        begin(sup, seat, CONTROL_SENDS_PAGES);
        return;
    case CONTROL_UPSTREAMS:
        begin(sup, seat, CONTROL_SENDS_UPSTREAMS);
        return;
    case CONTROL_EVENTS:
        send_events(sup, seat);
        return;
    case CONTROL_RELOAD:
        ask_reload(sup, seat);
        return;
    case CONTROL_DRAIN:
        drain(sup, seat);
        return;
    case CONTROL_LEVEL:
        set_level(sup, seat, (enum log_level)request->level);
        return;
    case CONTROL_FLUSH:
    case CONTROL_LIMITS:
    case CONTROL_NETWORKS:
        control_round_ask(sup, seat, request);
        return;
    case CONTROL_TAKE_OVER:
        handover_ask(sup, seat, request->count);
        return;
    case CONTROL_PREPARED:
        handover_hold(sup, seat);
        return;
    case CONTROL_RELEASE:
        handover_release(sup, seat);
        return;
    case CONTROL_HANDS_OVER:
    case CONTROL_SOCKET:
    case CONTROL_HELLO:
    case CONTROL_DONE:
    case CONTROL_FAILED:
    case CONTROL_PAGE:
    case CONTROL_UPSTREAM:
    case CONTROL_EVENTS_MEMORY:
    case CONTROL_KEY:
    case CONTROL_REPORT:
        break; /* not taken from a client */
    }
}
