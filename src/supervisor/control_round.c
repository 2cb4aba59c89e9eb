/* control_round.c - see control_round.h
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/control_round.h"

#include "dns/dns_name.h"
#include "os/log.h"
#include "supervisor/channel.h"
#include "supervisor/children.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

_Static_assert(CONTROL_REPORT_MAX == IPC_REPORT_MAX, "reports are passed on as they are");

/* --- who asks -------------------------------------------------------------------------------- */

static const char *
and_below(const struct control_message *request)
{
    return request->below != 0 ? " and all below it" : "";
}

/* @return NULL: it can be asked; else why not */
static const char *
refusal_of(const struct control_message *request)
{
    struct dns_name name;
    struct addr client;
    if (request->type == CONTROL_FLUSH && dns_name_parse(request->text, &name) != STATUS_OK)
        return "this is not a domain name; allowed: labels of 1 to 63 octets, 255 in all, in ASCII "
               "(a name of another script as its xn-- form)";
    if (request->type == CONTROL_LIMITS &&
        (addr_parse(request->text, 0, &client) != STATUS_OK || client.port != 0))
        return "this is not an address; allowed: an IPv4 or IPv6 address without a port";
    return NULL;
}

static void
note(const struct control_seat *at, const struct control_message *request)
{
    if (request->type == CONTROL_NETWORKS)
        log_write(LOG_NOTICE, LOG_CONTROL, "user id %" PRIu32 " asks which networks ask most",
                  at->uid);
    else if (request->type == CONTROL_FLUSH)
        log_write(LOG_NOTICE, LOG_CONTROL, "user id %" PRIu32 " asks to flush %.255s%s", at->uid,
                  request->text, and_below(request));
    else
        log_write(LOG_NOTICE, LOG_CONTROL, "user id %" PRIu32 " asks about a client's limits",
                  at->uid);
}

void
control_round_ask(struct supervisor *sup, unsigned seat, const struct control_message *request)
{
    struct control_seat *at = &sup->desk.seats[seat];
    const char *refusal =
        sup->phase == PHASE_RUNNING ? refusal_of(request) : "penstock is stopping";
    if (refusal != NULL) {
        control_desk_answer(&sup->desk, seat, CONTROL_FAILED, 0, refusal);
        return;
    }
    note(at, request);
    at->task = CONTROL_WAITS_FRONTS;
    at->request = *request;
    at->ticket = ++sup->round.tickets;
}

/* Who waits longest. @return CONTROL_SEATS: nobody does */
static unsigned
next_seat(const struct supervisor *sup)
{
    unsigned next = CONTROL_SEATS;
    for (unsigned i = 0; i < CONTROL_SEATS; i++) {
        const struct control_seat *at = &sup->desk.seats[i];
        if (at->task == CONTROL_WAITS_FRONTS &&
            (next == CONTROL_SEATS || at->ticket < sup->desk.seats[next].ticket))
            next = i;
    }
    return next;
}

/* --- a round --------------------------------------------------------------------------------- */

static bool
is_waited_for(const struct supervisor *sup, unsigned lane)
{
    const struct child *front = &sup->lanes[lane].children[CHILD_FRONT];
    return sup->round.asked[lane] != 0 && sup->round.asked[lane] == front->pid;
}

/* A front that is not there, or begins, keeps nothing from before. */
static void
begin(struct supervisor *sup, unsigned seat)
{
    struct control_round *round = &sup->round;
    const struct control_message *request = &sup->desk.seats[seat].request;
    struct ipc_message question = {
        .type = request->type == CONTROL_FLUSH    ? IPC_FLUSH
                : request->type == CONTROL_LIMITS ? IPC_LIMITS
                                                  : IPC_NETWORKS,
        .tag = round->number + 1,
        .below = request->below,
    };
    snprintf(question.text, sizeof question.text, "%s", request->text);
    *round = (struct control_round){.is_under_way = true,
                                    .number = round->number + 1,
                                    .kind = request->type,
                                    .seat = seat,
                                    .ticket = sup->desk.seats[seat].ticket,
                                    .tickets = round->tickets};
    for (unsigned lane = 0; lane < sup->lanes_count; lane++) {
        struct child *front = &sup->lanes[lane].children[CHILD_FRONT];
        bool is_serving = front->state == LIFE_READY || front->state == LIFE_DRAINING;
        round->asked[lane] = is_serving ? front->pid : 0;
        if (is_serving)
            channel_send(front, &question, NULL, 0);
    }
}

static void
tell_flushed(struct supervisor *sup)
{
    const struct control_round *round = &sup->round;
    const struct control_message *request = &sup->desk.seats[round->seat].request;
    char text[CONTROL_TEXT_MAX];
    uint32_t count = round->count < UINT32_MAX ? (uint32_t)round->count : UINT32_MAX;
    snprintf(text, sizeof text, "%" PRIu32 " cached %s of %.255s%s %s dropped", count,
             count == 1 ? "response" : "responses", request->text, and_below(request),
             count == 1 ? "was" : "were");
    control_desk_answer(&sup->desk, round->seat, CONTROL_DONE, count, text);
}

/* All have answered, or all was sent. @return true: somebody has an answer now; who asked may have
 * gone */
static bool
end(struct supervisor *sup)
{
    struct control_round *round = &sup->round;
    struct control_seat *at = &sup->desk.seats[round->seat];
    bool is_there = at->task == CONTROL_WAITS_FRONTS && at->ticket == round->ticket;
    round->is_under_way = false;
    if (!is_there)
        return false;
    if (round->kind == CONTROL_FLUSH) {
        tell_flushed(sup);
        return true;
    }
    at->task = CONTROL_SENDS_REPORTS;
    at->at = 0;
    at->generation = (uint32_t)round->count;
    round->is_under_way = round->is_sent = true;
    return true;
}

/* @return false: this front was not asked that, or has answered */
static bool
is_owed(const struct child *front, const struct ipc_message *message, enum control_type kind)
{
    const struct supervisor *sup = front->supervisor;
    return sup->round.is_under_way && sup->round.kind == kind &&
           message->tag == sup->round.number && is_waited_for(sup, front->lane);
}

enum status
control_round_flushed(struct child *front, const struct ipc_message *message)
{
    struct control_round *round = &front->supervisor->round;
    if (!is_owed(front, message, CONTROL_FLUSH))
        return STATUS_INVALID;
    round->asked[front->lane] = 0;
    round->count += message->count;
    return STATUS_OK;
}

enum status
control_round_told(struct child *front, const struct ipc_message *message)
{
    struct control_round *round = &front->supervisor->round;
    unsigned whole = round->kind == CONTROL_NETWORKS ? NETWORKS_REPORTS : 1;
    unsigned *count = &round->reports_count[front->lane];
    if (round->kind == CONTROL_FLUSH || !is_owed(front, message, round->kind))
        return STATUS_INVALID;
    memcpy(round->reports[front->lane][(*count)++], message->report, sizeof message->report);
    round->count++;
    if (*count == whole)
        round->asked[front->lane] = 0;
    return STATUS_OK;
}

bool
control_round_next(const struct supervisor *sup, struct control_seat *at,
                   struct control_message *message)
{
    const struct control_round *round = &sup->round;
    for (; at->at < sup->lanes_count * NETWORKS_REPORTS; at->at++) {
        unsigned lane = at->at / NETWORKS_REPORTS, number = at->at % NETWORKS_REPORTS;
        if (number >= round->reports_count[lane])
            continue;
        *message = (struct control_message){.type = CONTROL_REPORT, .lane = lane};
        memcpy(message->report, round->reports[lane][number], sizeof message->report);
        return true;
    }
    return false;
}

/* For fronts, or until the seat has sent what they said. */
static bool
is_waiting(const struct supervisor *sup)
{
    const struct control_seat *at = &sup->desk.seats[sup->round.seat];
    if (sup->round.is_sent)
        return at->task == CONTROL_SENDS_REPORTS && at->ticket == sup->round.ticket;
    for (unsigned lane = 0; lane < sup->lanes_count; lane++)
        if (is_waited_for(sup, lane))
            return true;
    return false;
}

bool
control_round_tick(struct supervisor *sup)
{
    bool is_news = false;
    for (;;) {
        if (sup->round.is_under_way && is_waiting(sup))
            return is_news;
        if (sup->round.is_under_way)
            is_news = end(sup) || is_news;
        if (sup->round.is_under_way)
            return is_news;
        unsigned seat = next_seat(sup);
        if (seat == CONTROL_SEATS)
            return is_news;
        begin(sup, seat);
    }
}
