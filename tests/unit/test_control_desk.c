/* test_control_desk.c - who is served at the control socket, and how often
 * SPDX-License-Identifier: ISC
 */
#include "control/control_desk.h"

#include <criterion/criterion.h>
#include <string.h>

#define OWN_UID 990

static struct control_desk desk;
static uint64_t now_ms = 1000000;

static enum control_verdict
sit(enum control_right right, uint32_t uid, unsigned *seat)
{
    struct control_rights rights = {.own_uid = OWN_UID};
    struct control_who who = {uid, uid, NULL, 0};
    struct control_names *names = right == CONTROL_READER ? &rights.readers : &rights.operators;
    names->users[0] = uid;
    names->users_count = right != CONTROL_NOTHING;
    return control_desk_sit(&desk, &rights, &who, now_ms, seat);
}

/* HELLO has been sent. */
static unsigned
seated(enum control_right right, uint32_t uid)
{
    unsigned seat;
    cr_assert_eq(sit(right, uid, &seat), CONTROL_TAKEN);
    desk.seats[seat].has_answer = false;
    return seat;
}

static enum control_verdict
ask(unsigned seat, enum control_type type)
{
    uint8_t bytes[CONTROL_MESSAGE_MAX];
    struct control_message message = {.type = type, .level = CONTROL_LEVEL_MIN}, request;
    size_t size = control_message_encode(&message, bytes);
    enum control_verdict verdict = control_desk_take(&desk, seat, bytes, size, now_ms, &request);
    if (verdict == CONTROL_TAKEN)
        cr_assert_eq(request.type, type);
    return verdict;
}

Test(control_desk, rights_come_from_accounts_and_groups)
{
    static const struct control_rights rights = {
        .own_uid = 990,
        .readers = {.users = {5, 6}, .users_count = 2, .groups = {50}, .groups_count = 1},
        .operators = {.users = {6}, .users_count = 1, .groups = {60, 61}, .groups_count = 2},
    };
    static const uint32_t groups[] = {7, 61, 50};
    static const struct {
        struct control_who who;
        enum control_right right;
    } cases[] = {
        {{0, 0, NULL, 0}, CONTROL_OWNER},        {{990, 990, NULL, 0}, CONTROL_OWNER},
        {{5, 5, NULL, 0}, CONTROL_READER},       {{6, 6, NULL, 0}, CONTROL_OPERATOR},
        {{9, 50, NULL, 0}, CONTROL_READER},      {{9, 60, NULL, 0}, CONTROL_OPERATOR},
        {{9, 9, groups, 1}, CONTROL_NOTHING},    {{9, 9, groups, 2}, CONTROL_OPERATOR},
        {{9, 9, groups + 2, 1}, CONTROL_READER}, {{9, 5, NULL, 0}, CONTROL_NOTHING},
        {{50, 9, NULL, 0}, CONTROL_NOTHING},     {{UINT32_MAX, 9, NULL, 0}, CONTROL_NOTHING},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        cr_expect_eq(control_desk_right(&rights, &cases[i].who), cases[i].right, "case %zu", i);
}

Test(control_desk, an_unused_place_of_a_list_is_no_account)
{
    static const struct control_rights rights = {.own_uid = 990};
    struct control_who who = {1, 0, NULL, 0}; /* group 0 is what unused places hold */
    cr_assert_eq(control_desk_right(&rights, &who), CONTROL_NOTHING);
}

Test(control_desk, the_first_message_says_what_one_may_do)
{
    unsigned seat;
    cr_assert_eq(sit(CONTROL_READER, 5, &seat), CONTROL_TAKEN);
    cr_assert(control_desk_has_output(&desk, seat));
    cr_assert_eq(desk.seats[seat].answer.type, CONTROL_HELLO);
    cr_assert_eq(desk.seats[seat].answer.right, CONTROL_READER);
    cr_assert_str_eq(desk.seats[seat].answer.text, PENSTOCK_VERSION);
    cr_assert_eq(sit(CONTROL_NOTHING, 6, &seat), CONTROL_NO_RIGHT);
}

Test(control_desk, readers_leave_seats_for_operators)
{
    unsigned seat, seats = 0;
    for (uint32_t uid = 100; uid < 120; uid++)
        seats += sit(CONTROL_READER, uid, &seat) == CONTROL_TAKEN;
    cr_assert_eq(seats, CONTROL_SEATS_READERS);
    cr_assert_eq(sit(CONTROL_READER, 7, &seat), CONTROL_FULL);
    for (uint32_t i = CONTROL_SEATS_READERS; i < CONTROL_SEATS; i++, now_ms += 1000)
        cr_assert_eq(sit(CONTROL_OPERATOR, 0, &seat), CONTROL_TAKEN);
    cr_assert_eq(sit(CONTROL_OPERATOR, 0, &seat), CONTROL_FULL);
    control_desk_leave(&desk, 3);
    control_desk_leave(&desk, 3);
    cr_assert_eq(sit(CONTROL_OPERATOR, 0, &seat), CONTROL_TAKEN);
    cr_assert_eq(seat, 3);
}

Test(control_desk, one_account_has_few_seats)
{
    unsigned seat;
    for (unsigned i = 0; i < CONTROL_SEATS_ACCOUNT; i++)
        cr_assert_eq(sit(CONTROL_READER, 5, &seat), CONTROL_TAKEN);
    cr_assert_eq(sit(CONTROL_READER, 5, &seat), CONTROL_ACCOUNT_FULL);
    cr_assert_str_eq(control_desk_verdict_text(CONTROL_ACCOUNT_FULL),
                     "this account has 4 connections to the control socket already, which is all "
                     "that one may have");
    cr_assert_eq(sit(CONTROL_READER, 6, &seat), CONTROL_TAKEN);
}

Test(control_desk, a_reader_asks_to_look_and_nothing_else)
{
    unsigned seat = seated(CONTROL_READER, 5);
    cr_assert_eq(ask(seat, CONTROL_WATCH), CONTROL_TAKEN);
    cr_assert_eq(ask(seat, CONTROL_RELOAD), CONTROL_NO_RIGHT);
    cr_assert_eq(ask(seat, CONTROL_UPSTREAMS), CONTROL_NO_RIGHT);
    cr_assert_eq(ask(seat, CONTROL_DONE), CONTROL_BROKEN);
    unsigned other = seated(CONTROL_OPERATOR, 0);
    cr_assert_eq(ask(other, CONTROL_RELOAD), CONTROL_TAKEN);
}

Test(control_desk, the_budget_is_the_accounts_and_comes_back)
{
    unsigned a = seated(CONTROL_READER, 5), b = seated(CONTROL_READER, 5);
    unsigned left = CONTROL_BURST - 2 * CONTROL_CONNECT_PRICE;
    for (unsigned i = 0; i < left; i++)
        cr_assert_eq(ask(i % 2 ? a : b, CONTROL_WATCH), CONTROL_TAKEN);
    cr_assert_eq(ask(a, CONTROL_WATCH), CONTROL_TOO_FAST);
    cr_assert_eq(ask(seated(CONTROL_READER, 6), CONTROL_WATCH), CONTROL_TAKEN);
    /* leaving and coming back gives nothing */
    unsigned seat;
    control_desk_leave(&desk, a);
    control_desk_leave(&desk, b);
    cr_assert_eq(sit(CONTROL_READER, 5, &seat), CONTROL_TOO_FAST);
    now_ms += 1000;
    cr_assert_eq(ask(seated(CONTROL_READER, 5), CONTROL_WATCH), CONTROL_TAKEN);
}

Test(control_desk, root_and_the_service_itself_pay_for_no_connection)
{
    static const uint32_t uids[] = {0, OWN_UID};
    unsigned seat;
    for (unsigned i = 0; i < 2; i++) {
        for (unsigned j = 0; j < 2 * CONTROL_BURST / CONTROL_CONNECT_PRICE; j++) {
            seat = seated(CONTROL_OPERATOR, uids[i]);
            cr_assert_eq(ask(seat, CONTROL_WATCH), CONTROL_TAKEN);
            control_desk_leave(&desk, seat);
        }
        cr_assert_eq(ask(seated(CONTROL_OPERATOR, uids[i]), CONTROL_DRAIN), CONTROL_TAKEN);
    }
    unsigned taken = 0;
    while (sit(CONTROL_OPERATOR, 7, &seat) == CONTROL_TAKEN && taken <= CONTROL_BURST) {
        control_desk_leave(&desk, seat);
        taken++;
    }
    cr_assert_eq(taken, CONTROL_BURST / CONTROL_CONNECT_PRICE, "another operator does");
}

Test(control_desk, many_accounts_do_not_wash_a_budget_away)
{
    unsigned seat;
    while (sit(CONTROL_READER, 5, &seat) == CONTROL_TAKEN)
        control_desk_leave(&desk, seat);
    for (uint32_t uid = 100; uid < 200; uid++)
        if (sit(CONTROL_READER, uid, &seat) == CONTROL_TAKEN)
            control_desk_leave(&desk, seat);
    cr_assert_eq(sit(CONTROL_READER, 5, &seat), CONTROL_TOO_FAST);
}

Test(control_desk, one_thing_is_under_way_at_a_time)
{
    unsigned seat = seated(CONTROL_OPERATOR, 0);
    desk.seats[seat].task = CONTROL_WAITS_RELOAD;
    cr_assert(control_desk_is_busy(&desk, seat));
    cr_assert_not(control_desk_has_output(&desk, seat));
    cr_assert_eq(ask(seat, CONTROL_WATCH), CONTROL_BUSY);
    control_desk_answer(&desk, seat, CONTROL_DONE, 3, "in force");
    cr_assert_eq(desk.seats[seat].task, CONTROL_IDLE);
    cr_assert(control_desk_has_output(&desk, seat));
    cr_assert_str_eq(desk.seats[seat].answer.text, "in force");
}

Test(control_desk, who_does_not_read_must_go)
{
    unsigned seat = seated(CONTROL_READER, 5);
    cr_assert_eq(control_desk_due_ms(&desk), UINT64_MAX);
    uint64_t stuck_ms = now_ms;
    cr_assert(control_desk_sent(&desk, seat, false, now_ms));
    cr_assert_eq(control_desk_due_ms(&desk), stuck_ms + CONTROL_SEND_MS);
    cr_assert(control_desk_sent(&desk, seat, false, stuck_ms + CONTROL_SEND_MS - 1));
    cr_assert_not(control_desk_sent(&desk, seat, false, stuck_ms + CONTROL_SEND_MS));
    cr_assert(control_desk_sent(&desk, seat, true, now_ms));
    cr_assert_eq(control_desk_due_ms(&desk), UINT64_MAX);
}

Test(control_desk, strangers_are_looked_at_no_more_often_than_this)
{
    unsigned looked = 0;
    while (control_desk_may_accept(&desk, now_ms))
        looked++;
    cr_assert_eq(looked, CONTROL_ACCEPTS_PER_S);
    cr_assert(control_desk_may_accept(&desk, now_ms + 10));
}

Test(control_desk, each_verdict_has_a_sentence)
{
    for (enum control_verdict v = CONTROL_TAKEN; v <= CONTROL_BUSY; v++)
        cr_expect_gt(strlen(control_desk_verdict_text(v)), 4);
}

Test(control_desk, events_are_for_who_is_named_for_them_and_for_no_other_reader_or_operator)
{
    static const struct control_rights rights = {
        .own_uid = OWN_UID,
        .readers = {.users = {5}, .users_count = 1},
        .operators = {.users = {6}, .users_count = 1},
        .events_readers = {.users = {7}, .users_count = 1, .groups = {70}, .groups_count = 1},
    };
    static const struct {
        uint32_t uid, gid;
        enum control_right right;
        bool reads_events;
    } cases[] = {
        {0, 0, CONTROL_OWNER, true},   {OWN_UID, 1, CONTROL_OWNER, true},
        {5, 5, CONTROL_READER, false}, {6, 6, CONTROL_OPERATOR, false},
        {7, 7, CONTROL_READER, true},  {8, 70, CONTROL_READER, true},
        {5, 70, CONTROL_READER, true}, {6, 70, CONTROL_OPERATOR, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unsigned seat;
        struct control_who who = {cases[i].uid, cases[i].gid, NULL, 0};
        cr_assert_eq(control_desk_right(&rights, &who), cases[i].right);
        cr_assert_eq(control_desk_may(&rights, &who, CONTROL_EVENTS_READER), cases[i].reads_events);
        cr_assert_eq(control_desk_may(&rights, &who, CONTROL_OPERATOR),
                     cases[i].right >= CONTROL_OPERATOR);
        memset(&desk, 0, sizeof desk);
        cr_assert_eq(control_desk_sit(&desk, &rights, &who, now_ms, &seat), CONTROL_TAKEN);
        desk.seats[seat].has_answer = false;
        cr_assert_eq(ask(seat, CONTROL_EVENTS),
                     cases[i].reads_events ? CONTROL_TAKEN : CONTROL_NO_RIGHT, "case %zu", i);
        cr_assert_eq(ask(seat, CONTROL_WATCH), CONTROL_TAKEN);
        cr_assert_eq(ask(seat, CONTROL_RELOAD),
                     cases[i].right >= CONTROL_OPERATOR ? CONTROL_TAKEN : CONTROL_NO_RIGHT);
    }
}
