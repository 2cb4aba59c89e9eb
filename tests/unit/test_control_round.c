/* test_control_round.c - what is asked of all fronts, and how their answers come together
 * SPDX-License-Identifier: ISC
 */
#include "control_scene.h"

#include "supervisor/control_round.h"

/* The FLUSH that a front was sent. @return its tag */
static uint32_t
hear_flush(unsigned lane, const char *name)
{
    struct ipc_message message = {0};
    int fds[IPC_FDS_MAX];
    cr_assert_eq(scene_hear(scene_child(lane, CHILD_FRONT), &message, fds), IPC_FLUSH);
    cr_assert_str_eq(message.text, name);
    return message.tag;
}

static void
say_flushed(unsigned lane, uint32_t tag, uint32_t count)
{
    scene_say(scene_child(lane, CHILD_FRONT),
              &(struct ipc_message){.type = IPC_FLUSHED, .tag = tag, .count = count}, NULL, 0);
}

static void
open_lanes(unsigned lanes)
{
    control_open(lanes);
    for (unsigned lane = 0; lane < lanes; lane++)
        scene_skip(scene_child(lane, CHILD_FRONT));
}

Test(control_round, the_answer_is_the_sum_of_all_fronts)
{
    open_lanes(2);
    int fd = control_client();
    CONTROL_SAY(fd, .type = CONTROL_FLUSH, .text = "www.example");
    control_turn(1);
    uint32_t tag = hear_flush(0, "www.example");
    cr_assert_eq(hear_flush(1, "www.example"), tag);
    say_flushed(0, tag, 3);
    control_turn(1);
    control_expect(fd, 0, NULL);
    say_flushed(1, tag, 4);
    control_turn(1);
    control_expect(fd, CONTROL_DONE, "7 cached responses of www.example were dropped");
    SCENE_LOGGED("asks to flush www.example");
}

Test(control_round, a_front_that_dies_is_not_waited_for)
{
    open_lanes(2);
    int fd = control_client();
    CONTROL_SAY(fd, .type = CONTROL_FLUSH, .below = 1, .text = "example");
    control_turn(1);
    say_flushed(0, hear_flush(0, "example"), 1);
    control_turn(1);
    control_expect(fd, 0, NULL);
    end_process(scene_process(scene_child(1, CHILD_FRONT)), SIGKILL);
    control_turn(1);
    control_expect(fd, CONTROL_DONE, "1 cached response of example and all below it was dropped");
}

Test(control_round, one_after_the_other_in_the_order_they_came)
{
    open_lanes(1);
    int first = control_client(), second = control_client();
    CONTROL_SAY(second, .type = CONTROL_FLUSH, .text = "b.example");
    control_turn(1);
    CONTROL_SAY(first, .type = CONTROL_FLUSH, .text = "a.example");
    control_turn(1);
    uint32_t tag = hear_flush(0, "b.example");
    SCENE_EXPECT_NOTHING(scene_child(0, CHILD_FRONT));
    say_flushed(0, tag, 0);
    control_turn(1);
    control_expect(second, CONTROL_DONE, "0 cached responses of b.example");
    control_expect(first, 0, NULL);
    tag = hear_flush(0, "a.example");
    say_flushed(0, tag, 0);
    control_turn(1);
    control_expect(first, CONTROL_DONE, "a.example");
}

Test(control_round, who_has_gone_is_not_answered_and_the_next_is)
{
    open_lanes(1);
    int gone = control_client();
    CONTROL_SAY(gone, .type = CONTROL_FLUSH, .text = "a.example");
    control_turn(1);
    uint32_t tag = hear_flush(0, "a.example");
    close(gone);
    control_turn(1);
    evloop_turn(&sup.loop, 0);
    int next = control_client(); /* in the same seat */
    CONTROL_SAY(next, .type = CONTROL_FLUSH, .text = "b.example");
    control_turn(1);
    say_flushed(0, tag, 5);
    control_turn(1);
    control_expect(next, 0, NULL);
    say_flushed(0, hear_flush(0, "b.example"), 2);
    control_turn(1);
    control_expect(next, CONTROL_DONE, "2 cached responses of b.example");
}

Test(control_round, with_no_front_there_is_nothing_to_wait_for)
{
    open_lanes(1);
    int fd = control_client();
    end_process(scene_process(scene_child(0, CHILD_FRONT)), SIGKILL);
    control_turn(1);
    CONTROL_SAY(fd, .type = CONTROL_FLUSH, .text = "a.example");
    control_turn(1);
    cr_assert_eq(control_serve_due_us(&sup), 0, "the answer is due at once");
    control_turn(0);
    control_expect(fd, CONTROL_DONE, "0 cached responses");
    control_turn(1);
    cr_assert_neq(control_serve_due_us(&sup), 0);
}

Test(control_round, what_is_no_name_is_refused_and_no_front_hears_of_it)
{
    static const char *const wrong[] = {"", "a..example", ".example", "a b", "a.\\999"};
    open_lanes(1);
    int fd = control_client();
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct control_message request = {.type = CONTROL_FLUSH};
        snprintf(request.text, sizeof request.text, "%s", wrong[i]);
        control_say(fd, &request);
        control_turn(1);
        control_expect(fd, CONTROL_FAILED, "not a domain name");
    }
    SCENE_EXPECT_NOTHING(scene_child(0, CHILD_FRONT));
}

Test(control_round, a_service_that_stops_flushes_nothing)
{
    open_lanes(1);
    int fd = control_client();
    lanes_stop(&sup, 0);
    CONTROL_SAY(fd, .type = CONTROL_FLUSH, .text = "a.example");
    control_turn(1);
    control_expect(fd, CONTROL_FAILED, "stopping");
}

Test(control_round, a_front_that_answers_what_was_not_asked_is_ended)
{
    static const int tags[] = {-1, 0, 1};
    for (size_t i = 0; i < 3; i++) {
        processes_count = signals_count = 0;
        open_lanes(1);
        int fd = control_client();
        CONTROL_SAY(fd, .type = CONTROL_FLUSH, .text = "a.example");
        control_turn(1);
        uint32_t tag = hear_flush(0, "a.example");
        if (tags[i] == 0) { /* twice */
            say_flushed(0, tag, 1);
            control_turn(1);
        }
        struct process *process = scene_process(scene_child(0, CHILD_FRONT));
        say_flushed(0, tag + (uint32_t)tags[i], 1);
        control_turn(1);
        cr_assert(process->is_killed);
        control_turn(1);
        control_expect(fd, CONTROL_DONE, "cached response");
        close(fd);
        close(sup.control.fd);
    }
}

/* --- limits ---------------------------------------------------------------------------------- */

static uint32_t
hear_limits(unsigned lane, const char *address)
{
    struct ipc_message message = {0};
    int fds[IPC_FDS_MAX];
    cr_assert_eq(scene_hear(scene_child(lane, CHILD_FRONT), &message, fds), IPC_LIMITS);
    cr_assert_str_eq(message.text, address);
    return message.tag;
}

static void
say_report(unsigned lane, uint32_t tag, uint32_t first)
{
    scene_say(scene_child(lane, CHILD_FRONT),
              &(struct ipc_message){.type = IPC_REPORT, .tag = tag, .report = {first}}, NULL, 0);
}

static void
expect_report(int fd, uint32_t lane, uint32_t first)
{
    struct control_message message;
    int passed;
    cr_assert_eq(control_hear(fd, &message, &passed), CONTROL_REPORT);
    cr_assert_eq(message.lane, lane);
    cr_assert_eq(message.report[0], first);
}

static void
expect_done(int fd, uint32_t count)
{
    struct control_message message;
    int passed;
    cr_assert_eq(control_hear(fd, &message, &passed), CONTROL_DONE);
    cr_assert_eq(message.count, count);
}

Test(control_round, each_front_reports_and_then_all_is_told)
{
    open_lanes(3);
    int fd = control_client(), other = control_client();
    CONTROL_SAY(fd, .type = CONTROL_LIMITS, .text = "192.0.2.1");
    control_turn(1);
    CONTROL_SAY(other, .type = CONTROL_LIMITS, .text = "2001:db8::1");
    control_turn(1);
    uint32_t tag = hear_limits(0, "192.0.2.1");
    (void)hear_limits(1, "192.0.2.1");
    (void)hear_limits(2, "192.0.2.1");
    say_report(2, tag, 22);
    say_report(0, tag, 20);
    control_turn(1);
    control_expect(fd, 0, NULL);
    end_process(scene_process(scene_child(1, CHILD_FRONT)), SIGKILL);
    control_turn(1);
    expect_report(fd, 0, 20);
    expect_report(fd, 2, 22);
    expect_done(fd, 2);
    SCENE_LOGGED("asks about a client's limits");
    SCENE_NOT_LOGGED("192.0.2.1");
    control_turn(1);
    say_report(0, hear_limits(0, "2001:db8::1"), 7);
    say_report(2, hear_limits(2, "2001:db8::1"), 8);
    control_turn(1);
    expect_report(other, 0, 7);
    expect_report(other, 2, 8);
    expect_done(other, 2);
}

Test(control_round, what_is_no_address_is_refused)
{
    static const char *const wrong[] = {"", "192.0.2", "192.0.2.1:53", "[2001:db8::1]:53", "a.b"};
    open_lanes(1);
    int fd = control_client();
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct control_message request = {.type = CONTROL_LIMITS};
        snprintf(request.text, sizeof request.text, "%s", wrong[i]);
        control_say(fd, &request);
        control_turn(1);
        control_expect(fd, CONTROL_FAILED, "not an address");
    }
    SCENE_EXPECT_NOTHING(scene_child(0, CHILD_FRONT));
}

Test(control_round, a_front_that_answers_another_question_is_ended)
{
    open_lanes(1);
    int fd = control_client();
    CONTROL_SAY(fd, .type = CONTROL_LIMITS, .text = "192.0.2.1");
    control_turn(1);
    struct process *process = scene_process(scene_child(0, CHILD_FRONT));
    say_flushed(0, hear_limits(0, "192.0.2.1"), 1);
    control_turn(1);
    cr_assert(process->is_killed);
    control_turn(1);
    expect_done(fd, 0);
}

Test(control_round, who_reads_no_report_keeps_others_waiting_for_a_bounded_time)
{
    open_lanes(CONFIG_LANES_MAX);
    int slow = control_client(), next = control_client();
    CONTROL_SAY(slow, .type = CONTROL_LIMITS, .text = "192.0.2.1");
    control_turn(1);
    CONTROL_SAY(next, .type = CONTROL_FLUSH, .text = "a.example");
    for (unsigned lane = 0; lane < CONFIG_LANES_MAX; lane++)
        say_report(lane, hear_limits(lane, "192.0.2.1"), lane);
    for (unsigned i = 0; i < 12; i++)
        control_turn(CONTROL_SEND_MS / 10);
    for (unsigned lane = 0; lane < CONFIG_LANES_MAX; lane++)
        say_flushed(lane, hear_flush(lane, "a.example"), 1);
    control_turn(1);
    control_expect(next, CONTROL_DONE, "16 cached responses");
}

Test(control_round, networks_are_told_in_several_reports_and_no_more)
{
    struct ipc_message message;
    int fds[IPC_FDS_MAX];
    open_lanes(2);
    int fd = control_client();
    CONTROL_SAY(fd, .type = CONTROL_NETWORKS);
    control_turn(1);
    for (unsigned lane = 0; lane < 2; lane++)
        cr_assert_eq(scene_hear(scene_child(lane, CHILD_FRONT), &message, fds), IPC_NETWORKS);
    for (unsigned i = 0; i < NETWORKS_REPORTS; i++) {
        say_report(0, message.tag, i);
        say_report(1, message.tag, 100 + i);
    }
    control_turn(1);
    for (unsigned i = 0; i < NETWORKS_REPORTS; i++)
        expect_report(fd, 0, i);
    for (unsigned turns = 0; turns < 20; turns++) /* the socket has room for some at a time */
        control_turn(1);
    for (unsigned i = 0; i < NETWORKS_REPORTS; i++)
        expect_report(fd, 1, 100 + i);
    control_turn(1);
    expect_done(fd, 2 * NETWORKS_REPORTS);
    SCENE_LOGGED("asks which networks ask most");
    struct process *process = scene_process(scene_child(0, CHILD_FRONT));
    say_report(0, message.tag, 9);
    control_turn(1);
    cr_assert(process->is_killed);
}
