/* test_levels.c - the level of the log, changed while the service runs
 * SPDX-License-Identifier: ISC
 */
#include "supervisor_scene.h"

#include "supervisor/levels.h"

Test(levels, every_process_hears_it_and_later_ones_begin_with_it)
{
    scene_run(1);
    scene_skip(scene_child(0, CHILD_FRONT));
    scene_skip(scene_child(0, CHILD_WORKER));
    levels_set(&sup, LOG_NOTICE);
    struct ipc_message message;
    int fds[IPC_FDS_MAX];
    for (unsigned role = 0; role < CHILD_ROLES; role++) {
        cr_assert_eq(scene_hear(scene_child(0, (enum child_role)role), &message, fds), IPC_LEVEL);
        cr_assert_eq(message.level, LOG_NOTICE);
    }
    log_write(LOG_INFO, LOG_CONTROL, "too quiet to be heard");
    SCENE_NOT_LOGGED("too quiet");
    end_process(scene_process(scene_child(0, CHILD_FRONT)), 0);
    scene_turn(1);
    scene_pass(100);
    SCENE_EXPECT(scene_child(0, CHILD_FRONT), IPC_CONFIG, IPC_LEVEL, IPC_RING, IPC_LIST, IPC_LIST,
                 IPC_START);
}

Test(levels, the_configuration_decides_again)
{
    scene_run(1);
    levels_reset(&sup);
    scene_skip(scene_child(0, CHILD_WORKER));
    SCENE_EXPECT_NOTHING(scene_child(0, CHILD_WORKER));
    levels_set(&sup, LOG_DEBUG);
    levels_reset(&sup);
    SCENE_EXPECT(scene_child(0, CHILD_WORKER), IPC_LEVEL, IPC_LEVEL);
    cr_assert_eq(sup.level, 0);
}
