/* test_draw_top_ends.c - tests of draw_top_ends
 * SPDX-License-Identifier: ISC
 */
#include "view/draw_top_ends.h"

#include "draw_top_scene.h"

Test(draw_top_ends, parts_add_up_to_their_groups)
{
    draw_top_ends(&scene.figures, begin(VIEW_HOUR_WELL, 3600));
    has(" HOW QUERIES ENDED, 5 minutes");
    has(" Answered ");
    has("   from the cache ");
    has("   a name on a block list ");
    has("   no answer in time ");
    has(" <0.01 ");
}

/* What was counted and was none is 0 in its group; its parts are left out, but for answers. */
Test(draw_top_ends, what_never_was_is_left_out)
{
    draw_top_ends(&scene.figures, begin(VIEW_HOUR_IDLE, 3600));
    has(" Failed                              0.0");
    has("   from the cache                    0.0");
    cr_expect_null(strstr(text, "over its limit"));
    cr_expect_null(strstr(text, "Neither"));
}

Test(draw_top_ends, without_a_second_reading_there_is_no_rate)
{
    draw_top_ends(&scene.figures, begin(VIEW_HOUR_WELL, 0));
    has(" Answered                              -      -");
    draw_top_ends_short(&scene.figures, begin(VIEW_HOUR_WELL, 0));
    has(" ended, /s:  cache -  upstream -  local -  by rule -  failed -");
    draw_top_ends_room(&scene.figures, false, begin(VIEW_HOUR_WELL, 0));
    has("dropped -");
}

Test(draw_top_ends, every_reason_is_a_row)
{
    draw_top_ends_reasons(&scene.figures, 0, WHY_COUNT + 1, begin(VIEW_HOUR_WELL, 3600));
    for (unsigned i = 0; i < WHY_COUNT; i++) {
        has(why_name((enum why)i));
        has(why_text((enum why)i));
    }
    draw_top_ends_reasons(&scene.figures, WHY_ACL, 2, begin(VIEW_HOUR_WELL, 3600));
    has(" ACL                     0.50");
    cr_expect_null(strstr(text, why_name(WHY_COOKIE)));
    cr_expect_null(strstr(text, why_name(WHY_MARTIAN)));
}

Test(draw_top_ends, room_and_lanes)
{
    draw_top_ends_room(&scene.figures, true, begin(VIEW_HOUR_WELL, 3600));
    has(" waiting 37 of 16,384   TCP clients 112 of 2,048   cache 29.8 of 32 MiB   dropped unread "
        "0");
    draw_top_ends_lanes(&scene.figures, 1, 5, false, begin(VIEW_HOUR_WELL, 3600));
    cr_expect_str_eq(
        text, " lane 1  18 alive, 0 in line, rings 0.2 and 1.1 KiB, 4 to upstreams, died 0\n");
}

Test(draw_top_ends, processes_have_time_and_memory)
{
    (void)begin(VIEW_HOUR_WELL, 3600);
    scene.reading.of_lane[1].processes[0] =
        (struct reading_process){.pid = 4711, .peak_bytes = 12 << 20};
    scene.figures.cpu_front[1] = 8123;
    scene.figures.cpu_worker[1] = NUMBER_NONE;
    struct sheet to;
    sheet_begin(&to, text, sizeof text, true, false);
    draw_top_ends_lanes(&scene.figures, 1, 5, true, &to);
    has(", 4 to upstreams   front 81.2 %, 12 MiB   worker - %, - MiB\n");
    sheet_begin(&to, text, sizeof text, true, false);
    draw_top_ends_processes(&scene.figures, 0, 20, &to);
    has(" PROCESS, 5 minutes");
    has("\n supervisor");
    has(" front of lane 1         4711          81.2            12\n");
    has(" worker of lane 1           -             -             -\n");
    sheet_begin(&to, text, sizeof text, true, false);
    draw_top_ends_processes(&scene.figures, 1, 2, &to);
    cr_expect_null(strstr(text, "supervisor"));
    has(" front of lane 1 ");
    cr_expect_null(strstr(text, "worker"), "no room");
}
