/* test_pages.c - a page is written by one process, and by nobody who may read it
 * SPDX-License-Identifier: ISC
 */
#include "supervisor_scene.h"

#define SIZE sizeof(struct stats_page)

static struct stats_page *
map_for_writing(int fd)
{
    void *at = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    return at == MAP_FAILED ? NULL : at;
}

/* As a child does: it has the page mapped when it says READY. */
static struct stats_page *
begin(struct child *child)
{
    cr_assert_eq(pages_begin(child), STATUS_OK);
    struct stats_page *page = map_for_writing(child->stats_fd);
    cr_assert_not_null(page);
    return page;
}

Test(pages, nobody_who_may_read_one_can_write_to_it)
{
    scene_open(1);
    struct child *front = scene_child(0, CHILD_FRONT);
    struct stats_page *page = begin(front);
    cr_assert_eq(pages_settle(front), STATUS_OK);
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", front->watch_fd);
    int ways[] = {front->watch_fd, open(path, O_RDWR | O_CLOEXEC)};
    cr_assert_geq(ways[1], 0, "a holder may open it again, and gains nothing");
    cr_assert_lt(open(path, O_RDWR | O_TRUNC | O_CLOEXEC), 0);
    for (size_t i = 0; i < 2; i++) {
        int fd = ways[i];
        cr_assert_null(map_for_writing(fd));
        void *map = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, fd, 0);
        cr_assert_neq(map, MAP_FAILED);
        cr_assert_lt(mprotect(map, SIZE, PROT_READ | PROT_WRITE), 0);
        cr_assert_lt(madvise(map, SIZE, MADV_REMOVE), 0);
        cr_assert_lt(pwrite(fd, "x", 1, 0), 0);
        cr_assert_lt(ftruncate(fd, 0), 0);
        cr_assert_lt(ftruncate(fd, 1 << 20), 0);
        cr_assert_lt(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, SIZE), 0);
        cr_assert_lt(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), 0);
        stats_add(page, STAT_UDP_QUERIES, 1);
        cr_assert_eq(atomic_load(&((struct stats_page *)map)->counts[STAT_UDP_QUERIES]), i + 1);
    }
    cr_assert_eq(atomic_load(&front->stats->counts[STAT_UDP_QUERIES]), 2, "nor is ours another");
}

Test(pages, the_next_process_counts_on_in_a_page_of_its_own)
{
    scene_open(1);
    struct child *front = scene_child(0, CHILD_FRONT);
    struct stats_page *first = begin(front);
    stats_add(first, STAT_UDP_QUERIES, 5);
    cr_assert_eq(pages_settle(front), STATUS_OK);
    int old_fd = front->watch_fd;
    struct stats_page *second = begin(front);
    cr_assert_eq(front->watch_fd, old_fd, "readers have the old one until the new one is sealed");
    stats_add(second, STAT_UDP_QUERIES, 2);
    stats_add(first, STAT_UDP_QUERIES, 100);
    cr_assert_eq(atomic_load(&front->stats->counts[STAT_UDP_QUERIES]), 7);
    cr_assert_eq(pages_settle(front), STATUS_OK);
    cr_assert_eq(front->stats_fd, -1);
    cr_assert_null(map_for_writing(front->watch_fd));
}

Test(pages, what_no_process_served_with_is_used_by_the_next)
{
    scene_open(1);
    struct child *front = scene_child(0, CHILD_FRONT);
    int fd = front->stats_fd;
    (void)begin(front);
    cr_assert_eq(pages_begin(front), STATUS_OK);
    cr_assert_eq(front->stats_fd, fd);
    cr_assert_eq(front->watch_fd, -1);
}

Test(pages, a_child_whose_page_cannot_be_sealed_does_not_serve)
{
    scene_open(1);
    cr_assert_eq(lanes_spawn_all(&sup, CHILD_FRONT), STATUS_OK);
    struct child *front = scene_child(0, CHILD_FRONT);
    cr_assert_eq(fcntl(front->stats_fd, F_ADD_SEALS, F_SEAL_SEAL), 0); /* the child can do that */
    scene_ready(front);
    scene_turn(1);
    cr_assert(processes[0].is_killed);
    cr_assert_eq(front->watch_fd, -1);
    SCENE_LOGGED("front.0 is killed: its statistics page cannot be sealed");
}
