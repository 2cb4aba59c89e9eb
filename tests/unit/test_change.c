/* test_change.c - files that were changed by what can send no signal are taken up
 * SPDX-License-Identifier: ISC
 */
#include "supervisor_scene.h"

#define FILE_OF(pace, level)                                                                       \
    "listen: [\"127.0.0.1:5300\"]\nlanes: 1\nreload_on_change: " pace "\nlog: {level: " level      \
    "}\nupstreams:\n  - {name: one, verify: pin, address: 192.0.2.1, pins: "                       \
    "[\"sha256//paWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaU=\"]}\n"

static void
run(const char *yaml)
{
    scene_open_with(yaml);
    scene_start(1);
    scene_skip(scene_child(0, CHILD_FRONT));
    scene_skip(scene_child(0, CHILD_WORKER));
    scene_pass(3000);
    cr_assert_eq(sup.config_number, 1, "nothing has changed");
}

Test(change, is_taken_up_once_it_is_the_same_at_two_looks)
{
    run(FILE_OF("1s", "info"));
    scene_write_file(FILE_OF("1s", "debug"));
    scene_pass(1000);
    cr_assert_eq(sup.config_number, 1, "it may be being written to");
    scene_pass(1500);
    cr_assert_eq(sup.config_number, 2);
    SCENE_LOGGED("a file was changed: reading the configuration again");
    cr_assert_str_eq(sup.reload_asked_by.by, "changed file");
    scene_pass(5000);
    cr_assert_eq(sup.config_number, 2, "once");
}

Test(change, that_goes_on_waits_for_its_end)
{
    run(FILE_OF("1s", "info"));
    for (unsigned i = 0; i < 6; i++) {
        scene_write_file(i % 2 == 0 ? FILE_OF("1s", "debug") : FILE_OF("1s", "notice"));
        scene_pass(900);
    }
    cr_assert_eq(sup.config_number, 1);
    scene_pass(2500);
    cr_assert_eq(sup.config_number, 2);
}

Test(change, that_is_refused_is_read_once)
{
    run(FILE_OF("1s", "info"));
    scene_write_file("nothing: of the kind\n");
    scene_pass(10000);
    cr_assert_eq(sup.config_number, 1);
    SCENE_LOGGED("the configuration stays as it is");
    unsigned times = 0;
    for (const char *at = scene_log(); (at = strstr(at, "a file was changed")) != NULL; at++)
        times++;
    cr_assert_eq(times, 1);
    scene_write_file(FILE_OF("1s", "debug"));
    scene_pass(3000);
    cr_assert_eq(sup.config_number, 2);
}

Test(change, that_a_signal_has_taken_up_is_not_taken_up_again)
{
    run(FILE_OF("1s", "info"));
    scene_write_file(FILE_OF("1s", "debug"));
    raise_signal(SIGHUP);
    scene_turn(1);
    cr_assert_eq(sup.config_number, 2);
    scene_pass(5000);
    cr_assert_eq(sup.config_number, 2);
}

/* Files that the one before did not name are no change of this one. */
Test(change, that_names_another_list_is_taken_up_once)
{
    run(FILE_OF("1s", "info"));
    scene_write_file(FILE_OF("1s", "info") "local: {block: [/dev/null]}\n");
    scene_pass(10000);
    cr_assert_eq(sup.config_number, 2);
}

Test(change, is_not_looked_for_by_default)
{
    run(FILE_OF("off", "info"));
    scene_write_file(FILE_OF("off", "debug"));
    scene_pass(10000);
    cr_assert_eq(sup.config_number, 1);
}
