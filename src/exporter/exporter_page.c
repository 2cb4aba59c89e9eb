/* exporter_page.c - the status page, drawn at most once in ten seconds
 * SPDX-License-Identifier: ISC
 */
#include "exporter/exporter_page.h"

#include <stdio.h>
#include <string.h>

#define HTML "text/html; charset=utf-8"

void
exporter_page_begin(struct exporter_page *page)
{
    snprintf(page->fields, sizeof page->fields,
             "Content-Security-Policy: %s\r\nReferrer-Policy: no-referrer\r\n"
             "X-Frame-Options: DENY\r\n",
             draw_page_policy());
}

/* @return is it the whole page of a service? Else it says itself what it lacks. */
static bool
draw(struct exporter_page *page, const struct sight *sight, uint64_t now_s, bool is_held)
{
    struct markup markup;
    struct draw_page_when when = {.drawn_s = now_s, .is_held = is_held};
    markup_begin(&markup, page->held[is_held].text, sizeof page->held[is_held].text);
    enum status status = sight != NULL
                             ? draw_page(&sight->figures, &sight->judgement, &when, &markup)
                             : draw_page_unreached(0, &when, &markup);
    return sight != NULL && status == STATUS_OK;
}

void
exporter_page_answer(struct exporter_page *page, const struct sight *sight, uint64_t now_us,
                     uint64_t now_s, const struct http_request *request, struct http_reply *reply)
{
    bool is_held = strcmp(request->query, "hold") == 0, has_sight = sight != NULL;
    uint64_t drawn_us = page->held[is_held].drawn_us;
    if (drawn_us == 0 || page->held[is_held].has_sight != has_sight ||
        now_us >= drawn_us + EXPORTER_PAGE_STEP_MS * 1000U) {
        page->held[is_held].is_whole = draw(page, sight, now_s, is_held);
        page->held[is_held].drawn_us = now_us;
        page->held[is_held].has_sight = has_sight;
    }
    http_reply_begin(reply, page->held[is_held].is_whole ? 200 : 503, HTML);
    reply->fields = page->fields;
    http_reply_add(reply, "%s", page->held[is_held].text);
}
