/* test_event_memory.c - memory for events is there when events are on, and one front's alone
 * SPDX-License-Identifier: ISC
 */
#include "supervisor_scene.h"

#include "lane/events.h"
#include "supervisor/event_memory.h"

#include <sys/stat.h>

#define SIZE sizeof(struct events_memory)

static bool
can_write(int fd)
{
    void *at = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (at != MAP_FAILED)
        munmap(at, SIZE);
    return at != MAP_FAILED || pwrite(fd, "x", 1, 0) > 0;
}

static struct child *
open_front(uint32_t events)
{
    scene_open(1);
    sup.config.events = events;
    return scene_child(0, CHILD_FRONT);
}

Test(event_memory, off_there_is_none)
{
    struct child *front = open_front(0);
    cr_assert_eq(event_memory_begin(front), STATUS_OK);
    cr_assert_eq(event_memory_settle(front), STATUS_OK);
    cr_assert_eq(front->events_fd, -1);
    cr_assert_eq(front->events_watch_fd, -1);
    event_memory_change(front);
    cr_assert_eq(front->events_fd, -1);
}

Test(event_memory, a_worker_has_none)
{
    (void)open_front(1);
    struct child *worker = scene_child(0, CHILD_WORKER);
    cr_assert_eq(event_memory_begin(worker), STATUS_OK);
    cr_assert_eq(worker->events_fd, -1);
}

Test(event_memory, a_front_can_write_until_it_is_settled_and_nobody_after_that)
{
    struct child *front = open_front(1);
    cr_assert_eq(event_memory_begin(front), STATUS_OK);
    cr_assert_geq(front->events_fd, 0);
    cr_assert(can_write(front->events_fd));
    cr_assert_lt(ftruncate(front->events_fd, 0), 0);
    cr_assert_eq(front->events_watch_fd, -1, "no reader gets it yet");
    uint64_t generation = sup.page->generation;
    cr_assert_eq(event_memory_settle(front), STATUS_OK);
    cr_assert_eq(front->events_fd, -1);
    cr_assert_not(can_write(front->events_watch_fd));
    cr_assert_neq(sup.page->generation, generation, "readers hear of it");
    int fd = front->events_watch_fd;
    cr_assert_eq(event_memory_settle(front), STATUS_OK);
    cr_assert_eq(front->events_watch_fd, fd);
}

Test(event_memory, the_next_front_has_its_own_and_the_last_ones_is_readable_until_then)
{
    struct child *front = open_front(1);
    cr_assert_eq(event_memory_begin(front), STATUS_OK);
    cr_assert_eq(event_memory_settle(front), STATUS_OK);
    int old = front->events_watch_fd;
    cr_assert_eq(event_memory_begin(front), STATUS_OK);
    cr_assert_eq(front->events_watch_fd, old);
    cr_assert(can_write(front->events_fd));
    int unused = front->events_fd; /* that front died before it was READY */
    cr_assert_eq(event_memory_begin(front), STATUS_OK);
    cr_assert(can_write(front->events_fd));
    cr_assert_eq(event_memory_settle(front), STATUS_OK);
    cr_assert(unused == front->events_watch_fd || fcntl(unused, F_GETFD) < 0);
}

Test(event_memory, a_reload_turns_events_on_and_off)
{
    struct child *front = open_front(0);
    cr_assert_eq(event_memory_begin(front), STATUS_OK);
    sup.config.events = 1;
    event_memory_change(front);
    cr_assert_geq(front->events_fd, 0);
    cr_assert_eq(event_memory_settle(front), STATUS_OK);
    sup.config.events = 0;
    uint64_t generation = sup.page->generation;
    event_memory_change(front);
    cr_assert_eq(front->events_fd, -1);
    cr_assert_eq(front->events_watch_fd, -1);
    cr_assert_neq(sup.page->generation, generation);
    sup.config.events = 1;
    event_memory_change(front);
    cr_assert_geq(front->events_fd, 0);
    sup.config.events = 0; /* before the front took that up */
    event_memory_change(front);
    cr_assert_eq(front->events_fd, -1);
    cr_assert_eq(event_memory_settle(front), STATUS_OK, "there is nothing to seal");
}

/* Who could read may have lost its right, and who got one may have no right to what was told before. */
Test(event_memory, each_configuration_has_its_own_and_the_last_ones_goes_to_no_reader_more)
{
    struct child *front = open_front(1);
    cr_assert_eq(event_memory_begin(front), STATUS_OK);
    cr_assert_eq(event_memory_settle(front), STATUS_OK);
    struct stat before, after;
    cr_assert_eq(fstat(front->events_watch_fd, &before), 0);
    uint32_t number = front->events_number;
    event_memory_change(front);
    cr_assert_eq(front->events_watch_fd, -1, "no reader gets it, nor the next one yet");
    cr_assert_eq(fstat(front->events_fd, &after), 0);
    cr_assert_neq(after.st_ino, before.st_ino);
    cr_assert_eq(event_memory_settle(front), STATUS_OK);
    cr_assert_geq(front->events_watch_fd, 0);
    cr_assert_neq(front->events_number, number);
}
