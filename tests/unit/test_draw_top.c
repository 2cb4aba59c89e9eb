/* test_draw_top.c - frames of the live view, letter by letter
 * SPDX-License-Identifier: ISC
 *
 * The frames are tests/unit/draw_top/NAME.txt; where one differs, it is left as draw_top-NAME.txt
 * beside the test's log. An hour of readings makes their figures.
 */
#include "view/draw_top.h"

#include "view/says.h"
#include "view_hour.h"

static struct view_scene scene;
static struct draw_top_view view;
static char text[DRAW_TOP_MAX], wanted[DRAW_TOP_MAX];

static const char *
draw(bool is_plain, bool has_styles)
{
    struct sheet sheet;
    sheet_begin(&sheet, text, sizeof text, is_plain, has_styles);
    draw_top(&scene.figures, &scene.judgement, &view, &sheet);
    return text;
}

static void
is_as(const char *name, bool is_plain)
{
    char path[512];
    snprintf(path, sizeof path, "%s/tests/unit/draw_top/%s.txt", SOURCE_ROOT, name);
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file, "%s", path);
    wanted[fread(wanted, 1, sizeof wanted - 1, file)] = '\0';
    fclose(file);
    draw(is_plain, false);
    if (strcmp(text, wanted) != 0) {
        snprintf(path, sizeof path, "draw_top-%s.txt", name);
        file = fopen(path, "w");
        cr_assert_not_null(file, "%s", path);
        fputs(text, file);
        fclose(file);
    }
    cr_expect_str_eq(text, wanted, "%s:\n%s", name, text);
}

static void
begin(unsigned width, unsigned height)
{
    view_scene_begin(&scene);
    view = (struct draw_top_view){.width = width, .height = height, .interval_s = 2};
}

static void
judge(void)
{
    figures_make(&scene.figures, &scene.reading, &scene.history);
    view_scene_judge(&scene);
}

static uint64_t
ago(uint64_t seconds)
{
    return VIEW_SCENE_NOW_US - seconds * VIEW_SCENE_S;
}

/* One upstream is refused, one shows its last key, of one the certificate ends; a network is over its limit. */
static void
trouble(void)
{
    struct reading *r = &scene.reading;
    r->of_upstream[0].state = STATS_UPSTREAM_REFUSED;
    r->of_upstream[0].cause = STATS_CAUSE_PIN;
    r->of_upstream[0].changed_us = ago(31 * 60);
    r->of_upstream[0].connections = 0;
    r->of_upstream[1].pin_seen = 2;
    r->of_upstream[1].pin_changed_us = ago(86400 + 13 * 3600 + 7 * 60);
    r->of_upstream[2].valid_days = 7;
    r->of_upstream[2].ends_s = VIEW_SCENE_NOW_WALL + 6 * 86400 + 2 * 3600 + 46 * 60 + 40;
    view_hour(&scene, VIEW_HOUR_TROUBLE, 3600);
    scene.judge.watches[JUDGE_NETWORK][0].holds[JUDGE_LOOK] = true;
    scene.judge.watches[JUDGE_NETWORK][0].begun_us[JUDGE_LOOK] = ago(8 * 60);
    judge();
}

static void
well(void)
{
    view_hour(&scene, VIEW_HOUR_WELL, 3600);
    judge();
}

Test(draw_top, well)
{
    begin(80, 24);
    well();
    is_as("well", false);
}

Test(draw_top, well_in_plain_text)
{
    begin(80, 24);
    well();
    view.interval_s = 0;
    is_as("plain", true);
}

Test(draw_top, trouble)
{
    begin(80, 24);
    trouble();
    is_as("trouble", false);
}

Test(draw_top, trouble_in_a_wide_terminal)
{
    begin(120, 40);
    trouble();
    is_as("trouble-wide", false);
}

Test(draw_top, well_in_a_wide_terminal)
{
    begin(120, 40);
    well();
    is_as("well-wide", false);
}

Test(draw_top, just_started)
{
    begin(80, 24);
    scene.reading.started_us = ago(60);
    for (unsigned i = 0; i < 3; i++) {
        scene.reading.of_upstream[i] = (struct reading_upstream){.pins = 2, .has_pins = true};
        snprintf(scene.reading.of_upstream[i].name, 64, "upstream%u", i);
    }
    view_hour(&scene, VIEW_HOUR_IDLE, 60);
    judge();
    is_as("started", false);
}

Test(draw_top, one_reading_only)
{
    begin(80, 24);
    view_hour(&scene, VIEW_HOUR_WELL, 0);
    judge();
    is_as("first", false);
}

Test(draw_top, idle)
{
    begin(80, 24);
    view_hour(&scene, VIEW_HOUR_IDLE, 3600);
    judge();
    is_as("idle", false);
}

Test(draw_top, old)
{
    begin(80, 24);
    view_hour(&scene, VIEW_HOUR_WELL, 3600);
    scene.reading.age_us = 240 * VIEW_SCENE_S;
    judge();
    is_as("old", false);
}

Test(draw_top, not_reached)
{
    begin(80, 24);
    well();
    view.not_reached = VIEW_SCENE_NOW_WALL + 4;
    is_as("not-reached", false);
}

Test(draw_top, small)
{
    begin(60, 12);
    trouble();
    is_as("small", false);
}

Test(draw_top, pages)
{
    static const char *const names[DRAW_TOP_PAGES] = {
        [DRAW_TOP_UPSTREAMS] = "page-upstreams", [DRAW_TOP_REASONS] = "page-reasons",
        [DRAW_TOP_LANES] = "page-lanes",         [DRAW_TOP_NETWORKS] = "page-networks",
        [DRAW_TOP_TIMES] = "page-times",         [DRAW_TOP_HELP] = "page-help"};
    begin(80, 24);
    trouble();
    view.is_paused = true;
    view.networks = "Networks of the last whole minute, from one query of 64.\n"
                    "Most queries\n          46.9 /s  192.0.2.0/24\n";
    for (unsigned page = DRAW_TOP_UPSTREAMS; page < DRAW_TOP_PAGES; page++) {
        view.page = (enum draw_top_page)page;
        is_as(names[page], false);
    }
}

/* --- whatever is shown ----------------------------------------------------------------------- */

static void
fits(const char *what)
{
    unsigned lines = 0;
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
        cr_expect_leq(sheet_width(line), view.width, "%s: %s", what, line);
    draw(view.page % 2 == 0, false);
    for (const char *c = text; *c != '\0'; c++)
        lines += *c == '\n';
    cr_expect_leq(lines, view.height, "%s: %u lines of %u, %u columns", what, lines, view.height,
                  view.width);
}

/* As many upstreams, lanes and findings as there can be, with names as long as they can be. */
Test(draw_top, everything_fits)
{
    static const unsigned sizes[][2] = {{80, 24},  {100, 30}, {119, 60}, {120, 40},
                                        {200, 80}, {60, 12},  {80, 3},   {1, 1}};
    begin(80, 24);
    scene.reading.upstreams = STATS_UPSTREAMS;
    scene.reading.lanes = SERVICE_PAGE_LANES;
    for (unsigned i = 0; i < STATS_UPSTREAMS; i++) {
        scene.reading.of_upstream[i] = view_scene_upstream(
            "a-name-that-is-as-long-as-the-configuration-permits-it-to-be", 2, 5, 1);
        scene.reading.of_upstream[i].state =
            i % 3 == 0 ? STATS_UPSTREAM_DOWN : STATS_UPSTREAM_USABLE;
        scene.reading.of_upstream[i].cause = STATS_CAUSE_CERTIFICATE;
    }
    memset(scene.reading.host, 'h', sizeof scene.reading.host - 1);
    memset(scene.reading.version, '9', sizeof scene.reading.version - 1);
    view_hour(&scene, VIEW_HOUR_HUGE, 3600);
    judge();
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        view.width = sizes[i][0];
        view.height = sizes[i][1];
        for (unsigned page = 0; page < DRAW_TOP_PAGES; page++) {
            view.page = (enum draw_top_page)page;
            view.not_reached = i % 2 == 0 ? VIEW_SCENE_NOW_WALL : 0;
            draw(false, false);
            fits("a page");
        }
    }
}

/* What the terminal is told is bold or coloured says nothing that the words do not. */
Test(draw_top, styles_take_no_room)
{
    begin(120, 40);
    trouble();
    draw(false, false);
    memcpy(wanted, text, sizeof text);
    draw(false, true);
    char *to = text;
    for (const char *from = text; *from != '\0'; from++)
        if (*from >= SHEET_STYLES || *from < 0)
            *to++ = *from;
    *to = '\0';
    cr_expect_str_eq(text, wanted);
}

Test(draw_top, plain_text_is_ascii)
{
    begin(120, 40);
    trouble();
    for (unsigned page = 0; page < DRAW_TOP_PAGES; page++) {
        view.page = (enum draw_top_page)page;
        for (const char *c = draw(true, false); *c != '\0'; c++)
            cr_assert(*c == '\n' || (*c >= ' ' && *c <= '~'), "page %u, %d", page, *c);
    }
}

/* It says of the state of things what `status` says. */
Test(draw_top, sentences_are_those_of_status)
{
    char clients[SAYS_LINE_MAX], needs[SAYS_LINE_MAX];
    begin(80, 24);
    trouble();
    draw(false, false);
    cr_expect_not_null(strstr(text, says_clients(&scene.figures, &scene.judgement, clients)));
    cr_expect_not_null(strstr(text, says_needs(&scene.judgement, needs)));
}

Test(draw_top, pages_that_scroll)
{
    begin(80, 24);
    trouble();
    static const unsigned rows[DRAW_TOP_PAGES] = {[DRAW_TOP_REASONS] = WHY_COUNT,
                                                  [DRAW_TOP_UPSTREAMS] = 3,
                                                  [DRAW_TOP_LANES] = 2,
                                                  [DRAW_TOP_NETWORKS] = 4};
    view.networks = "Most queries\n one\n two\n three\n";
    for (unsigned page = 0; page < DRAW_TOP_PAGES; page++) {
        view.page = (enum draw_top_page)page;
        cr_expect_eq(draw_top_rows(&scene.figures, &view), rows[page], "%u", page);
    }
}

Test(draw_top, networks_are_the_lines_that_it_is_given)
{
    begin(80, 24);
    trouble();
    view.page = DRAW_TOP_NETWORKS;
    view.networks = "Most queries\n one\n two\n three\n";
    view.first = 2;
    draw(true, false);
    cr_expect_not_null(strstr(text, "\n  two\n  three\n"), "%s", text);
    cr_expect_null(strstr(text, "  one"));
    view.networks = "";
    draw(true, false);
    cr_expect_null(strstr(text, "three"));
}

Test(draw_top, lanes_stand_above_their_processes)
{
    begin(80, 24);
    trouble();
    view.page = DRAW_TOP_LANES;
    draw(true, false);
    const char *lane = strstr(text, "\n lane 1"), *process = strstr(text, "\n PROCESS");
    cr_expect(lane != NULL && process != NULL && lane < process, "%s", text);
    cr_expect_not_null(strstr(text, "worker of lane 1"));
    view.first = 1;
    draw(true, false);
    cr_expect_null(strstr(text, "lane 0"));
}

/* What the service calls itself and its upstreams are foreign octets to a terminal. */
Test(draw_top, names_are_printable_whatever_the_service_says)
{
    static struct service_page page;
    static const char hostile[] = "\033]0;owned\007\033[2J\x9b\r\n\t\x7f\x01\x04\xc3\x28";
    begin(120, 40);
    page.magic = SERVICE_PAGE_MAGIC;
    page.bytes = sizeof page;
    page.stats_bytes = sizeof(struct stats_page);
    page.lanes = SERVICE_PAGE_LANES;
    page.upstreams = STATS_UPSTREAMS;
    memcpy(page.version, hostile, sizeof hostile);
    for (unsigned i = 0; i < STATS_UPSTREAMS; i++)
        memcpy(page.of_upstream[i].name, hostile, sizeof hostile);
    cr_assert_eq(
        reading_begin(&scene.reading, &page, sizeof page, VIEW_SCENE_NOW_US, VIEW_SCENE_NOW_WALL),
        STATUS_OK);
    for (unsigned i = 0; i < STATS_UPSTREAMS; i++)
        scene.reading.of_upstream[i].state = STATS_UPSTREAM_DOWN;
    reading_end(&scene.reading);
    history_add(&scene.history, &scene.reading.tally);
    judge();
    for (unsigned i = 0; i < 2 * DRAW_TOP_PAGES; i++) {
        view.page = (enum draw_top_page)(i / 2);
        for (const char *c = draw(i % 2 == 0, false); *c != '\0'; c++)
            cr_assert(*c == '\n' || (*c >= ' ' && *c <= '~') || (i % 2 == 1 && *c < 0), "%d", *c);
        cr_expect_null(strstr(text, "\x9b")); /* not even within a character: none of ours has it */
    }
}
