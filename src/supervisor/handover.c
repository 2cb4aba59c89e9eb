/* handover.c - see handover.h
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/handover.h"

#include "os/log.h"
#include "os/peer.h"
#include "supervisor/audit_events.h"
#include "supervisor/lanes.h"
#include "supervisor/steer.h"
#include "supervisor/tell.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

_Static_assert(sizeof((struct control_message *)0)->secret ==
                   sizeof((struct config *)0)->cookies_secret.bytes,
               "the secret of cookies");

static void
refuse(struct supervisor *sup, unsigned seat, const char *why)
{
    log_write(LOG_WARNING, LOG_CONTROL, "process %d does not take over: %s", sup->clients[seat].pid,
              why);
    sup->desk.seats[seat].is_free = false;
    control_desk_answer(&sup->desk, seat, CONTROL_FAILED, 0, why);
}

static const char *
reason_against(const struct supervisor *sup, uint32_t version)
{
    if (version != CONTROL_TAKE_OVER_VERSION)
        return "this penstock (" PENSTOCK_VERSION
               ") hands its sockets over in another way; it can only be stopped";
    if (sup->phase == PHASE_STARTING)
        return "penstock is starting: try again when it serves";
    if (sup->phase != PHASE_RUNNING)
        return "penstock is stopping";
    if (sup->takeover.state != TAKEOVER_NONE || sup->handover.state != HANDOVER_NONE)
        return "another penstock is taking over already";
    for (unsigned lane = 0; lane < sup->lanes_count; lane++)
        if (!steer_is_bound(sup, lane))
            return "a lane has lost its sockets";
    return NULL;
}

void
handover_ask(struct supervisor *sup, unsigned seat, uint32_t version)
{
    struct control_seat *at = &sup->desk.seats[seat];
    const char *why = reason_against(sup, version);
    if (why != NULL) {
        refuse(sup, seat, why);
        return;
    }
    sup->handover =
        (struct handover){.state = HANDOVER_ASKED,
                          .seat = seat,
                          .pid = sup->clients[seat].pid,
                          .due_us = sup->loop.now_us + (uint64_t)HANDOVER_PREPARE_MS * 1000};
    sup->clients[seat].has_sockets = true;
    at->is_free = true;
    at->task = CONTROL_SENDS_SOCKETS;
    at->at = 0;
    at->generation = 0;
    log_write(LOG_NOTICE, LOG_CONTROL,
              "process %d of user id %" PRIu32 " takes over: it gets copies of the sockets",
              sup->handover.pid, at->uid);
}

/* The number-th socket of all lanes, and then the control socket. @return -1: none is left */
static int
socket_at(const struct supervisor *sup, uint32_t number, struct control_message *message)
{
    uint32_t of_lane = sup->config.listen_count * SUPERVISOR_KINDS;
    uint32_t lane = number / of_lane, rest = number % of_lane;
    if (lane < sup->lanes_count) {
        message->lane = lane;
        message->kind = (uint8_t)(rest % SUPERVISOR_KINDS + CONTROL_LISTENER_UDP);
        return sup->lanes[lane].listeners[rest / SUPERVISOR_KINDS][rest % SUPERVISOR_KINDS];
    }
    message->kind = CONTROL_LISTENER_CONTROL;
    return number == of_lane * sup->lanes_count ? sup->control.fd : -1;
}

bool
handover_next(struct supervisor *sup, struct control_seat *at, struct control_message *message,
              int *fd)
{
    *fd = -1;
    if (at->at > 0) {
        *message = (struct control_message){.type = CONTROL_SOCKET};
        *fd = socket_at(sup, at->at - 1, message);
        return *fd >= 0;
    }
    *message = (struct control_message){.type = CONTROL_HANDS_OVER,
                                        .lanes = sup->lanes_count,
                                        .programs = steer_programs(&sup->config, sup->lanes_count)};
    memcpy(message->secret, sup->config.cookies_secret.bytes, sizeof message->secret);
    return true;
}

/* Is it the one that has the copies, and is it its turn? */
static bool
is_next(struct supervisor *sup, unsigned seat, enum handover_state before)
{
    if (sup->handover.state == before && sup->handover.seat == seat)
        return true;
    refuse(sup, seat, "too late, or nothing was handed over");
    return false;
}

void
handover_hold(struct supervisor *sup, unsigned seat)
{
    if (!is_next(sup, seat, HANDOVER_ASKED))
        return;
    if (sup->phase != PHASE_RUNNING) {
        refuse(sup, seat, "penstock is stopping");
        sup->handover = (struct handover){.state = HANDOVER_NONE};
        return;
    }
    sup->handover.state = HANDOVER_HELD;
    sup->handover.due_us = sup->loop.now_us + (uint64_t)HANDOVER_HELD_MS * 1000;
    tell_reading(sup, false);
    sup->has_clients = false;
    evloop_want(&sup->loop, &sup->control, 0);
    control_desk_answer(&sup->desk, seat, CONTROL_DONE, 0, "the sockets are yours to read");
}

void
handover_release(struct supervisor *sup, unsigned seat)
{
    if (!is_next(sup, seat, HANDOVER_HELD))
        return;
    sup->handover.state = HANDOVER_DONE;
    log_write(LOG_NOTICE, LOG_STOPPING,
              "process %d has taken over: answering what is in flight, then ending",
              sup->handover.pid);
    struct asked by = {"control socket", NULL, true, sup->desk.seats[seat].uid};
    audit_events_stop_asked(sup, "another penstock has taken over", &by);
    if (sup->phase != PHASE_STOPPING) /* once more would be in a hurry */
        lanes_stop(sup, 0);
    control_desk_answer(&sup->desk, seat, CONTROL_DONE, 0,
                        "what is in flight is answered, then penstock ends");
}

/* Nothing was lost: what came meanwhile is in the sockets. */
static void
go_on(struct supervisor *sup, const char *what)
{
    log_write(LOG_WARNING, LOG_CONTROL, "process %d %s: serving on", sup->handover.pid, what);
    if (sup->handover.state == HANDOVER_HELD) {
        tell_reading(sup, true);
        evloop_want(&sup->loop, &sup->control, EPOLLIN);
    }
    sup->desk.seats[sup->handover.seat].is_free = false;
    sup->handover = (struct handover){.state = HANDOVER_NONE};
}

static bool
is_under_way(const struct supervisor *sup)
{
    return sup->handover.state == HANDOVER_ASKED || sup->handover.state == HANDOVER_HELD;
}

/* It takes an end without a word for our death. It has read all before, so there is room for that,
 * if it is there still. */
static void
say_farewell(const struct supervisor *sup, unsigned seat)
{
    static const struct control_message farewell = {
        .type = CONTROL_FAILED,
        .text = "it ends the connection and serves on: its log says why",
    };
    uint8_t bytes[CONTROL_MESSAGE_MAX];
    enum status status = peer_send(sup->clients[seat].source.fd, bytes,
                                   control_message_encode(&farewell, bytes), -1);
    (void)status;
}

void
handover_left(struct supervisor *sup, unsigned seat)
{
    bool has_taken = sup->handover.state == HANDOVER_DONE && sup->handover.seat == seat;
    if (sup->clients[seat].has_sockets && !has_taken)
        say_farewell(sup, seat);
    if (is_under_way(sup) && sup->handover.seat == seat)
        go_on(sup, "is gone before it took over");
}

void
handover_tick(struct supervisor *sup)
{
    if (is_under_way(sup) && sup->loop.now_us >= sup->handover.due_us)
        go_on(sup, "takes too long to take over");
}
