/* test_handover.c - another penstock, played by the test, takes the sockets of one that serves
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/handover.h"

#include "control_scene.h"
#include "supervisor/steer.h"

static int taker;

/* Two lanes with sockets for one address. */
static void
setup(void)
{
    control_open(2);
    sup.config.listen_count = 1;
    for (unsigned lane = 0; lane < 2; lane++)
        for (unsigned kind = 0; kind < SUPERVISOR_KINDS; kind++)
            sup.lanes[lane].listeners[0][kind] = eventfd(10 * lane + kind + 1, EFD_CLOEXEC);
    memset(sup.config.cookies_secret.bytes, 0x5a, sizeof sup.config.cookies_secret.bytes);
    taker = control_client();
    for (unsigned lane = 0; lane < 2; lane++)
        scene_skip(scene_child(lane, CHILD_FRONT));
}

static void
ask(void)
{
    CONTROL_SAY(taker, .type = CONTROL_TAKE_OVER, .count = CONTROL_TAKE_OVER_VERSION);
    control_turn(1);
}

/* Up to DONE. @return sockets */
static unsigned
hear_all(void)
{
    struct control_message message;
    unsigned count = 0;
    int passed, type;
    while ((type = control_hear(taker, &message, &passed)) == CONTROL_SOCKET ||
           type == CONTROL_HANDS_OVER) {
        count += type == CONTROL_SOCKET;
        if (passed >= 0)
            close(passed);
        control_turn(0);
    }
    cr_assert_eq(type, CONTROL_DONE);
    return count;
}

static void
expect_reading(unsigned reads)
{
    for (unsigned lane = 0; lane < 2; lane++) {
        struct ipc_message message;
        int fds[IPC_FDS_MAX];
        cr_assert_eq(scene_hear(scene_child(lane, CHILD_FRONT), &message, fds), IPC_READING);
        cr_assert_eq(message.reads, reads);
    }
}

static void
prepare(void)
{
    ask();
    (void)hear_all();
    CONTROL_SAY(taker, .type = CONTROL_PREPARED);
    control_turn(1);
    control_expect(taker, CONTROL_DONE, "yours");
    expect_reading(0);
}

Test(handover, every_socket_is_sent_with_its_lane_and_its_kind, .init = setup)
{
    static const struct {
        uint32_t lane, kind;
        eventfd_t value;
    } wanted[] = {{0, CONTROL_LISTENER_UDP, 1},
                  {0, CONTROL_LISTENER_TCP, 2},
                  {1, CONTROL_LISTENER_UDP, 11},
                  {1, CONTROL_LISTENER_TCP, 12}};
    struct control_message message;
    int passed;
    ask();
    cr_assert_eq(control_hear(taker, &message, &passed), CONTROL_HANDS_OVER);
    cr_expect_eq(message.lanes, 2);
    cr_expect_eq(message.programs, steer_programs(&sup.config, 2));
    cr_expect_eq(memcmp(message.secret, sup.config.cookies_secret.bytes, sizeof message.secret), 0);
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        eventfd_t value = 0;
        cr_assert_eq(control_hear(taker, &message, &passed), CONTROL_SOCKET);
        cr_expect_eq(message.lane, wanted[i].lane);
        cr_expect_eq(message.kind, wanted[i].kind);
        cr_assert_eq(eventfd_read(passed, &value), 0);
        cr_expect_eq(value, wanted[i].value);
        close(passed);
    }
    cr_assert_eq(control_hear(taker, &message, &passed), CONTROL_SOCKET);
    cr_expect_eq(message.kind, CONTROL_LISTENER_CONTROL);
    control_expect(taker, CONTROL_DONE, NULL);
    SCENE_EXPECT_NOTHING(scene_child(0, CHILD_FRONT));
    SCENE_LOGGED("takes over: it gets copies");
    SCENE_NOT_LOGGED("5a5a");
}

Test(handover, fronts_leave_the_sockets_alone_and_the_service_ends_once_it_is_released,
     .init = setup)
{
    prepare();
    cr_expect_eq(sup.control.events, 0, "clients come to the other one");
    CONTROL_SAY(taker, .type = CONTROL_RELEASE);
    control_turn(1);
    control_expect(taker, CONTROL_DONE, "in flight");
    cr_assert_eq(sup.phase, PHASE_STOPPING);
    SCENE_EXPECT(scene_child(0, CHILD_FRONT), IPC_STOP);
    cr_expect_eq(sup.stopping.by_us - sup.stopping.since_us,
                 (uint64_t)(sup.query_ms_most + STOPPING_MARGIN_MS + IPC_HANDED_MS) * MS);
    SCENE_LOGGED("has taken over");
    close(taker);
    control_turn(1);
    SCENE_NOT_LOGGED("serving on");
}

Test(handover, who_leaves_before_it_serves_changes_nothing, .init = setup)
{
    ask();
    (void)hear_all();
    close(taker);
    control_turn(1);
    SCENE_LOGGED("serving on");
    SCENE_EXPECT_NOTHING(scene_child(0, CHILD_FRONT));
    taker = control_client();
    prepare();
    close(taker);
    control_turn(1);
    expect_reading(1);
    cr_expect_eq(sup.control.events, EPOLLIN);
    cr_expect_eq(sup.phase, PHASE_RUNNING);
    taker = control_client();
    prepare();
}

Test(handover, who_is_slow_has_its_time_and_then_comes_too_late, .init = setup)
{
    prepare();
    control_turn(HANDOVER_HELD_MS - 2);
    SCENE_EXPECT_NOTHING(scene_child(0, CHILD_FRONT));
    control_turn(2);
    expect_reading(1);
    CONTROL_SAY(taker, .type = CONTROL_RELEASE);
    control_turn(1);
    control_expect(taker, CONTROL_FAILED, "too late");
    cr_expect_eq(sup.phase, PHASE_RUNNING);
    ask();
    (void)hear_all();
    they_hang = false;
    sup.watch_us = UINT64_MAX;
    control_turn(HANDOVER_PREPARE_MS);
    CONTROL_SAY(taker, .type = CONTROL_PREPARED);
    control_turn(1);
    control_expect(taker, CONTROL_FAILED, "too late");
}

Test(handover, a_reload_of_who_may_look_does_not_end_it, .init = setup)
{
    ask();
    sup.has_new_rights = true; /* while sockets are under way */
    control_turn(1);
    cr_expect_eq(hear_all(), 5);
    sup.has_new_rights = true;
    control_turn(1);
    CONTROL_SAY(taker, .type = CONTROL_PREPARED);
    control_turn(1);
    control_expect(taker, CONTROL_DONE, "yours");
    sup.has_new_rights = true;
    control_turn(1);
    CONTROL_SAY(taker, .type = CONTROL_RELEASE);
    control_turn(1);
    control_expect(taker, CONTROL_DONE, "in flight");
    SCENE_NOT_LOGGED("serving on");
}

Test(handover, what_others_of_its_account_ask_is_not_its_debt, .init = setup)
{
    struct control_message message;
    int passed, heard = 0;
    ask();
    (void)hear_all();
    int greedy = control_client();
    for (unsigned i = 0; i <= CONTROL_BURST && heard >= 0; i++) {
        CONTROL_SAY(greedy, .type = CONTROL_LEVEL, .level = CONTROL_LEVEL_MIN);
        control_turn(0);
        heard = control_hear(greedy, &message, &passed);
        if (heard == CONTROL_FAILED)
            break;
    }
    cr_assert_eq(heard, CONTROL_FAILED);
    cr_assert_not_null(strstr(message.text, "too many requests"), "the account has nothing left");
    evloop_turn(&sup.loop, 0);
    CONTROL_SAY(taker, .type = CONTROL_PREPARED);
    control_turn(0);
    control_expect(taker, CONTROL_DONE, "yours");
    CONTROL_SAY(taker, .type = CONTROL_RELEASE);
    control_turn(0);
    control_expect(taker, CONTROL_DONE, "in flight");
}

/* It would take that for our death, and serve beside us. */
Test(handover, whose_connection_we_end_hears_that_we_serve_on, .init = setup)
{
    ask();
    (void)hear_all();
    cr_assert_eq(send(taker, "\xff\xff", 2, 0), 2);
    control_turn(1);
    control_expect(taker, CONTROL_FAILED, "serves on");
    control_expect(taker, -1, NULL);
    SCENE_LOGGED("serving on");
    taker = control_client();
    ask();
    (void)hear_all();
    they_hang = false;
    sup.watch_us = UINT64_MAX;
    control_turn(HANDOVER_PREPARE_MS); /* too late: the same */
    cr_assert_eq(send(taker, "\xff\xff", 2, 0), 2);
    control_turn(1);
    control_expect(taker, CONTROL_FAILED, "serves on");
    control_expect(taker, -1, NULL);
}

Test(handover, who_breaks_the_order_pays_as_others_do, .init = setup)
{
    struct control_message message;
    int passed, heard = 0;
    ask();
    (void)hear_all();
    for (unsigned i = 0; i <= CONTROL_BURST + 1 && heard >= 0; i++) {
        CONTROL_SAY(taker, .type = CONTROL_RELEASE);
        control_turn(0);
        heard = control_hear(taker, &message, &passed);
        if (heard == CONTROL_FAILED && strstr(message.text, "serves on") != NULL)
            heard = -1;
    }
    cr_assert_eq(heard, -1);
    cr_expect_eq(atomic_load(&sup.page->clients_dropped), 1);
}

Test(handover, a_front_that_follows_meanwhile_leaves_the_sockets_alone, .init = setup)
{
    prepare();
    end_process(scene_process(scene_child(0, CHILD_FRONT)), SIGSEGV);
    control_turn(1);
    SCENE_EXPECT(scene_child(0, CHILD_FRONT), IPC_CONFIG, IPC_RING, IPC_LIST, IPC_LIST, IPC_READING,
                 IPC_LISTENER, IPC_LISTENER, IPC_START);
}

Test(handover, one_at_a_time_in_one_way_and_only_of_a_service_that_serves, .init = setup)
{
    CONTROL_SAY(taker, .type = CONTROL_TAKE_OVER, .count = CONTROL_TAKE_OVER_VERSION + 1);
    control_turn(1);
    control_expect(taker, CONTROL_FAILED, "another way");
    CONTROL_SAY(taker, .type = CONTROL_TAKE_OVER, .count = 1); /* it compares programs otherwise */
    control_turn(1);
    control_expect(taker, CONTROL_FAILED, "another way");
    CONTROL_SAY(taker, .type = CONTROL_PREPARED);
    control_turn(1);
    control_expect(taker, CONTROL_FAILED, "nothing was handed over");
    ask();
    (void)hear_all();
    int first = taker;
    taker = control_client();
    ask();
    control_expect(taker, CONTROL_FAILED, "already");
    CONTROL_SAY(taker, .type = CONTROL_PREPARED);
    control_turn(1);
    control_expect(taker, CONTROL_FAILED, "nothing was handed over");
    close(first);
    control_turn(1);
    sup.lanes[1].listeners[0][0] = -1;
    ask();
    control_expect(taker, CONTROL_FAILED, "lost its sockets");
    lanes_stop(&sup, 0);
    ask();
    control_expect(taker, CONTROL_FAILED, "stopping");
}

Test(handover, the_sockets_are_not_left_alone_by_one_that_stops, .init = setup)
{
    ask();
    (void)hear_all();
    lanes_stop(&sup, 0);
    CONTROL_SAY(taker, .type = CONTROL_PREPARED);
    control_turn(1);
    control_expect(taker, CONTROL_FAILED, "stopping");
    cr_expect_not(sup.fronts_are_held);
}

Test(handover, the_service_manager_hears_of_the_next_process_and_of_no_end, .init = setup)
{
    char text[128] = "", wanted[32];
    int pair[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
    sup.notify_fd = pair[0];
    sup.stored_count = UINT32_MAX; /* nothing is put into its store */
    sup.status_us = UINT64_MAX;
    prepare();
    CONTROL_SAY(taker, .type = CONTROL_RELEASE);
    control_turn(1);
    snprintf(wanted, sizeof wanted, "MAINPID=%d\n", (int)getpid());
    cr_assert_gt(recv(pair[1], text, sizeof text - 1, MSG_DONTWAIT), 0);
    cr_expect_str_eq(text, wanted);
    cr_expect_lt(recv(pair[1], text, sizeof text - 1, MSG_DONTWAIT), 0);
}
