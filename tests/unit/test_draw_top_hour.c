/* test_draw_top_hour.c - tests of draw_top_hour
 * SPDX-License-Identifier: ISC
 */
#include "view/draw_top_hour.h"

#include "draw_top_scene.h"

Test(draw_top_hour, quarters_stand_at_their_times)
{
    draw_top_hour(&scene.figures, begin(VIEW_HOUR_WELL, 3600));
    has(" last hour             now      |02:15    |02:30    |02:45    |03:00\n");
}

Test(draw_top_hour, lines_begin_where_readings_do)
{
    draw_top_hour(&scene.figures, begin(VIEW_HOUR_WELL, 1800));
    has(" readings since 02:42  now");
    has(" queries             412.5 /s                      ********************  0-500\n");
}

/* A gap stays one: nothing is drawn across it. */
Test(draw_top_hour, no_reading_is_a_gap)
{
    begin(VIEW_HOUR_WELL, 1800);
    struct tally later = scene.reading.tally;
    later.why[WHY_CACHE_HIT] = 0;
    for (unsigned i = 0; i < 60; i++) {
        later.at_us += (i == 0 ? 600 : 10) * VIEW_SCENE_S;
        history_add(&scene.history, &later);
    }
    view_scene_pass(&scene, 1190 * VIEW_SCENE_S);
    draw_top_hour(&scene.figures, &sheet);
    has("********************      .......  0-500\n");
}

Test(draw_top_hour, a_wide_one_has_five_minutes_and_marks)
{
    draw_top_hour_wide(&scene.figures, &scene.judgement, begin(VIEW_HOUR_WELL, 3600));
    has("now    5 min ");
    has(" 1-1000, log\n");
    scene.judgement.count = 1;
    scene.judgement.findings[0] = (struct judge_finding){
        .kind = JUDGE_SLOW, .level = JUDGE_LOOK, .since_s = VIEW_SCENE_NOW_WALL - 1830};
    draw_top_hour_wide(&scene.figures, &scene.judgement, &sheet);
    has("                             'slow\n");
    scene.judgement.findings[0].since_s = VIEW_SCENE_NOW_WALL - 3700;
    sheet_begin(&sheet, text, sizeof text, true, false);
    draw_top_hour_wide(&scene.figures, &scene.judgement, &sheet);
    cr_expect_null(strstr(text, "slow"));
}
