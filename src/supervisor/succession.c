/* succession.c - see succession.h
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/succession.h"

#include "os/log.h"
#include "os/peer.h"
#include "supervisor/audit_events.h"
#include "supervisor/lanes.h"
#include "supervisor/takeover.h"
#include "supervisor/tell.h"

#define NOT_UNDERSTOOD "the penstock that serves says what is not understood"
#define NOT_ASKED      "the penstock that serves cannot be asked"

static void
mark(struct ev_source *source, uint32_t events)
{
    struct supervisor *sup = source->owner;
    (void)events;
    sup->takeover.has_messages = true;
}

enum status
succession_watch(struct supervisor *sup)
{
    int fd = sup->takeover.source.fd;
    return fd < 0 ? STATUS_OK
                  : evloop_add(&sup->loop, &sup->takeover.source, fd, EPOLLIN, mark, sup);
}

static void
serve(struct supervisor *sup)
{
    tell_reading(sup, true);
    evloop_want(&sup->loop, &sup->control, EPOLLIN);
}

static void
finish(struct supervisor *sup)
{
    evloop_remove(&sup->loop, &sup->takeover.source, true);
    sup->takeover.state = TAKEOVER_NONE;
    if (sup->phase == PHASE_RUNNING && !sup->takeover.is_announced)
        lanes_announce(sup);
}

/* It serves on; we have nothing to serve with. */
static void
give_up(struct supervisor *sup, const char *why)
{
    log_write(LOG_ERROR, LOG_CONTROL, "not taking over: %s", why);
    evloop_remove(&sup->loop, &sup->takeover.source, true);
    sup->takeover.state = TAKEOVER_NONE;
    audit_events_stop_asked(sup, "the take-over failed", &(struct asked){0});
    lanes_stop(sup, 1);
}

/* It has ended, in order or not: the sockets are ours alone. One that lives says so before it closes
 * (handover.c). */
static void
take_alone(struct supervisor *sup)
{
    if (sup->takeover.state == TAKEOVER_BEGINS && sup->phase == PHASE_STARTING)
        return; /* still to come */
    if (sup->takeover.state != TAKEOVER_RELEASES)
        log_write(LOG_WARNING, LOG_CONTROL,
                  "the penstock that served is gone before it was asked to end");
    serve(sup);
    finish(sup);
}

static void
go_on(struct supervisor *sup, const struct control_message *answer)
{
    static const struct control_message request = {.type = CONTROL_RELEASE};
    if (answer->type != CONTROL_DONE || sup->takeover.state == TAKEOVER_BEGINS) {
        give_up(sup, answer->type == CONTROL_FAILED ? answer->text : NOT_UNDERSTOOD);
        return;
    }
    if (sup->takeover.state == TAKEOVER_RELEASES) {
        finish(sup);
        return;
    }
    serve(sup);
    sup->takeover.state = TAKEOVER_RELEASES;
    sup->takeover.due_us = sup->loop.now_us + (uint64_t)SUCCESSION_ANSWER_MS * 1000;
    enum status status = takeover_send(sup->takeover.source.fd, &request);
    if (status != STATUS_OK && status != STATUS_CLOSED) /* closed: its last word comes first */
        give_up(sup, NOT_ASKED);
}

/* @return STATUS_OK; STATUS_AGAIN: nothing came; STATUS_CLOSED: it is dead; else it is not */
static enum status
hear(int fd, struct control_message *answer)
{
    uint8_t bytes[CONTROL_MESSAGE_MAX];
    size_t size;
    enum status status = peer_receive(fd, bytes, sizeof bytes, &size);
    if (status == STATUS_CLOSED) /* it left something unread: that is told before its last word */
        status = peer_receive(fd, bytes, sizeof bytes, &size);
    if (status == STATUS_OK)
        status = control_message_decode(bytes, size, 0, CONTROL_FROM_SERVICE, answer);
    return status;
}

static void
take_message(struct supervisor *sup)
{
    struct control_message answer;
    sup->takeover.has_messages = false;
    enum status status = hear(sup->takeover.source.fd, &answer);
    if (status == STATUS_OK) {
        go_on(sup, &answer);
    } else if (status == STATUS_CLOSED) {
        if (sup->takeover.state == TAKEOVER_BEGINS) /* so that it is not seen again and again */
            evloop_remove(&sup->loop, &sup->takeover.source, true);
        take_alone(sup);
    } else if (status != STATUS_AGAIN) {
        give_up(sup, NOT_UNDERSTOOD);
    }
}

/* The first questions would wait for a handshake, and those of a busy network soon be too many. */
static bool
is_connected(struct supervisor *sup)
{
    struct takeover *takeover = &sup->takeover;
    if (takeover->source.fd < 0 || lanes_can_ask(sup))
        return true;
    if (takeover->due_us == 0)
        takeover->due_us = sup->loop.now_us + (uint64_t)SUCCESSION_CONNECT_MS * 1000;
    if (sup->loop.now_us < takeover->due_us)
        return false;
    log_write(LOG_WARNING, LOG_CONTROL, "no upstream can be asked yet: taking over all the same");
    return true;
}

static void
ask(struct supervisor *sup)
{
    static const struct control_message request = {.type = CONTROL_PREPARED};
    if (sup->takeover.source.fd < 0) {
        take_alone(sup);
        return;
    }
    enum status status = takeover_send(sup->takeover.source.fd, &request);
    if (status == STATUS_OK) {
        sup->takeover.state = TAKEOVER_ASKS;
        sup->takeover.due_us = sup->loop.now_us + (uint64_t)SUCCESSION_ANSWER_MS * 1000;
    } else if (status == STATUS_CLOSED) {
        take_message(sup); /* its last word, if it had one */
    } else {
        give_up(sup, NOT_ASKED);
    }
}

/* It has been asked to end, and may have done so, or not. */
static void
wait_on(struct supervisor *sup)
{
    log_write(
        LOG_WARNING, LOG_CONTROL,
        "the penstock that served does not say that it ends: serving beside it until it does");
    sup->takeover.is_announced = true;
    sup->takeover.due_us = UINT64_MAX;
    lanes_announce(sup);
}

void
succession_tick(struct supervisor *sup)
{
    struct takeover *takeover = &sup->takeover;
    if (takeover->state == TAKEOVER_NONE)
        return;
    if (sup->phase == PHASE_STOPPING || sup->phase == PHASE_ENDED) {
        evloop_remove(&sup->loop, &takeover->source, true); /* it serves on */
        takeover->state = TAKEOVER_NONE;
        return;
    }
    if (takeover->has_messages)
        take_message(sup);
    if (takeover->state == TAKEOVER_BEGINS && sup->phase == PHASE_RUNNING && is_connected(sup))
        ask(sup);
    if (takeover->state == TAKEOVER_ASKS && sup->loop.now_us >= takeover->due_us)
        give_up(sup, "the penstock that serves does not answer");
    if (takeover->state == TAKEOVER_RELEASES && sup->loop.now_us >= takeover->due_us)
        wait_on(sup);
}
