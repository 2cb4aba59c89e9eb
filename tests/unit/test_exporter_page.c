/* test_exporter_page.c - the status page: drawn at most once in ten seconds, and not to be kept
 * SPDX-License-Identifier: ISC
 */
#include "view_scene.h"

#include "exporter/exporter_page.h"

#define NOW_US UINT64_C(5000000000)

static struct view_scene scene;
static struct sight sight;
static struct exporter_page page;
static struct http_request request;
static struct http_reply reply;

static void
begin(void)
{
    view_scene_begin(&scene);
    sight.reading = scene.reading;
    figures_make(&sight.figures, &sight.reading, &sight.chronicle.history);
    memset(&page, 0, sizeof page);
    exporter_page_begin(&page);
}

static const char *
get(bool has_sight, const char *query, uint64_t later_us)
{
    snprintf(request.query, sizeof request.query, "%s", query);
    exporter_page_answer(&page, has_sight ? &sight : NULL, NOW_US + later_us,
                         VIEW_SCENE_NOW_WALL + later_us / 1000000, &request, &reply);
    return reply.body;
}

Test(exporter_page, is_drawn_once_in_ten_seconds_whoever_asks)
{
    begin();
    cr_expect_not_null(strstr(get(true, "", 0), "03:12:40 UTC</b>"));
    cr_expect_not_null(strstr(get(true, "", 9999999), "03:12:40 UTC</b>"));
    cr_expect_not_null(strstr(get(true, "x=1", 9999999), "03:12:40 UTC</b>"));
    cr_expect_not_null(strstr(get(true, "", 10000000), "03:12:50 UTC</b>"));
}

Test(exporter_page, held_still_is_another_page)
{
    begin();
    cr_expect_not_null(strstr(get(true, "", 0), "http-equiv=\"refresh\""));
    cr_expect_null(strstr(get(true, "hold", 0), "http-equiv=\"refresh\""));
    cr_expect_not_null(strstr(get(true, "", 1), "http-equiv=\"refresh\""));
}

Test(exporter_page, a_service_that_comes_is_shown_at_once)
{
    begin();
    cr_expect_not_null(strstr(get(false, "", 0), "The service cannot be asked."));
    cr_expect_eq(reply.code, 503);
    cr_expect_null(strstr(get(true, "", 1), "The service cannot be asked."));
    cr_expect_eq(reply.code, 200);
}

Test(exporter_page, its_head_says_what_a_browser_may_do)
{
    begin();
    get(true, "", 0);
    http_reply_end(&reply, VIEW_SCENE_NOW_WALL);
    cr_expect_not_null(strstr(reply.head, "\r\nContent-Type: text/html; charset=utf-8\r\n"));
    cr_expect_not_null(strstr(reply.head, "\r\nCache-Control: no-store\r\n"));
    cr_expect_not_null(strstr(reply.head, "\r\nX-Content-Type-Options: nosniff\r\n"));
    cr_expect_not_null(strstr(reply.head, "\r\nReferrer-Policy: no-referrer\r\n"));
    cr_expect_not_null(strstr(reply.head, "\r\nX-Frame-Options: DENY\r\n"));
    cr_expect_not_null(strstr(reply.head, draw_page_policy()));
    cr_expect_eq(strcmp(reply.head + strlen(reply.head) - 4, "\r\n\r\n"), 0);
}
