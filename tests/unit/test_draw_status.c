/* test_draw_status.c - the status page, letter by letter
 * SPDX-License-Identifier: ISC
 */
#include "view/draw_status.h"

#include "view_scene.h"

static struct view_scene scene;
static struct figures *const f = &scene.figures;
static char text[DRAW_STATUS_MAX];

static const char *
draw(bool has_styles)
{
    struct sheet sheet;
    sheet_begin(&sheet, text, sizeof text, false, has_styles);
    draw_status(f, &scene.judgement, &sheet);
    return text;
}

static void
begin(void)
{
    view_scene_begin(&scene);
    view_scene_figures(&scene);
}

static void
set_upstream(unsigned i, uint64_t share, uint64_t failed)
{
    f->of_upstream[i].share = share;
    f->of_upstream[i].rate = share;
    f->of_upstream[i].failed = failed;
}

static void
well_figures(void)
{
    f->usual_low = 340000;
    f->usual_high = 446000;
    f->share = 9998;
    f->turned_away = 9400;
    f->parts[WHY_PART_LISTED] = 8800;
    f->parts[WHY_PART_UNFIT] = 600;
    f->failed = f->parts[WHY_PART_LATE] = 80;
    f->waiting = 37;
    f->tcp_clients = 112;
    set_upstream(0, 6200, 0);
    set_upstream(1, 3000, 0);
    set_upstream(2, 800, 200);
}

static const char WELL[] =
    "penstock on ns1 is WELL.                            26 Nov 2026 03:12:40 UTC\n"
    "\n"
    "  Clients are answered. Nothing needs you.\n"
    "  Well since 17 Nov 08:20 (8 days 18 hours). Up for 12 days 4 hours.\n"
    "\n"
    "Last 5 minutes\n"
    "  queries         412.5 /s      usual for the last hour: 340 to 446\n"
    "  answered        99.98 %       of those that no rule turned away\n"
    "  from the cache   73.0 %\n"
    "  time to answer   0.10 ms for half, 41.0 ms for 99 of 100\n"
    "  turned away       9.4 /s      8.8 block list, 0.6 not allowed or malformed\n"
    "  failed           0.08 /s      0.08 no upstream answered in time\n"
    "\n"
    "Upstreams          share    answer      failed  key   certificate\n"
    "  north    in use   62 %    9.2 ms    0.0 /min  pin 1/2   48 days\n"
    "  south    in use   30 %   11.8 ms    0.0 /min  pin 1/2   71 days\n"
    "  harbour  in use    8 %   14.6 ms    0.2 /min  pin 1/2   83 days\n"
    "\n"
    "Room: waiting 37 of 16,384, TCP clients 112 of 2,048, nothing dropped unread.\n"
    "Processes: 43.2 % of a core, 57 MiB resident at most.\n"
    "No process has died. Configuration of 17 Nov 08:20 is in force.\n";

Test(draw_status, well)
{
    begin();
    well_figures();
    view_scene_judge(&scene);
    scene.judgement.since_s = scene.reading.config_s;
    cr_expect_str_eq(draw(false), WELL, "\n%s", text);
}

/* What the terminal is told is bold or coloured says nothing that the words do not. */
Test(draw_status, styles_take_no_room)
{
    begin();
    well_figures();
    view_scene_judge(&scene);
    scene.judgement.since_s = scene.reading.config_s;
    draw(true);
    char *to = text;
    for (const char *from = text; *from != '\0'; from++)
        if (*from >= SHEET_STYLES)
            *to++ = *from;
    *to = '\0';
    cr_expect_str_eq(text, WELL);
}

static const char TROUBLE[] =
    "penstock on ns1: LOOK.                              26 Nov 2026 03:12:40 UTC\n"
    "\n"
    "  Clients are answered. Four things need you, none of them tonight.\n"
    "  Like this since 02:41 (31 minutes). Up for 12 days 4 hours.\n"
    "  99.96 % answered of the queries that no rule turned away, last 5 minutes.\n"
    "\n"
    "1 TODAY       north has been refused since 02:41: no pin matches its key.\n"
    "  It is asked nothing. south and harbour do its work. It shows\n"
    "      sha256//KXK7CVKb5DJ7xBJbpO07hM0bZK32RI3WJG22BE2W3y0=\n"
    "  Either its operator changed keys, or somebody intercepts the connection.\n"
    "  Compare with what the operator publishes. If it is theirs, put it in\n"
    "  \"pins\", then\n"
    "      penstock --check && penstockctl reload\n"
    "  If not, leave it refused, and ask who could be in the path.\n"
    "\n"
    "2 THIS WEEK   south shows its backup key (pin 2 of 2) since 24 Nov 14:05.\n"
    "  No spare pin is behind it: its next change of key is an outage of south.\n"
    "  Get the operator's next backup pin and put it behind the two.\n"
    "\n"
    "3 BY 2 DEC    harbour: its certificate ends in 6 days, 2 Dec 05:59 UTC.\n"
    "  Mostly operators renew by themselves. If it ends, only south is left.\n"
    "\n"
    "4 IF IT LASTS 203.0.113.0/24 is over its limit since 03:04: 18.5 /s turned\n"
    "  away, half of it told to ask over TCP. Everybody else is served. If it is\n"
    "  one of yours and honest, see rates.ipv4 and rates.exempt.\n"
    "\n"
    "Upstreams           share    answer      failed  key         certificate\n"
    "  south    in use    61 %   11.8 ms    0.0 /min  pin 2/2, last   71 days\n"
    "  harbour  in use    39 %   14.6 ms    0.2 /min  pin 1/2          6 days\n"
    "  north    refused    0 %         -   12.0 /min  none of 2             -\n"
    "\n"
    "412.5 queries/s, 73.4 % from the cache, half in 0.10 ms, 99 of 100 in 41.0 ms.\n";

static uint64_t
ago(uint64_t seconds)
{
    return VIEW_SCENE_NOW_US - seconds * VIEW_SCENE_S;
}

Test(draw_status, trouble)
{
    struct reading *r = &scene.reading;
    view_scene_begin(&scene);
    r->of_upstream[0].state = STATS_UPSTREAM_REFUSED;
    r->of_upstream[0].cause = STATS_CAUSE_PIN;
    r->of_upstream[0].changed_us = ago(31 * 60);
    r->of_upstream[0].connections = 0;
    snprintf(r->of_upstream[0].shows, sizeof r->of_upstream[0].shows,
             "sha256//KXK7CVKb5DJ7xBJbpO07hM0bZK32RI3WJG22BE2W3y0=");
    r->of_upstream[1].pin_seen = 2;
    r->of_upstream[1].pin_changed_us = ago(86400 + 13 * 3600 + 7 * 60);
    r->of_upstream[2].valid_days = 7;
    r->of_upstream[2].ends_s = VIEW_SCENE_NOW_WALL + 6 * 86400 + 2 * 3600 + 46 * 60 + 40;
    snprintf(r->network, sizeof r->network, "203.0.113.0/24");
    view_scene_figures(&scene);
    f->share = 9996;
    f->cached_share = 7340;
    f->over_limit = f->over_limit_minute = 18500;
    f->parts[WHY_PART_LIMIT_TCP] = 9300;
    f->parts[WHY_PART_LIMIT] = 9200;
    set_upstream(0, 0, 12000);
    set_upstream(1, 6100, 0);
    set_upstream(2, 3900, 200);
    scene.judge.watches[JUDGE_NETWORK][0].holds[JUDGE_LOOK] = true;
    scene.judge.watches[JUDGE_NETWORK][0].begun_us[JUDGE_LOOK] = ago(8 * 60);
    view_scene_judge(&scene);
    cr_expect_str_eq(draw(false), TROUBLE, "\n%s", text);
}

Test(draw_status, just_started)
{
    begin();
    scene.reading.started_us = ago(60);
    for (unsigned i = 0; i < 3; i++) {
        scene.reading.of_upstream[i] = (struct reading_upstream){.pins = 2, .has_pins = true};
        snprintf(scene.reading.of_upstream[i].name, 64, "upstream%u", i);
    }
    view_scene_figures(&scene);
    f->is_whole = false;
    f->span_s = 60;
    f->queries = f->queries_count = 0;
    f->share = f->cached_share = f->half_us = f->most_us = NUMBER_NONE;
    view_scene_judge(&scene);
    draw(false);
    cr_expect_not_null(strstr(text, "No query came in 1 minute. All three upstreams can be asked.\n"
                                    "  Nothing needs you.\n"),
                       "%s", text);
    cr_expect_not_null(strstr(text, "  Well, as far as 1 minute can tell. Up for 1 minute.\n"));
    cr_expect_not_null(strstr(text, "Last 1 minute\n"));
    cr_expect_not_null(strstr(text, "  answered            -         of those"), "%s", text);
    cr_expect_not_null(
        strstr(text, "  upstream0  not asked yet      -         -           -  -           -\n"),
        "%s", text);
}

Test(draw_status, figures_that_are_old_are_not_shown)
{
    begin();
    well_figures();
    scene.reading.age_us = 240 * VIEW_SCENE_S;
    view_scene_judge(&scene);
    draw(false);
    cr_expect_not_null(strstr(text, "penstock on ns1: ACT."), "%s", text);
    cr_expect_not_null(strstr(text, "The figures are 4 minutes old"), "%s", text);
    cr_expect_null(strstr(text, "Upstreams"));
    cr_expect_null(strstr(text, "412.5"));
}

/* However long names are, lines stay within 80 columns. */
Test(draw_status, no_line_is_longer_than_a_terminal)
{
    begin();
    for (unsigned i = 0; i < 3; i++) {
        scene.reading.of_upstream[i] = view_scene_upstream(
            "a-name-that-is-as-long-as-the-configuration-permits-it-to-be", 2, 5, 1);
        scene.reading.of_upstream[i].state = i == 0 ? STATS_UPSTREAM_UNASKED : STATS_UPSTREAM_DOWN;
        scene.reading.of_upstream[i].cause = STATS_CAUSE_CERTIFICATE;
    }
    view_scene_figures(&scene);
    well_figures();
    f->stale_count = f->dropped_count = f->full_count = 123456789;
    f->failed_count = f->failed_minute_count = 1000000;
    f->share = f->share_minute = 1234;
    view_scene_judge(&scene);
    draw(false);
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
        if (line[0] != 'p' && strstr(line, "penstock pin") == NULL) /* host and names stand there */
            cr_expect_leq(sheet_width(line), 80, "%s", line);
}
