/* control_desk.c - see control_desk.h
 * SPDX-License-Identifier: ISC
 */
#include "control/control_desk.h"

#include <stdio.h>
#include <string.h>

/* --- who may what ---------------------------------------------------------------------------- */

static bool
has(const uint32_t list[CONTROL_RIGHTS_MAX], uint32_t count, uint32_t value)
{
    for (uint32_t i = 0; i < count; i++)
        if (list[i] == value)
            return true;
    return false;
}

static bool
names(const struct control_names *names, const struct control_who *who)
{
    if (has(names->users, names->users_count, who->uid) ||
        has(names->groups, names->groups_count, who->gid))
        return true;
    for (size_t i = 0; i < who->groups_count; i++)
        if (has(names->groups, names->groups_count, who->groups[i]))
            return true;
    return false;
}

/* Root and the service itself: what they ask for is what the machine's keeper asks for. */
static bool
is_own(const struct control_rights *rights, uint32_t uid)
{
    return uid == 0 || uid == rights->own_uid;
}

static bool
reads_events(const struct control_rights *rights, const struct control_who *who)
{
    return is_own(rights, who->uid) || names(&rights->events_readers, who);
}

enum control_right
control_desk_right(const struct control_rights *rights, const struct control_who *who)
{
    if (is_own(rights, who->uid))
        return CONTROL_OWNER;
    if (names(&rights->operators, who))
        return CONTROL_OPERATOR;
    return names(&rights->readers, who) || reads_events(rights, who) ? CONTROL_READER
                                                                     : CONTROL_NOTHING;
}

bool
control_desk_may(const struct control_rights *rights, const struct control_who *who,
                 enum control_right needed)
{
    return needed == CONTROL_EVENTS_READER ? reads_events(rights, who)
                                           : control_desk_right(rights, who) >= needed;
}

/* --- the budget of an account ---------------------------------------------------------------- */

static bool
is_seated(const struct control_desk *desk, uint32_t uid)
{
    for (unsigned i = 0; i < CONTROL_SEATS; i++)
        if (desk->seats[i].is_taken && desk->seats[i].uid == uid)
            return true;
    return false;
}

/* There is one for each seat, so of those without a seat one can be forgotten: who has most left. */
static struct control_account *
account_of(struct control_desk *desk, uint32_t uid, uint64_t now_ms)
{
    struct control_account *best = NULL;
    uint32_t best_free = 0;
    for (unsigned i = 0; i < CONTROL_SEATS; i++) {
        struct control_account *account = &desk->accounts[i];
        if (account->is_known && account->uid == uid)
            return account;
        uint32_t left = account->is_known ? leak_free(&account->requests, now_ms) : UINT32_MAX;
        if (account->is_known && is_seated(desk, account->uid))
            continue;
        if (best == NULL || left > best_free) {
            best = account;
            best_free = left;
        }
    }
    if (best != NULL)
        *best = (struct control_account){
            .is_known = true,
            .uid = uid,
            .requests = leak_make(CONTROL_RATE_PER_S, CONTROL_BURST, now_ms),
        };
    return best;
}

static bool
spend(struct control_desk *desk, uint32_t uid, uint32_t price, uint64_t now_ms)
{
    struct control_account *account = account_of(desk, uid, now_ms);
    return account != NULL && leak_take(&account->requests, price, now_ms);
}

bool
control_desk_may_accept(struct control_desk *desk, uint64_t now_ms)
{
    if (desk->accepts.burst == 0)
        desk->accepts = leak_make(CONTROL_ACCEPTS_PER_S, CONTROL_ACCEPTS_PER_S, now_ms);
    return leak_take(&desk->accepts, 1, now_ms);
}

/* --- seats ----------------------------------------------------------------------------------- */

/* @param found  written: a free seat, if the result is CONTROL_TAKEN */
static enum control_verdict
find_seat(const struct control_desk *desk, enum control_right right, uint32_t uid, unsigned *found)
{
    unsigned readers = 0, of_account = 0;
    *found = CONTROL_SEATS;
    for (unsigned i = 0; i < CONTROL_SEATS; i++) {
        const struct control_seat *seat = &desk->seats[i];
        if (!seat->is_taken)
            *found = i;
        readers += seat->is_taken && seat->right == CONTROL_READER;
        of_account += seat->is_taken && seat->right == CONTROL_READER && seat->uid == uid;
    }
    if (right == CONTROL_READER && of_account >= CONTROL_SEATS_ACCOUNT)
        return CONTROL_ACCOUNT_FULL;
    if (*found == CONTROL_SEATS || (right == CONTROL_READER && readers >= CONTROL_SEATS_READERS))
        return CONTROL_FULL;
    return CONTROL_TAKEN;
}

enum control_verdict
control_desk_sit(struct control_desk *desk, const struct control_rights *rights,
                 const struct control_who *who, uint64_t now_ms, unsigned *seat)
{
    enum control_right right = control_desk_right(rights, who);
    *seat = CONTROL_SEATS;
    if (right == CONTROL_NOTHING)
        return CONTROL_NO_RIGHT;
    unsigned free_seat;
    enum control_verdict verdict = find_seat(desk, right, who->uid, &free_seat);
    if (verdict != CONTROL_TAKEN)
        return verdict;
    if (!is_own(rights, who->uid) && !spend(desk, who->uid, CONTROL_CONNECT_PRICE, now_ms))
        return CONTROL_TOO_FAST;
    *seat = free_seat;
    struct control_seat *taken = &desk->seats[free_seat];
    *taken = (struct control_seat){.is_taken = true, .right = right, .uid = who->uid};
    taken->reads_events = reads_events(rights, who);
    taken->has_answer = true;
    taken->answer = (struct control_message){.type = CONTROL_HELLO, .right = CONTROL_OPERATOR};
    if (right < CONTROL_OPERATOR)
        taken->answer.right = (uint8_t)right;
    snprintf(taken->answer.text, sizeof taken->answer.text, "%s", PENSTOCK_VERSION);
    return CONTROL_TAKEN;
}

static bool
may(const struct control_seat *at, enum control_right needed)
{
    return needed == CONTROL_EVENTS_READER ? at->reads_events : at->right >= needed;
}

enum control_verdict
control_desk_take(struct control_desk *desk, unsigned seat, const uint8_t *bytes, size_t size,
                  uint64_t now_ms, struct control_message *request)
{
    const struct control_seat *at = &desk->seats[seat];
    if (control_message_decode(bytes, size, 0, CONTROL_FROM_CLIENT, request) != STATUS_OK)
        return CONTROL_BROKEN;
    if (control_desk_is_busy(desk, seat))
        return CONTROL_BUSY;
    if (!at->is_free && !spend(desk, at->uid, 1, now_ms))
        return CONTROL_TOO_FAST;
    return may(at, control_message_needs(request->type)) ? CONTROL_TAKEN : CONTROL_NO_RIGHT;
}

void
control_desk_answer(struct control_desk *desk, unsigned seat, enum control_type type,
                    uint32_t count, const char *text)
{
    struct control_seat *at = &desk->seats[seat];
    if (at->task == CONTROL_WAITS_RELOAD || at->task == CONTROL_WAITS_FRONTS)
        at->task = CONTROL_IDLE;
    at->has_answer = true;
    at->answer = (struct control_message){.type = type, .count = count};
    snprintf(at->answer.text, sizeof at->answer.text, "%s", text);
}

bool
control_desk_is_busy(const struct control_desk *desk, unsigned seat)
{
    return desk->seats[seat].has_answer || desk->seats[seat].task != CONTROL_IDLE;
}

static bool
is_sending(enum control_task task)
{
    return task == CONTROL_SENDS_PAGES || task == CONTROL_SENDS_UPSTREAMS ||
           task == CONTROL_SENDS_EVENTS || task == CONTROL_SENDS_REPORTS ||
           task == CONTROL_SENDS_SOCKETS;
}

bool
control_desk_has_output(const struct control_desk *desk, unsigned seat)
{
    const struct control_seat *at = &desk->seats[seat];
    return at->has_answer || is_sending(at->task);
}

bool
control_desk_sent(struct control_desk *desk, unsigned seat, bool had_room, uint64_t now_ms)
{
    struct control_seat *at = &desk->seats[seat];
    if (had_room) {
        at->stuck_ms = 0;
        return true;
    }
    if (at->stuck_ms == 0)
        at->stuck_ms = now_ms > 0 ? now_ms : 1;
    return now_ms < at->stuck_ms + CONTROL_SEND_MS;
}

uint64_t
control_desk_due_ms(const struct control_desk *desk)
{
    uint64_t due_ms = UINT64_MAX;
    for (unsigned i = 0; i < CONTROL_SEATS; i++) {
        const struct control_seat *at = &desk->seats[i];
        if (at->is_taken && at->stuck_ms != 0 && at->stuck_ms + CONTROL_SEND_MS < due_ms)
            due_ms = at->stuck_ms + CONTROL_SEND_MS;
    }
    return due_ms;
}

void
control_desk_leave(struct control_desk *desk, unsigned seat)
{
    desk->seats[seat] = (struct control_seat){.is_taken = false};
}

_Static_assert(CONTROL_SEATS_ACCOUNT == 4, "the sentence below says how many");

const char *
control_desk_verdict_text(enum control_verdict verdict)
{
    switch (verdict) {
    case CONTROL_TAKEN:
        return "taken";
    case CONTROL_NO_RIGHT:
        return "not permitted: see control.readers, control.operators and events.readers in "
               "penstock.yaml(5)";
    case CONTROL_FULL:
        return "too many clients of the control socket at once";
    case CONTROL_ACCOUNT_FULL:
        return "this account has 4 connections to the control socket already, which is all that "
               "one may have";
    case CONTROL_TOO_FAST:
        return "too many requests of this account: try again in some seconds";
    case CONTROL_BROKEN:
        return "a message that a client may not send";
    case CONTROL_BUSY:
        return "a request before the answer to the one before";
    }
    return "";
}
