/* exporter_page.h - the status page, drawn at most once in ten seconds
 * SPDX-License-Identifier: ISC
 *
 * What: what everybody gets who asks for the page, whoever asked first; one that loads itself again
 *       and one that is held still ("?hold").
 * Who:  exporter. Pure: the time is an argument.
 * Ref:  view/draw_page.h, docs/VIEW.md.
 */
#pragma once

#include "exporter/http_reply.h"
#include "exporter/http_request.h"
#include "view/draw_page.h"
#include "view/sight.h"

#define EXPORTER_PAGE_STEP_MS 10000 /* for so long the same octets are served */

struct exporter_page { /* zeroed, then exporter_page_begin() */
    struct {
        uint64_t drawn_us; /* monotonic; 0: never */
        bool has_sight;    /* there was something to draw, */
        bool is_whole;     /* and it had room */
        char text[DRAW_PAGE_MAX];
    } held[2];                          /* by whether it is */
    char fields[HTTP_REPLY_FIELDS_MAX]; /* of the answer's head: what a browser may do with it */
};

void exporter_page_begin(struct exporter_page *page);

/**
 * Answer with the page: 200; 503 if there is no service to show, or no room for all of it.
 *
 * @param sight   what there is to draw; NULL: the service could never be asked
 * @param now_us  monotonic, @param now_s  since 1970
 */
void exporter_page_answer(struct exporter_page *page, const struct sight *sight, uint64_t now_us,
                          uint64_t now_s, const struct http_request *request,
                          struct http_reply *reply);
