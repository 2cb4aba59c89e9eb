/* test_keeper.c - the last hour that the supervisor keeps
 * SPDX-License-Identifier: ISC
 */
#include "supervisor_scene.h"

#include "view/chronicle.h"

static struct chronicle seen;

/* As a reader has it, who was handed the descriptor. */
static enum status
look(void)
{
    void *at;
    size_t size;
    cr_assert_eq(memory_watch(keeper_page(&sup), &at, &size), STATUS_OK);
    enum status status = chronicle_take(at, size, sup.loop.now_us, &seen);
    memory_unmap(at, size);
    return status;
}

static struct stats_page *
stats_of(enum child_role role)
{
    return scene_child(0, role)->stats;
}

Test(keeper, nobody_can_write_to_its_page_but_us)
{
    scene_open(1);
    size_t size = sizeof(struct chronicle_page);
    int fd = keeper_page(&sup);
    cr_assert_eq(mmap(NULL, size, PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
    cr_assert_lt(pwrite(fd, "x", 1, 0), 0);
    cr_assert_eq(look(), STATUS_NONE);
    scene_turn(0);
    cr_assert_eq(look(), STATUS_OK, "the first turn writes to it");
}

Test(keeper, looks_each_second_and_not_each_turn)
{
    scene_run(1);
    scene_turn(KEEPER_STEP_MS);
    cr_assert_eq(look(), STATUS_OK);
    uint64_t at_us = seen.history.newest.at_us;
    cr_assert_eq(at_us, sup.loop.now_us);
    scene_turn(KEEPER_STEP_MS - 1);
    cr_assert_eq(look(), STATUS_OK);
    cr_assert_eq(seen.history.newest.at_us, at_us);
    scene_turn(1);
    cr_assert_eq(look(), STATUS_OK);
    cr_assert_eq(seen.history.newest.at_us, at_us + KEEPER_STEP_MS * MS);
}

Test(keeper, keeps_an_hour_over_deaths_without_nonsense)
{
    scene_run(1);
    for (unsigned i = 0; i < 400; i++) {
        stats_add(stats_of(CHILD_FRONT), STAT_UDP_QUERIES, 10000);
        scene_pass(10000);
        if (i % 100 == 50) {
            end_process(scene_process(scene_child(0, CHILD_FRONT)), SIGKILL);
            scene_turn(1);
            scene_pass(100);
            scene_ready(scene_child(0, CHILD_FRONT));
        }
    }
    cr_assert_eq(look(), STATUS_OK);
    cr_assert_eq(seen.history.points_count, HISTORY_POINTS);
    uint64_t values[60];
    history_columns(&seen.history, HISTORY_QUERIES, 60, values);
    for (unsigned i = 0; i < 60; i++)
        cr_assert(values[i] >= 900000 && values[i] <= 1100000, "%u: %llu", i,
                  (unsigned long long)values[i]);
}
