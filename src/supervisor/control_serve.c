/* control_serve.c - see control_serve.h
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/control_serve.h"

#include "os/log.h"
#include "os/peer.h"
#include "os/sys.h"
#include "supervisor/children.h"
#include "supervisor/control_acts.h"
#include "supervisor/control_round.h"
#include "supervisor/handover.h"
#include "supervisor/keeper.h"
#include "supervisor/shown.h"
#include "supervisor/signals.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FIXED_PAGES 2 /* of the service and of the last hour, before those of its processes */

static uint64_t
now_ms(const struct supervisor *sup)
{
    return sup->loop.now_us / 1000;
}

/* --- coming and going ------------------------------------------------------------------------ */

static void
leave(struct supervisor *sup, unsigned seat)
{
    int fd = sup->clients[seat].source.fd;
    handover_left(sup, seat);
    evloop_remove(&sup->loop, &sup->clients[seat].source, false);
    sys_close(fd); /* while we hurry, and not at the end of the turn */
    control_desk_leave(&sup->desk, seat);
}

/* It is told why its connection ends, if it can be told at once. */
static void
tell_end(int fd, const char *why)
{
    uint8_t bytes[CONTROL_MESSAGE_MAX];
    struct control_message message = {.type = CONTROL_FAILED};
    snprintf(message.text, sizeof message.text, "%s", why);
    enum status status = peer_send(fd, bytes, control_message_encode(&message, bytes), -1);
    (void)status;
}

static void
drop(struct supervisor *sup, unsigned seat, const char *why)
{
    log_write(LOG_WARNING, LOG_CONTROL, "a client of user id %" PRIu32 " is dropped: %s",
              sup->desk.seats[seat].uid, why);
    if (!sup->clients[seat].has_sockets) /* for whom handover_left() has a word */
        tell_end(sup->clients[seat].source.fd, why);
    (void)stats_grow(&sup->page->clients_dropped, 1);
    leave(sup, seat);
}

static void
mark_client(struct ev_source *source, uint32_t events)
{
    struct control_connection *client = source->owner;
    client->events |= events;
}

static void
mark_listener(struct ev_source *source, uint32_t events)
{
    struct supervisor *sup = source->owner;
    (void)events;
    sup->has_clients = true;
}

enum status
control_serve_open(struct supervisor *sup, int listener)
{
    sup->control.fd = -1;
    for (unsigned i = 0; i < CONTROL_SEATS; i++)
        sup->clients[i].source.fd = -1;
    if (listener < 0)
        return STATUS_OK;
    uint32_t events = sup->fronts_are_held ? 0 : EPOLLIN; /* who has it still answers there */
    return evloop_add(&sup->loop, &sup->control, listener, events, mark_listener, sup);
}

static void
welcome(struct supervisor *sup, int fd)
{
    struct peer_who peer;
    unsigned seat;
    if (peer_identify(fd, &peer) != STATUS_OK) {
        sys_close(fd);
        return;
    }
    struct control_who who = {peer.uid, peer.gid, peer.groups, peer.groups_count};
    enum control_verdict verdict =
        control_desk_sit(&sup->desk, &sup->rights, &who, now_ms(sup), &seat);
    if (verdict != CONTROL_TAKEN) {
        log_write(LOG_WARNING, LOG_CONTROL, "a client of user id %" PRIu32 " is refused: %s",
                  peer.uid, control_desk_verdict_text(verdict));
        tell_end(fd, control_desk_verdict_text(verdict));
        (void)stats_grow(&sup->page->clients_refused, 1);
        sys_close(fd);
        return;
    }
    struct control_connection *client = &sup->clients[seat];
    client->events = 0;
    client->pid = peer.pid;
    client->is_outdated = client->has_sockets = false;
    if (evloop_add(&sup->loop, &client->source, fd, EPOLLIN, mark_client, client) != STATUS_OK) {
        sys_close(fd);
        control_desk_leave(&sup->desk, seat);
    }
}

static void
accept_some(struct supervisor *sup)
{
    for (unsigned i = 0; i < CONTROL_SERVE_BATCH && sup->has_clients; i++) {
        int fd;
        if (!control_desk_may_accept(&sup->desk, now_ms(sup)))
            break;
        if (peer_accept(sup->control.fd, &fd) == STATUS_OK)
            welcome(sup, fd);
        else
            sup->has_clients = false;
    }
    /* where more come than are looked at, they wait in the kernel, and do not wake us */
    evloop_want(&sup->loop, &sup->control, sup->has_clients ? 0 : EPOLLIN);
}

/* --- what is asked --------------------------------------------------------------------------- */

/* @return false: it has lost its seat */
static bool
take_one(struct supervisor *sup, unsigned seat)
{
    uint8_t bytes[CONTROL_MESSAGE_MAX];
    struct control_message request;
    size_t size;
    enum status status = peer_receive(sup->clients[seat].source.fd, bytes, sizeof bytes, &size);
    if (status == STATUS_AGAIN)
        return true;
    if (status == STATUS_CLOSED || status == STATUS_SYSTEM) {
        leave(sup, seat);
        return false;
    }
    enum control_verdict verdict =
        status == STATUS_OK
            ? control_desk_take(&sup->desk, seat, bytes, size, now_ms(sup), &request)
            : CONTROL_BROKEN;
    if (verdict == CONTROL_TAKEN)
        control_acts_obey(sup, seat, &request);
    else if (verdict == CONTROL_NO_RIGHT) {
        log_write(LOG_WARNING, LOG_CONTROL,
                  "user id %" PRIu32 " asks for something that it may not: %s",
                  sup->desk.seats[seat].uid, control_message_name(request.type));
        control_desk_answer(&sup->desk, seat, CONTROL_FAILED, 0,
                            control_desk_verdict_text(verdict));
    } else
        drop(sup, seat, control_desk_verdict_text(verdict));
    return sup->desk.seats[seat].is_taken;
}

/* --- what is sent ---------------------------------------------------------------------------- */

/* @return false: that was the last */
static bool
next_page(struct supervisor *sup, struct control_seat *at, struct control_message *message, int *fd)
{
    *message = (struct control_message){.type = CONTROL_PAGE, .kind = CONTROL_SERVICE_PAGE};
    *fd = sup->page_fd;
    if (at->at == 0)
        return true;
    message->kind = CONTROL_HISTORY_PAGE;
    *fd = keeper_page(sup);
    if (at->at == 1 && *fd >= 0)
        return true;
    at->at = at->at < FIXED_PAGES ? FIXED_PAGES : at->at;
    for (; at->at < FIXED_PAGES + children_count(sup); at->at++) {
        unsigned number = at->at - FIXED_PAGES;
        const struct child *child = children_at(sup, number);
        if (child->watch_fd < 0)
            continue;
        message->kind = CONTROL_STATS_PAGE;
        message->lane = child->lane;
        message->place = number % SUPERVISOR_CHILDREN;
        *fd = child->watch_fd;
        return true;
    }
    return false;
}

/* Of each upstream two at most: its address, and a key that was refused. */
static bool
next_upstream(const struct supervisor *sup, struct control_seat *at,
              struct control_message *message, int *fd)
{
    char text[ADDR_TEXT_MAX];
    *fd = -1;
    for (; at->at / 2 < sup->config.upstreams_count; at->at++) {
        const struct addr *address = &sup->config.upstreams[at->at / 2].address;
        bool is_key = at->at % 2 == 1;
        *message = (struct control_message){.type = is_key ? CONTROL_KEY : CONTROL_UPSTREAM,
                                            .index = at->at / 2};
        if (is_key && shown_text(sup, address, message->text))
            return true;
        if (!is_key) {
            snprintf(message->text, sizeof message->text, "%s", addr_format(address, text));
            return true;
        }
    }
    return false;
}

/* Of the last front of each lane that served, so that what one that died said can be read. */
static bool
next_events(struct supervisor *sup, struct control_seat *at, struct control_message *message,
            int *fd)
{
    for (; at->at < sup->lanes_count; at->at++) {
        const struct child *front = &sup->lanes[at->at].children[CHILD_FRONT];
        *fd = front->events_watch_fd;
        *message = (struct control_message){
            .type = CONTROL_EVENTS_MEMORY, .lane = at->at, .index = front->events_number};
        if (*fd >= 0)
            return true;
    }
    return false;
}

/* The next message of what is under way, or its answer. */
static void
next_output(struct supervisor *sup, unsigned seat, struct control_message *message, int *fd)
{
    struct control_seat *at = &sup->desk.seats[seat];
    *fd = -1;
    bool is_more = at->task == CONTROL_SENDS_PAGES       ? next_page(sup, at, message, fd)
                   : at->task == CONTROL_SENDS_UPSTREAMS ? next_upstream(sup, at, message, fd)
                   : at->task == CONTROL_SENDS_EVENTS    ? next_events(sup, at, message, fd)
                   : at->task == CONTROL_SENDS_REPORTS   ? control_round_next(sup, at, message)
                   : at->task == CONTROL_SENDS_SOCKETS   ? handover_next(sup, at, message, fd)
                                                         : false;
    if (is_more)
        return;
    if (!at->has_answer)
        control_desk_answer(&sup->desk, seat, CONTROL_DONE, at->generation, "");
    at->task = CONTROL_IDLE;
    *message = at->answer;
    *fd = -1;
}

/* @return false: it has lost its seat */
static bool
send_some(struct supervisor *sup, unsigned seat)
{
    struct control_seat *at = &sup->desk.seats[seat];
    while (control_desk_has_output(&sup->desk, seat)) {
        uint8_t bytes[CONTROL_MESSAGE_MAX];
        struct control_message message;
        int passed;
        next_output(sup, seat, &message, &passed);
        size_t size = control_message_encode(&message, bytes);
        enum status status = peer_send(sup->clients[seat].source.fd, bytes, size, passed);
        explicit_bzero(bytes, sizeof bytes);      /* the secret of cookies may be there, */
        explicit_bzero(&message, sizeof message); /* and here */
        if (status == STATUS_CLOSED || status == STATUS_SYSTEM) {
            leave(sup, seat);
            return false;
        }
        if (!control_desk_sent(&sup->desk, seat, status == STATUS_OK, now_ms(sup))) {
            drop(sup, seat, "it does not read its answers");
            return false;
        }
        if (status != STATUS_OK)
            return true;
        if (at->task == CONTROL_IDLE)
            at->has_answer = false;
        else
            at->at++;
    }
    return true;
}

/* --- a turn ---------------------------------------------------------------------------------- */

static void
serve(struct supervisor *sup, unsigned seat)
{
    struct control_connection *client = &sup->clients[seat];
    uint32_t events = client->events;
    client->events = 0;
    bool is_idle = !control_desk_is_busy(&sup->desk, seat) && !client->is_outdated;
    if ((events & EPOLLIN) != 0 && is_idle && !take_one(sup, seat))
        return;
    if ((events & (EPOLLHUP | EPOLLERR)) != 0 && control_desk_is_busy(&sup->desk, seat)) {
        leave(sup, seat); /* nobody is there to be answered */
        return;
    }
    if (!send_some(sup, seat))
        return;
    if (client->is_outdated && !control_desk_is_busy(&sup->desk, seat)) {
        leave(sup, seat);
        return;
    }
    uint32_t wanted = control_desk_is_busy(&sup->desk, seat) ? 0 : EPOLLIN;
    wanted |= control_desk_has_output(&sup->desk, seat) ? EPOLLOUT : 0;
    evloop_want(&sup->loop, &client->source, wanted);
}

/* A reload has ended: who waits for it hears how. */
static void
tell_of_reload(struct supervisor *sup)
{
    struct reload_news *news = &sup->reload_news;
    if (!news->is_new && sup->phase == PHASE_RUNNING)
        return;
    for (unsigned i = 0; i < CONTROL_SEATS; i++)
        if (sup->desk.seats[i].task == CONTROL_WAITS_RELOAD)
            control_desk_answer(&sup->desk, i,
                                news->is_new && news->is_in_force ? CONTROL_DONE : CONTROL_FAILED,
                                0, news->is_new ? news->text : "penstock is stopping");
    news->is_new = false;
}

/* What is under way that it may not be told any more: pages, upstreams, events, what fronts know. Who waits
 * for a reload is told how that ended, and no more. */
static bool
lost_its_right(const struct supervisor *sup, unsigned seat)
{
    enum control_task task = sup->desk.seats[seat].task;
    struct peer_who peer;
    if (task == CONTROL_IDLE || task == CONTROL_WAITS_RELOAD)
        return false;
    if (peer_identify(sup->clients[seat].source.fd, &peer) != STATUS_OK)
        return true;
    struct control_who who = {peer.uid, peer.gid, peer.groups, peer.groups_count};
    enum control_right needed = task == CONTROL_SENDS_PAGES    ? CONTROL_READER
                                : task == CONTROL_SENDS_EVENTS ? CONTROL_EVENTS_READER
                                                               : CONTROL_OPERATOR;
    return !control_desk_may(&sup->rights, &who, needed);
}

/* Others may look now, or fewer: all must come again, who is owed an answer when it has that. */
static void
look_at_rights(struct supervisor *sup)
{
    if (!sup->has_new_rights)
        return;
    sup->has_new_rights = false;
    for (unsigned i = 0; i < CONTROL_SEATS; i++) {
        if (lost_its_right(sup, i))
            drop(sup, i, "its account may not ask for that any more");
        else if (control_desk_is_busy(&sup->desk, i))
            sup->clients[i].is_outdated = !sup->clients[i].has_sockets; /* an owner stays one */
        else if (sup->desk.seats[i].is_taken && !sup->clients[i].has_sockets)
            leave(sup, i);
    }
}

void
control_serve_take(struct supervisor *sup)
{
    if (sup->control.fd < 0)
        return;
    bool is_news = sup->reload_news.is_new || sup->has_new_rights || sup->has_clients;
    tell_of_reload(sup);
    (void)control_round_tick(sup);
    sup->has_round_news = false;
    for (unsigned i = 0; i < CONTROL_SEATS && !is_news; i++)
        is_news = sup->clients[i].events != 0 || control_desk_has_output(&sup->desk, i);
    if (!is_news)
        return;
    signals_hurry(true);
    look_at_rights(sup);
    if (sup->has_clients)
        accept_some(sup);
    for (unsigned i = 0; i < CONTROL_SEATS; i++)
        if (sup->desk.seats[i].is_taken)
            serve(sup, i);
    sup->has_round_news = control_round_tick(sup); /* of what was asked just now */
    signals_hurry(false);
}

uint64_t
control_serve_due_us(const struct supervisor *sup)
{
    uint64_t due_ms = control_desk_due_ms(&sup->desk);
    if (sup->control.fd >= 0 && (sup->reload_news.is_new || sup->has_round_news))
        return 0;
    if (sup->has_clients) { /* more than are looked at: the next one, when it is its time */
        uint64_t next_ms = now_ms(sup) + 1000 / CONTROL_ACCEPTS_PER_S;
        due_ms = next_ms < due_ms ? next_ms : due_ms;
    }
    return due_ms == UINT64_MAX ? UINT64_MAX : due_ms * 1000;
}
