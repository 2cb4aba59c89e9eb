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

/* --- who asks -------------------------------------------------------------------------------- */

static const char *
and_below(const struct control_message *request)
{
    return request->below != 0 ? " and all below it" : "";
}

void
control_round_ask(struct supervisor *sup, unsigned seat, const struct control_message *request)
{
    struct control_seat *at = &sup->desk.seats[seat];
    struct dns_name name;
    if (sup->phase != PHASE_RUNNING) {
        control_desk_answer(&sup->desk, seat, CONTROL_FAILED, 0, "penstock is stopping");
        return;
    }
    if (dns_name_parse(request->text, &name) != STATUS_OK) {
        control_desk_answer(&sup->desk, seat, CONTROL_FAILED, 0,
                            "this is not a domain name; allowed: labels of 1 to 63 octets, 255 in "
                            "all, in ASCII (a name of another script as its xn-- form)");
        return;
    }
    log_write(LOG_NOTICE, LOG_CONTROL, "user id %" PRIu32 " asks to flush %.255s%s", at->uid,
              request->text, and_below(request));
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
        .type = IPC_FLUSH, .tag = ++round->number, .below = request->below};
    snprintf(question.text, sizeof question.text, "%s", request->text);
    round->is_under_way = true;
    round->seat = seat;
    round->ticket = sup->desk.seats[seat].ticket;
    round->count = 0;
    for (unsigned lane = 0; lane < sup->lanes_count; lane++) {
        struct child *front = &sup->lanes[lane].children[CHILD_FRONT];
        bool is_serving = front->state == LIFE_READY || front->state == LIFE_DRAINING;
        round->asked[lane] = is_serving ? front->pid : 0;
        if (is_serving)
            channel_send(front, &question, NULL, 0);
    }
}

/* @return true: somebody has an answer; who asked may have gone */
static bool
end(struct supervisor *sup)
{
    struct control_round *round = &sup->round;
    const struct control_seat *at = &sup->desk.seats[round->seat];
    char text[CONTROL_TEXT_MAX];
    round->is_under_way = false;
    if (at->task != CONTROL_WAITS_FRONTS || at->ticket != round->ticket)
        return false;
    uint32_t count = round->count < UINT32_MAX ? (uint32_t)round->count : UINT32_MAX;
    snprintf(text, sizeof text, "%" PRIu32 " cached %s of %.255s%s %s dropped", count,
             count == 1 ? "response" : "responses", at->request.text, and_below(&at->request),
             count == 1 ? "was" : "were");
    control_desk_answer(&sup->desk, round->seat, CONTROL_DONE, count, text);
    return true;
}

enum status
control_round_flushed(struct child *front, const struct ipc_message *message)
{
    struct supervisor *sup = front->supervisor;
    struct control_round *round = &sup->round;
    if (!round->is_under_way || message->tag != round->number || !is_waited_for(sup, front->lane))
        return STATUS_INVALID;
    round->asked[front->lane] = 0;
    round->count += message->count;
    return STATUS_OK;
}

bool
control_round_tick(struct supervisor *sup)
{
    bool is_news = false;
    for (;;) {
        for (unsigned lane = 0; sup->round.is_under_way && lane < sup->lanes_count; lane++)
            if (is_waited_for(sup, lane))
                return is_news;
        if (sup->round.is_under_way)
            is_news = end(sup) || is_news;
        unsigned seat = next_seat(sup);
        if (seat == CONTROL_SEATS)
            return is_news;
        begin(sup, seat);
    }
}
