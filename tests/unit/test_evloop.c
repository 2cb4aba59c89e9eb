/* test_evloop.c - tests of evloop
 * SPDX-License-Identifier: ISC
 */
#include "os/evloop.h"
#include "os/os.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
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
        cr_assert_eq(evloop_open_bell(&fd), STATUS_OK);
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
    evloop_ring_bell(halves[1].source.fd);
    evloop_turn(&loop, 0);
    cr_assert_eq(halves[0].calls + halves[2].calls, 0);
    cr_assert_eq(halves[1].calls, 1);
    uint64_t rung;
    cr_assert_eq(read(halves[1].source.fd, &rung, sizeof rung), (ssize_t)sizeof rung);
    evloop_turn(&loop, 0);
    cr_assert_eq(halves[1].calls, 1);
    cr_assert_eq(loop.turns, 2);
}

Test(evloop, a_deadline_in_the_past_polls)
{
    evloop_turn(&loop, loop.now_us - 1);
    evloop_turn(&loop, 0);
}

Test(evloop, reads_both_clocks_in_each_turn)
{
    uint64_t told_us = loop.now_us;
    cr_assert_lt((uint64_t)time(NULL) - loop.wall_s, 60, "when it is opened");
    loop.now_us = loop.wall_s = 0;
    evloop_turn(&loop, 0);
    cr_expect_geq(loop.now_us, told_us);
    cr_expect_lt((uint64_t)time(NULL) - loop.wall_s, 60, "and when it wakes");
}

Test(evloop, a_turn_has_the_time_that_it_is_handed_and_calls_who_was_found_ready)
{
    evloop_ring_bell(halves[1].source.fd);
    (void)evloop_wait(&loop, 0);
    cr_assert_eq(halves[1].calls, 0, "nobody is called while it waits");
    evloop_dispatch(&loop, evloop_time_at(7, 9));
    cr_assert_eq(halves[1].calls, 1);
    cr_assert_eq(loop.now_us, 7);
    cr_assert_eq(loop.wall_s, 9);
    cr_assert_eq(os_used->now_us, 7, "and so has the log");
}

Test(evloop, wakes_at_a_deadline_and_not_before)
{
    uint64_t deadline = loop.now_us + 1500;
    evloop_turn(&loop, deadline);
    cr_assert_geq(loop.now_us, deadline);
}

Test(evloop, who_was_removed_by_another_handler_is_not_called)
{
    int fds[3];
    for (unsigned i = 0; i < 3; i++) {
        fds[i] = halves[i].source.fd;
        evloop_ring_bell(fds[i]);
        halves[i].victim = &halves[(i + 1) % 3];
    }
    evloop_turn(&loop, 0);
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
    evloop_ring_bell(halves[0].source.fd);
    evloop_ring_bell(halves[1].source.fd);
    time = evloop_wait(&loop, 0);
    cr_assert_eq(loop.batch_count, 2);
    evloop_want(&loop, &halves[1].source, 0);
    evloop_dispatch(&loop, time);
    cr_assert_eq(halves[0].calls, 1);
    cr_assert_eq(halves[1].calls, 0);
    evloop_want(&loop, &halves[1].source, EPOLLIN);
    evloop_turn(&loop, 0);
    cr_assert_eq(halves[1].calls, 1, "it is level-triggered: nothing is lost");
}

Test(evloop, a_handler_may_remove_itself_twice)
{
    int fd = halves[0].source.fd;
    halves[0].victim = &halves[0];
    evloop_ring_bell(fd);
    evloop_turn(&loop, 0);
    evloop_remove(&loop, &halves[0].source, true);
    cr_assert(!is_open(fd));
    cr_assert_eq(halves[0].source.fd, -1);
}

Test(evloop, a_number_removed_between_turns_is_closed_before_the_next_wait)
{
    int fd = halves[0].source.fd;
    evloop_remove(&loop, &halves[0].source, true);
    cr_assert(is_open(fd));
    evloop_turn(&loop, 0);
    cr_assert(!is_open(fd));
}

Test(evloop, a_copy_elsewhere_does_not_keep_a_removed_source_alive)
{
    int copy = dup(halves[0].source.fd);
    evloop_remove(&loop, &halves[0].source, true);
    evloop_ring_bell(copy);
    evloop_turn(&loop, 0);
    evloop_turn(&loop, 0);
    cr_assert_eq(halves[0].calls, 0);
}

Test(evloop, wants_are_followed)
{
    evloop_ring_bell(halves[0].source.fd);
    evloop_want(&loop, &halves[0].source, 0);
    evloop_turn(&loop, 0);
    cr_assert_eq(halves[0].calls, 0);
    evloop_want(&loop, &halves[0].source, EPOLLIN);
    evloop_turn(&loop, 0);
    cr_assert_eq(halves[0].calls, 1);
}

Test(evloop, more_removed_than_the_list_holds_are_closed_all_the_same)
{
    enum { MANY = EVLOOP_BATCH * 4 + 8 };
    static struct ev_source sources[MANY];
    static int fds[MANY];
    for (unsigned i = 0; i < MANY; i++) {
        cr_assert_eq(evloop_open_bell(&fds[i]), STATUS_OK);
        cr_assert_eq(evloop_add(&loop, &sources[i], fds[i], EPOLLIN, on_ready, &halves[0]),
                     STATUS_OK);
    }
    for (unsigned i = 0; i < MANY; i++)
        evloop_remove(&loop, &sources[i], true);
    evloop_turn(&loop, 0);
    for (unsigned i = 0; i < MANY; i++)
        cr_assert(!is_open(fds[i]));
}

Test(evloop, a_closed_descriptor_cannot_be_added)
{
    struct ev_source source;
    cr_assert_eq(evloop_add(&loop, &source, 1000000, EPOLLIN, on_ready, NULL), STATUS_SYSTEM);
    cr_assert_eq(source.fd, -1);
}

Test(evloop, a_wait_returns_both_clocks_and_what_is_due_is_polled)
{
    struct clock_time before = evloop_read_clocks(), after = evloop_wait(&loop, 0);
    cr_assert_geq(after.now_us, before.now_us);
    cr_assert_lt(after.wall_s - before.wall_s, 60);
    uint64_t due_us = after.now_us + 2000;
    loop.now_us = after.now_us;
    cr_assert_geq(evloop_wait(&loop, due_us).now_us, due_us);
}

/* --- clocks ---------------------------------------------------------------------------------- */

Test(evloop, both_clocks_are_of_one_moment)
{
    struct timespec monotonic;
    cr_assert_eq(clock_gettime(CLOCK_MONOTONIC, &monotonic), 0);
    uint64_t before_us = (uint64_t)monotonic.tv_sec * 1000000 + (uint64_t)monotonic.tv_nsec / 1000;
    struct clock_time now = evloop_read_clocks();
    cr_assert_geq(now.now_us, before_us);
    cr_assert_lt(now.now_us - before_us, 60000000);
    cr_assert_lt((uint32_t)time(NULL) - now.wall_s, 60);
    cr_assert_geq(evloop_read_clocks().now_us, now.now_us);
}

Test(evloop, processor_time_passes_with_work_and_not_with_sleep)
{
    struct timespec nap = {.tv_nsec = 20000000};
    uint64_t before_us = evloop_cpu_us();
    cr_assert_eq(nanosleep(&nap, NULL), 0);
    uint64_t slept_us = evloop_cpu_us() - before_us;
    cr_assert_lt(slept_us, 20000);
    while (evloop_cpu_us() < before_us + slept_us + 1000)
        continue;
}

Test(evloop, the_parts_of_a_moment_are_whole_and_never_ahead)
{
    struct clock_time time = evloop_time_at(3999999, 7);
    cr_assert_eq(time.now_ms, 3999);
    cr_assert_eq(time.now_s, 3);
    time = evloop_time_at(time.now_us + 1, 8);
    cr_assert(time.now_us == 4000000 && time.wall_s == 8);
    cr_assert_eq(time.now_ms, 4000);
    cr_assert_eq(time.now_s, 4);
    /* 50 days after the machine's start */
    cr_assert_eq(evloop_time_at(((UINT64_C(1) << 32) + 5) * 1000, 9).now_ms,
                 (UINT64_C(1) << 32) + 5);
}

/* --- bells ----------------------------------------------------------------------------------- */

static bool
is_readable(int fd)
{
    struct pollfd look = {.fd = fd, .events = POLLIN};
    return poll(&look, 1, 0) == 1;
}

Test(evloop, a_ring_of_a_bell_wakes_and_many_are_one)
{
    int bell;
    uint64_t rung = 0;
    cr_assert_eq(evloop_open_bell(&bell), STATUS_OK);
    cr_assert_not(is_readable(bell));
    evloop_ring_bell(bell);
    evloop_ring_bell(bell);
    evloop_ring_bell(bell);
    cr_assert(is_readable(bell));
    cr_assert_eq(read(bell, &rung, sizeof rung), (ssize_t)sizeof rung);
    cr_assert_eq(rung, 3);
    cr_assert_not(is_readable(bell));
}

Test(evloop, neither_a_full_nor_a_silent_bell_blocks)
{
    int bell;
    uint64_t most = UINT64_MAX - 1, rung;
    cr_assert_eq(evloop_open_bell(&bell), STATUS_OK);
    cr_assert_eq(read(bell, &rung, sizeof rung), -1);
    cr_assert_eq(errno, EAGAIN);
    cr_assert_eq(write(bell, &most, sizeof most), (ssize_t)sizeof most);
    evloop_ring_bell(bell); /* a peer had filled its counter */
    cr_assert(is_readable(bell));
}

Test(evloop, a_bell_is_not_inherited)
{
    int bell;
    cr_assert_eq(evloop_open_bell(&bell), STATUS_OK);
    cr_assert_eq(fcntl(bell, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}
