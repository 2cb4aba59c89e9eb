/* test_evloop.c - tests of evloop
 * SPDX-License-Identifier: ISC
 */
#include "os/bell.h"
#include "os/evloop.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

struct half {
    struct evloop *loop;
    struct ev_source source;
    struct half *victim; /* removed when this one is ready */
    unsigned calls;
};

static struct evloop loop;
static struct half halves[3];

static void
on_ready(struct ev_source *source, uint32_t events)
{
    struct half *half = source->owner;
    half->calls++;
    cr_assert(events & EPOLLIN);
    if (half->victim != NULL)
        evloop_remove(half->loop, &half->victim->source, true);
}

static void
open_all(void)
{
    cr_assert_eq(evloop_open(&loop), STATUS_OK);
    for (unsigned i = 0; i < 3; i++) {
        int fd;
        cr_assert_eq(bell_open(&fd), STATUS_OK);
        halves[i] = (struct half){.loop = &loop};
        cr_assert_eq(evloop_add(&loop, &halves[i].source, fd, EPOLLIN, on_ready, &halves[i]),
                     STATUS_OK);
    }
}

static bool
is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

TestSuite(evloop, .init = open_all);

Test(evloop, calls_only_who_is_ready)
{
    bell_ring(halves[1].source.fd);
    cr_assert_eq(evloop_turn(&loop, 0), STATUS_OK);
    cr_assert_eq(halves[0].calls + halves[2].calls, 0);
    cr_assert_eq(halves[1].calls, 1);
    uint64_t rung;
    cr_assert_eq(read(halves[1].source.fd, &rung, sizeof rung), (ssize_t)sizeof rung);
    cr_assert_eq(evloop_turn(&loop, 0), STATUS_OK);
    cr_assert_eq(halves[1].calls, 1);
    cr_assert_eq(loop.turns, 2);
}

Test(evloop, a_deadline_in_the_past_polls)
{
    cr_assert_eq(evloop_turn(&loop, loop.now_us - 1), STATUS_OK);
    cr_assert_eq(evloop_turn(&loop, 0), STATUS_OK);
}

Test(evloop, reads_both_clocks_in_each_turn)
{
    uint64_t told_us = loop.now_us;
    cr_assert_lt((uint64_t)time(NULL) - loop.wall_s, 60, "when it is opened");
    loop.now_us = loop.wall_s = 0;
    cr_assert_eq(evloop_turn(&loop, 0), STATUS_OK);
    cr_expect_geq(loop.now_us, told_us);
    cr_expect_lt((uint64_t)time(NULL) - loop.wall_s, 60, "and when it wakes");
}

Test(evloop, a_turn_has_the_time_that_it_is_handed_and_calls_who_was_found_ready)
{
    struct clock_time time;
    bell_ring(halves[1].source.fd);
    cr_assert_eq(evloop_wait(&loop, 0, &time), STATUS_OK);
    cr_assert_eq(halves[1].calls, 0, "nobody is called while it waits");
    evloop_dispatch(&loop, (struct clock_time){.now_us = 7, .wall_s = 9});
    cr_assert_eq(halves[1].calls, 1);
    cr_assert_eq(loop.now_us, 7);
    cr_assert_eq(loop.wall_s, 9);
}

Test(evloop, wakes_at_a_deadline_and_not_before)
{
    uint64_t deadline = loop.now_us + 1500;
    cr_assert_eq(evloop_turn(&loop, deadline), STATUS_OK);
    cr_assert_geq(loop.now_us, deadline);
}

Test(evloop, who_was_removed_by_another_handler_is_not_called)
{
    int fds[3];
    for (unsigned i = 0; i < 3; i++) {
        fds[i] = halves[i].source.fd;
        bell_ring(fds[i]);
        halves[i].victim = &halves[(i + 1) % 3];
    }
    cr_assert_eq(evloop_turn(&loop, 0), STATUS_OK);
    /* 0 removes 1, so 1 is not called; 2 is, and removes 0 */
    cr_assert_eq(halves[0].calls, 1);
    cr_assert_eq(halves[1].calls, 0);
    cr_assert_eq(halves[2].calls, 1);
    cr_assert(!is_open(fds[0]));
    cr_assert(!is_open(fds[1]));
    cr_assert(is_open(fds[2]));
}

Test(evloop, what_is_not_wanted_any_more_is_not_reported)
{
    struct clock_time time;
    bell_ring(halves[0].source.fd);
    bell_ring(halves[1].source.fd);
    cr_assert_eq(evloop_wait(&loop, 0, &time), STATUS_OK);
    cr_assert_eq(loop.batch_count, 2);
    evloop_want(&loop, &halves[1].source, 0);
    evloop_dispatch(&loop, time);
    cr_assert_eq(halves[0].calls, 1);
    cr_assert_eq(halves[1].calls, 0);
    evloop_want(&loop, &halves[1].source, EPOLLIN);
    cr_assert_eq(evloop_turn(&loop, 0), STATUS_OK);
    cr_assert_eq(halves[1].calls, 1, "it is level-triggered: nothing is lost");
}

Test(evloop, a_handler_may_remove_itself_twice)
{
    int fd = halves[0].source.fd;
    halves[0].victim = &halves[0];
    bell_ring(fd);
    cr_assert_eq(evloop_turn(&loop, 0), STATUS_OK);
    evloop_remove(&loop, &halves[0].source, true);
    cr_assert(!is_open(fd));
    cr_assert_eq(halves[0].source.fd, -1);
}

Test(evloop, a_number_removed_between_turns_is_closed_before_the_next_wait)
{
    int fd = halves[0].source.fd;
    evloop_remove(&loop, &halves[0].source, true);
    cr_assert(is_open(fd));
    cr_assert_eq(evloop_turn(&loop, 0), STATUS_OK);
    cr_assert(!is_open(fd));
}

Test(evloop, a_copy_elsewhere_does_not_keep_a_removed_source_alive)
{
    int copy = dup(halves[0].source.fd);
    evloop_remove(&loop, &halves[0].source, true);
    bell_ring(copy);
    cr_assert_eq(evloop_turn(&loop, 0), STATUS_OK);
    cr_assert_eq(evloop_turn(&loop, 0), STATUS_OK);
    cr_assert_eq(halves[0].calls, 0);
}

Test(evloop, wants_are_followed)
{
    bell_ring(halves[0].source.fd);
    evloop_want(&loop, &halves[0].source, 0);
    cr_assert_eq(evloop_turn(&loop, 0), STATUS_OK);
    cr_assert_eq(halves[0].calls, 0);
    evloop_want(&loop, &halves[0].source, EPOLLIN);
    cr_assert_eq(evloop_turn(&loop, 0), STATUS_OK);
    cr_assert_eq(halves[0].calls, 1);
}

Test(evloop, more_removed_than_the_list_holds_are_closed_all_the_same)
{
    enum { MANY = EVLOOP_BATCH * 4 + 8 };
    static struct ev_source sources[MANY];
    static int fds[MANY];
    for (unsigned i = 0; i < MANY; i++) {
        cr_assert_eq(bell_open(&fds[i]), STATUS_OK);
        cr_assert_eq(evloop_add(&loop, &sources[i], fds[i], EPOLLIN, on_ready, &halves[0]),
                     STATUS_OK);
    }
    for (unsigned i = 0; i < MANY; i++)
        evloop_remove(&loop, &sources[i], true);
    cr_assert_eq(evloop_turn(&loop, 0), STATUS_OK);
    for (unsigned i = 0; i < MANY; i++)
        cr_assert(!is_open(fds[i]));
}

Test(evloop, a_closed_descriptor_cannot_be_added)
{
    struct ev_source source;
    cr_assert_eq(evloop_add(&loop, &source, 1000000, EPOLLIN, on_ready, NULL), STATUS_SYSTEM);
    cr_assert_eq(source.fd, -1);
}
