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
