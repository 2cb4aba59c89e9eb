/* test_succession.c - the penstock that serves, played by the test, leaves its place to us, or not
 * SPDX-License-Identifier: ISC
 */
#include "supervisor/succession.h"

#include "control_scene.h"

static int other;

static void
set_upstream(enum stats_upstream_state state)
{
    stats_store(&scene_child(0, CHILD_WORKER)->stats->upstreams[0].state, state);
}

/* Our processes start; the other one's end of the connection is the test's. */
static void
start_held(void)
{
    int pair[2];
    control_open(1);
    sup.phase = PHASE_STARTING;
    cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair), 0);
    sup.takeover = (struct takeover){.state = TAKEOVER_BEGINS, .source.fd = pair[0]};
    sup.fronts_are_held = true;
    evloop_want(&sup.loop, &sup.control, 0);
    cr_assert_eq(succession_watch(&sup), STATUS_OK);
    other = pair[1];
    scene_skip(scene_child(0, CHILD_FRONT));
    sup.config.upstreams_count = 1;
    set_upstream(STATS_UPSTREAM_USABLE);
}

/* @return the type of what it was sent; 0: nothing */
static unsigned
sent(void)
{
    uint8_t bytes[CONTROL_MESSAGE_MAX];
    return recv(other, bytes, sizeof bytes, 0) == 2 ? bytes[1] : 0;
}

static void
expect_reads(void)
{
    struct ipc_message message;
    int fds[IPC_FDS_MAX];
    cr_assert_eq(scene_hear(scene_child(0, CHILD_FRONT), &message, fds), IPC_READING);
    cr_assert_eq(message.reads, 1);
    cr_expect_eq(sup.control.events, EPOLLIN);
    cr_expect_not(sup.fronts_are_held);
}

Test(succession, reads_when_the_other_one_does_not_and_then_releases_it, .init = start_held)
{
    control_turn(1);
    cr_expect_eq(sent(), 0, "we are not ready");
    sup.phase = PHASE_RUNNING;
    control_turn(1);
    cr_assert_eq(sent(), CONTROL_PREPARED);
    control_turn(100);
    SCENE_EXPECT_NOTHING(scene_child(0, CHILD_FRONT));
    CONTROL_SAY(other, .type = CONTROL_DONE);
    control_turn(1);
    expect_reads();
    cr_assert_eq(sent(), CONTROL_RELEASE);
    CONTROL_SAY(other, .type = CONTROL_DONE);
    control_turn(1);
    cr_expect_eq(sup.takeover.state, TAKEOVER_NONE);
    SCENE_LOGGED("serves with");
    cr_expect_eq(sent(), 0);
    cr_expect_eq(sup.phase, PHASE_RUNNING);
}

Test(succession, a_refusal_or_silence_ends_us_and_not_the_other_one, .init = start_held)
{
    sup.phase = PHASE_RUNNING;
    control_turn(1);
    cr_assert_eq(sent(), CONTROL_PREPARED);
    control_turn(SUCCESSION_ANSWER_MS);
    cr_expect_eq(sup.phase, PHASE_STOPPING);
    cr_expect_eq(sup.exit_code, 1);
    SCENE_EXPECT(scene_child(0, CHILD_FRONT), IPC_STOP);
    SCENE_LOGGED("not taking over");
    cr_expect_eq(sent(), 0);
}

Test(succession, a_refusal_of_the_change_ends_us, .init = start_held)
{
    sup.phase = PHASE_RUNNING;
    control_turn(1);
    CONTROL_SAY(other, .type = CONTROL_FAILED, .text = "too late");
    control_turn(1);
    cr_expect_eq(sup.phase, PHASE_STOPPING);
    SCENE_LOGGED("not taking over: too late");
}

Test(succession, if_the_other_one_dies_first_the_sockets_are_ours, .init = start_held)
{
    close(other);
    control_turn(1);
    SCENE_EXPECT_NOTHING(scene_child(0, CHILD_FRONT));
    cr_expect_eq(sup.takeover.state, TAKEOVER_BEGINS);
    sup.phase = PHASE_RUNNING;
    control_turn(1);
    expect_reads();
    cr_expect_eq(sup.takeover.state, TAKEOVER_NONE);
    SCENE_LOGGED("is gone before it was asked to end");
}

Test(succession, if_the_other_one_dies_in_the_middle_the_sockets_are_ours, .init = start_held)
{
    sup.phase = PHASE_RUNNING;
    control_turn(1);
    close(other);
    control_turn(1);
    expect_reads();
    cr_expect_eq(sup.takeover.state, TAKEOVER_NONE);
    cr_expect_eq(sup.phase, PHASE_RUNNING);
}

/* It says so first, as it does when it ends the connection and not itself. */
static void
leave_us(void)
{
    CONTROL_SAY(other, .type = CONTROL_FAILED, .text = "it serves on");
    close(other);
}

static void
expect_given_up(void)
{
    cr_expect_eq(sup.takeover.state, TAKEOVER_NONE);
    cr_expect_eq(sup.phase, PHASE_STOPPING);
    cr_expect_eq(sup.exit_code, 1);
    SCENE_LOGGED("not taking over: it serves on");
    SCENE_NOT_LOGGED("is gone before it was asked to end");
}

Test(succession, an_end_of_the_connection_alone_while_we_start_ends_us, .init = start_held)
{
    leave_us();
    control_turn(1);
    expect_given_up();
    SCENE_EXPECT(scene_child(0, CHILD_FRONT), IPC_STOP);
}

Test(succession, an_end_of_the_connection_alone_when_we_would_ask_ends_us, .init = start_held)
{
    leave_us();
    sup.phase = PHASE_RUNNING;
    scene_turn(1); /* before the event loop says that something came */
    expect_given_up();
    SCENE_EXPECT(scene_child(0, CHILD_FRONT), IPC_STOP);
}

Test(succession, an_end_of_the_connection_alone_instead_of_an_answer_ends_us, .init = start_held)
{
    sup.phase = PHASE_RUNNING;
    control_turn(1);
    leave_us(); /* PREPARED was not read: the kernel tells that before what was said */
    control_turn(1);
    expect_given_up();
    SCENE_EXPECT(scene_child(0, CHILD_FRONT), IPC_STOP);
}

Test(succession, an_end_of_the_connection_alone_instead_of_its_own_end_ends_us, .init = start_held)
{
    sup.phase = PHASE_RUNNING;
    control_turn(1);
    CONTROL_SAY(other, .type = CONTROL_DONE);
    control_turn(1);
    expect_reads();
    leave_us();
    control_turn(1);
    expect_given_up();
}

Test(succession, what_it_cannot_say_ends_us, .init = start_held)
{
    sup.phase = PHASE_RUNNING;
    control_turn(1);
    cr_assert_eq(send(other, "\xff\xff", 2, 0), 2);
    control_turn(1);
    cr_expect_eq(sup.phase, PHASE_STOPPING);
    SCENE_EXPECT(scene_child(0, CHILD_FRONT), IPC_STOP);
    SCENE_LOGGED("not taking over");
}

/* As long as it may still serve, whether it does is not forgotten. */
Test(succession, one_that_does_not_say_that_it_ends_is_heard_later, .init = start_held)
{
    sup.phase = PHASE_RUNNING;
    sup.watch_us = UINT64_MAX;
    control_turn(1);
    CONTROL_SAY(other, .type = CONTROL_DONE);
    control_turn(1);
    expect_reads();
    control_turn(SUCCESSION_ANSWER_MS);
    SCENE_LOGGED("does not say");
    SCENE_LOGGED("serves with");
    cr_expect_eq(sup.phase, PHASE_RUNNING);
    leave_us();
    control_turn(1);
    expect_given_up();
}

Test(succession, a_start_that_fails_asks_for_nothing, .init = start_held)
{
    lanes_stop(&sup, 1);
    control_turn(1);
    cr_expect_eq(sup.takeover.state, TAKEOVER_NONE);
    cr_expect_eq(sup.takeover.source.fd, -1);
    cr_expect_eq(sent(), 0);
}

Test(succession, waits_for_an_upstream_that_can_be_asked, .init = start_held)
{
    set_upstream(STATS_UPSTREAM_UNASKED);
    sup.watch_us = UINT64_MAX;
    sup.phase = PHASE_RUNNING;
    control_turn(1);
    control_turn(SUCCESSION_CONNECT_MS - 1);
    cr_expect_eq(sent(), 0, "the other one serves meanwhile");
    set_upstream(STATS_UPSTREAM_USABLE);
    control_turn(0);
    cr_expect_eq(sent(), CONTROL_PREPARED);
    SCENE_NOT_LOGGED("no upstream can be asked");
}

Test(succession, does_not_wait_for_ever, .init = start_held)
{
    set_upstream(STATS_UPSTREAM_DOWN);
    sup.watch_us = UINT64_MAX;
    sup.phase = PHASE_RUNNING;
    control_turn(1);
    cr_expect_eq(sent(), 0);
    control_turn(SUCCESSION_CONNECT_MS);
    cr_expect_eq(sent(), CONTROL_PREPARED);
    SCENE_LOGGED("no upstream can be asked");
}

Test(succession, serves_without_an_upstream_if_the_other_one_dies, .init = start_held)
{
    set_upstream(STATS_UPSTREAM_DOWN);
    sup.phase = PHASE_RUNNING;
    control_turn(1);
    close(other);
    control_turn(1);
    expect_reads();
    cr_expect_eq(sup.takeover.state, TAKEOVER_NONE);
}
