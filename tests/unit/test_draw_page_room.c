/* test_draw_page_room.c - room and its limits, and the work with upstreams
 * SPDX-License-Identifier: ISC
 */
#include "draw_page_scene.h"

#include "view/draw_page_room.h"

static void
draw(void)
{
    cr_assert_eq(page_scene_draw(&scene), STATUS_OK);
    markup_begin(&scene.page, scene.text, sizeof scene.text);
    draw_page_room(&scene.figures, &scene.judgement, &scene.page);
}

Test(draw_page_room, what_is_used_stands_beside_its_limit)
{
    page_scene_begin(&scene);
    draw();
    cr_expect(has("<dt>queries waiting</dt><dd class=\"\">37 of 16,384</dd>"));
    cr_expect(has("<dt>cache</dt><dd class=\"\">29.8 of 32 MiB</dd>"));
    cr_expect(has("<dt>dropped unread, 5 minutes</dt><dd class=\"\">0</dd>"));
    cr_expect(has("<dt>upstreams with TLS 1.3</dt><dd class=\"\">3 of 3</dd>"));
    cr_expect(has("<dt>lanes that serve</dt><dd class=\"\">2 of 2</dd>"));
}

Test(draw_page_room, processes_have_time_and_memory)
{
    page_scene_begin(&scene);
    scene.reading.supervisor.peak_bytes = 9 << 20;
    draw();
    cr_expect(has("<dt>supervisor</dt><dd class=\"\">0.0 %, 9 MiB</dd>"));
    cr_expect(has("<dt>worker of lane 1</dt>"));
    cr_expect_not(has("<dt>all processes</dt>"));
    scene.reading.lanes = 16;
    draw();
    cr_expect(has("<dt>all processes</dt>"));
    cr_expect_not(has("of lane 0"));
}

Test(draw_page_room, a_finding_has_its_sign_at_its_figure)
{
    page_scene_begin(&scene);
    scene.reading.queries_most = 20;
    draw();
    cr_expect(has("<dt>queries waiting</dt><dd class=\"act\"><svg class=\"m act\""));
}

Test(draw_page_room, what_was_not_read_is_no_zero)
{
    page_scene_begin(&scene);
    scene.steps = 0;
    scene.reading.cache_bytes_most = 0;
    for (unsigned i = 0; i < 3; i++)
        scene.reading.of_upstream[i].tls = 0;
    draw();
    cr_expect(has("<dt>cache</dt><dd class=\"\">none</dd>"));
    cr_expect(has("<dt>handshakes, full</dt><dd class=\"\">–</dd>"));
    cr_expect(has("<dt>asked twice</dt><dd class=\"\">–</dd>"));
    cr_expect(has("<dt>upstreams with TLS 1.3</dt><dd class=\"\">–</dd>"));
}
