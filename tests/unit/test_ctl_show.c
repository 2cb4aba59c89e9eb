/* test_ctl_show.c - tests of ctl_show
 * SPDX-License-Identifier: ISC
 */
#include "ctl/ctl_show.h"

#include "view_scene.h"

#include <sys/socket.h>
#include <unistd.h>

static struct view_scene scene;
static char text[CTL_SHOW_MAX];

Test(ctl_show, colours_are_for_terminals_that_want_them)
{
    cr_expect(ctl_show_how(true, NULL, "xterm", "en_GB.UTF-8").has_styles);
    cr_expect(ctl_show_how(true, "", "xterm", "C.utf8").has_styles);
    cr_expect(ctl_show_how(false, NULL, "xterm", "en_GB.UTF-8").is_plain);
    cr_expect(ctl_show_how(true, "1", "xterm", "en_GB.UTF-8").is_plain);
    cr_expect(ctl_show_how(true, NULL, "xterm", "C").is_plain);
    cr_expect(ctl_show_how(true, NULL, "xterm", NULL).is_plain);
    static const char *const terms[] = {NULL, "", "dumb", "vt52"};
    for (unsigned i = 0; i < sizeof terms / sizeof terms[0]; i++)
        cr_expect(ctl_show_how(true, NULL, terms[i], "C.UTF-8").is_plain);
}

Test(ctl_show, styles_become_what_terminals_understand)
{
    int pair[2];
    char got[64] = "";
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    cr_assert_eq(ctl_show_write(pair[0], "a\004b\001c\n"), STATUS_OK);
    close(pair[0]);
    size_t used = 0;
    for (ssize_t n = 1; n > 0 && used < sizeof got - 1; used += (size_t)n)
        n = read(pair[1], got + used, sizeof got - 1 - used);
    cr_expect_str_eq(got, "a\033[1;31;7mb\033[0mc\n");
    cr_expect_eq(ctl_show_write(-1, "a"), STATUS_SYSTEM);
}

Test(ctl_show, every_counter_and_every_end_is_a_row_once)
{
    view_scene_begin(&scene);
    scene.reading.tally.why[WHY_ACL] = 1234;
    static struct stages stages;
    stages.buckets[STATS_STAGE_QUEUE][3] = 1234;
    ctl_show_stats(&scene.reading, &stages, text);
    unsigned rows = 0;
    for (const char *at = text; (at = strstr(at, "\n  ")) != NULL; at++)
        rows++;
    cr_expect_eq(rows, (unsigned)STATS_COUNT + WHY_COUNT + STATS_RCODES + STATS_STAGES + 2);
    cr_expect_not_null(
        strstr(text, "  acl                              1,234  client address not allowed\n"),
        "%s", text);
    cr_expect_not_null(
        strstr(text,
               "  queue                            1,234    <0.01    <0.01    <0.01  front, "),
        "%s", text);
    cr_expect_not_null(strstr(text, "  place                                0        -        -"),
                       "%s", text);
}

Test(ctl_show, addresses_stand_below_the_table_if_they_are_told)
{
    static char addresses[STATS_UPSTREAMS][64];
    view_scene_begin(&scene);
    view_scene_figures(&scene);
    ctl_show_upstreams(&scene.figures, addresses, text);
    cr_expect_null(strstr(text, "Addresses"));
    snprintf(addresses[0], sizeof addresses[0], "192.0.2.1:853");
    ctl_show_upstreams(&scene.figures, addresses, text);
    cr_expect_not_null(strstr(text, "\nAddresses\n  north  192.0.2.1:853\n"));
}

Test(ctl_show, health)
{
    view_scene_begin(&scene);
    scene.reading.serving = 1;
    cr_expect_null(ctl_show_ailment(&scene.reading));
    scene.reading.serving = 0;
    cr_expect_str_eq(ctl_show_ailment(&scene.reading), "no lane serves");
    scene.reading.phase = SERVICE_PAGE_STOPS;
    cr_expect_str_eq(ctl_show_ailment(&scene.reading), "it is stopping");
    scene.reading.phase = SERVICE_PAGE_BEGINS;
    cr_expect_str_eq(ctl_show_ailment(&scene.reading), "it is starting");
    scene.reading.age_us = 61 * VIEW_SCENE_S;
    cr_expect_not_null(strstr(ctl_show_ailment(&scene.reading), "does not look after"));
}

Test(ctl_show, status_is_the_page)
{
    view_scene_begin(&scene);
    view_scene_figures(&scene);
    view_scene_judge(&scene);
    ctl_show_status(&scene.figures, &scene.judgement, (struct ctl_show){.is_plain = true}, text);
    cr_expect_eq(strncmp(text, "penstock on ns1 is WELL.", 24), 0);
}

Test(ctl_show, a_frame_is_as_large_as_it_is_said_to_be)
{
    struct ctl_show how = ctl_show_how(false, NULL, "xterm", NULL);
    int pair[2];
    cr_assert_eq(pipe(pair), 0);
    ctl_show_size(pair[1], NULL, NULL, &how);
    cr_expect(how.width == 80 && how.height == 24);
    ctl_show_size(pair[1], "120", "40", &how);
    cr_expect(how.width == 120 && how.height == 40);
    static const char *const wrong[] = {"", "0", "-1", "12x", "1000", "99999999999999999999"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        ctl_show_size(pair[1], wrong[i], wrong[i], &how);
        cr_expect(how.width == 80 && how.height == 24, "%s", wrong[i]);
    }
    ctl_show_size(pair[1], "999", "1", &how);
    cr_expect(how.width == 999 && how.height == 1);
}

Test(ctl_show, a_frame_is_plain_text_where_it_goes_to_a_pipe)
{
    struct ctl_show how = ctl_show_how(false, NULL, "xterm", "C.UTF-8");
    view_scene_begin(&scene);
    view_scene_figures(&scene);
    view_scene_judge(&scene);
    ctl_show_top(&scene.figures, &scene.judgement,
                 &(struct draw_top_view){.width = 80, .height = 24}, how, text);
    for (const char *c = text; *c != '\0'; c++)
        cr_assert(*c == '\n' || (*c >= ' ' && *c <= '~'), "%d", *c);
    cr_expect_not_null(strstr(text, " o WELL  Clients are answered. Nothing needs you."), "%s",
                       text);
}
