/* test_child_link.c - both ends of a link in one process
 * SPDX-License-Identifier: ISC
 */
#include "child/child_link.h"
#include "os/chan.h"
#include "os/evloop.h"
#include "os/log.h"
#include "os/memory.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BYTES 4096U

static struct evloop loop;
static struct child_link front, worker;
static int fds[IPC_FDS_MAX]; /* memory, bell of the front, bell of the worker */

static const struct ipc_message ring = {
    .type = IPC_RING, .epoch = 7, .ring_query_bytes = BYTES, .ring_answer_bytes = 2 * BYTES};

static void
make_fds(size_t size)
{
    cr_assert_eq(memory_share("ring", NULL, size, false, &fds[0]), STATUS_OK);
    cr_assert_eq(evloop_open_bell(&fds[1]), STATUS_OK);
    cr_assert_eq(evloop_open_bell(&fds[2]), STATUS_OK);
}

static bool
is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

static enum status
open_copies(struct child_link *link, enum child_link_side side, const struct ipc_message *message)
{
    int copies[IPC_FDS_MAX];
    for (int i = 0; i < IPC_FDS_MAX; i++)
        cr_assert_geq(copies[i] = dup(fds[i]), 0);
    return child_link_open(link, &loop, side, message, copies);
}

static void
init(void)
{
    cr_assert_eq(evloop_open(&loop), STATUS_OK);
    child_link_init(&front);
    child_link_init(&worker);
    make_fds(RING_MEMORY_BYTES(BYTES) + RING_MEMORY_BYTES(2 * BYTES));
}

TestSuite(child_link, .init = init);

static void
open_both(void)
{
    cr_assert_eq(open_copies(&front, CHILD_LINK_FRONT, &ring), STATUS_OK);
    cr_assert_eq(open_copies(&worker, CHILD_LINK_WORKER, &ring), STATUS_OK);
    front.has_more = worker.has_more = false;
}

static bool
is_rung(int fd)
{
    uint64_t count = 0;
    return read(fd, &count, sizeof count) == sizeof count;
}

static void
pass(struct child_link *from, struct child_link *to, const char *text)
{
    char got[64];
    size_t size;
    cr_assert_eq(ring_put(&from->to_peer, text, strlen(text) + 1, NULL, 0), STATUS_OK);
    child_link_publish(from);
    cr_assert_eq(ring_take(&to->from_peer, got, sizeof got, &size), STATUS_OK);
    cr_assert_str_eq(got, text);
    child_link_release(to);
}

Test(child_link, what_one_side_puts_the_other_takes)
{
    open_both();
    pass(&front, &worker, "question");
    pass(&worker, &front, "answer");
    cr_assert_eq(front.number, 7);
}

Test(child_link, is_usable_from_open_to_close)
{
    cr_assert_not(child_link_is_usable(&front));
    open_both();
    cr_assert(child_link_is_usable(&front));
    child_link_close(&front, &loop);
    cr_assert_not(child_link_is_usable(&front));
    child_link_close(&front, &loop); /* may be called twice */
}

Test(child_link, a_new_link_is_looked_at_before_its_owner_sleeps)
{
    cr_assert_eq(open_copies(&worker, CHILD_LINK_WORKER, &ring), STATUS_OK);
    cr_assert_not(child_link_sleep(&worker), "the front may have filled it before");
    worker.has_more = false;
    cr_assert(child_link_sleep(&worker));
}

Test(child_link, rings_who_sleeps_and_nobody_else)
{
    open_both();
    pass(&front, &worker, "awake");
    cr_assert_not(is_rung(fds[2]));
    cr_assert(child_link_sleep(&worker));
    pass(&front, &worker, "asleep");
    cr_assert(is_rung(fds[2]));
    child_link_wake(&worker);
    pass(&front, &worker, "awake again");
    cr_assert_not(is_rung(fds[2]));
    cr_assert(child_link_sleep(&front));
    pass(&worker, &front, "the other way");
    cr_assert(is_rung(fds[1]));
    cr_assert_not(is_rung(fds[2]));
}

Test(child_link, rings_who_waits_for_room)
{
    static char record[BYTES / 4];
    size_t size;
    open_both();
    while (ring_put(&front.to_peer, record, sizeof record, NULL, 0) == STATUS_OK)
        continue;
    cr_assert(ring_await_room(&front.to_peer, sizeof record));
    child_link_publish(&front);
    cr_assert_eq(ring_take(&worker.from_peer, record, sizeof record, &size), STATUS_OK);
    child_link_release(&worker);
    cr_assert(is_rung(fds[1]));
}

Test(child_link, a_bell_wakes_the_loop_once_for_each_ring_of_it)
{
    open_both();
    evloop_ring_bell(fds[1]);
    evloop_turn(&loop, 0);
    (void)evloop_wait(&loop, 0);
    cr_assert_eq(loop.batch_count, 0, "though nobody has cleared its counter");
    evloop_ring_bell(fds[1]);
    (void)evloop_wait(&loop, 0);
    cr_assert_eq(loop.batch_count, 1);
}

Test(child_link, memory_that_is_too_small_for_its_rings_is_refused)
{
    struct ipc_message larger = ring;
    larger.ring_answer_bytes = 4 * BYTES;
    int copies[IPC_FDS_MAX];
    for (int i = 0; i < IPC_FDS_MAX; i++)
        cr_assert_geq(copies[i] = dup(fds[i]), 0);
    cr_assert_eq(child_link_open(&front, &loop, CHILD_LINK_FRONT, &larger, copies), STATUS_INVALID);
    cr_assert_not(child_link_is_usable(&front));
    for (int i = 0; i < IPC_FDS_MAX; i++)
        cr_assert_not(is_open(copies[i]), "descriptor %d was given away", i);
}

Test(child_link, sizes_that_no_ring_has_are_refused)
{
    static const uint32_t sizes[] = {0, 1, BYTES / 2, BYTES + 1, 3 * BYTES, 1U << 27, UINT32_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct ipc_message odd = ring;
        odd.ring_query_bytes = sizes[i];
        cr_expect_eq(open_copies(&front, CHILD_LINK_FRONT, &odd), STATUS_INVALID, "%u", sizes[i]);
        odd = ring;
        odd.ring_answer_bytes = sizes[i];
        cr_expect_eq(open_copies(&front, CHILD_LINK_FRONT, &odd), STATUS_INVALID, "%u", sizes[i]);
    }
}

Test(child_link, memory_that_could_shrink_is_refused)
{
    int copies[IPC_FDS_MAX] = {-1, dup(fds[1]), dup(fds[2])};
    cr_assert_geq(copies[0] = memfd_create("unsealed", 0), 0);
    cr_assert_eq(ftruncate(copies[0], 1 << 20), 0);
    cr_assert_eq(child_link_open(&worker, &loop, CHILD_LINK_WORKER, &ring, copies), STATUS_INVALID);
    cr_assert_not(is_open(copies[0]));
}

Test(child_link, a_close_gives_its_descriptors_back)
{
    int copies[IPC_FDS_MAX];
    for (int i = 0; i < IPC_FDS_MAX; i++)
        cr_assert_geq(copies[i] = dup(fds[i]), 0);
    cr_assert_eq(child_link_open(&front, &loop, CHILD_LINK_FRONT, &ring, copies), STATUS_OK);
    child_link_close(&front, &loop);
    evloop_turn(&loop, 0); /* the bell goes with the turn's end */
    for (int i = 0; i < IPC_FDS_MAX; i++)
        cr_assert_not(is_open(copies[i]));
    for (int i = 0; i < IPC_FDS_MAX; i++)
        cr_assert(is_open(fds[i]), "the supervisor's own");
}

Test(child_link, a_broken_link_is_logged_and_told_once)
{
    struct ipc_message message;
    int received[IPC_FDS_MAX], pair[2];
    uint32_t number = 0;
    cr_assert_eq(chan_pair(pair), STATUS_OK);
    log_open_chan(pair[0], LOG_NOTICE);
    open_both();
    cr_assert_not(child_link_pop_broken(&front, &number));
    front.has_more = true;
    child_link_break(&front, 3, "broke the ring of answers: a record that is none");
    cr_assert_not(child_link_is_usable(&front));
    cr_assert(child_link_pop_broken(&front, &number));
    cr_assert_eq(number, 7);
    cr_assert_not(child_link_pop_broken(&front, &number));
    cr_assert_eq(chan_receive(pair[1], IPC_FROM_CHILD, &message, received), STATUS_OK);
    cr_assert_str_eq(message.text,
                     "lane 3: the worker broke the ring of answers: a record that is none");
    child_link_break(&worker, 3, "broke the ring of queries: an index out of bounds");
    cr_assert_eq(chan_receive(pair[1], IPC_FROM_CHILD, &message, received), STATUS_OK);
    cr_assert_str_eq(message.text,
                     "lane 3: the front broke the ring of queries: an index out of bounds");
}
