/* draw_page.h - the status page in HTML
 * SPDX-License-Identifier: ISC
 *
 * What: all of it in one piece of text, without a script: what a browser of any width shows, by day
 *       and by night, and what reads it aloud. It draws what was judged and judges nothing. No
 *       client, no network and no address stands on it, nor the key that an upstream shows.
 * Who:  penstock-exporter. Pure.
 * Ref:  docs/VIEW.md; HTML Living Standard; SVG 2; Content Security Policy Level 3.
 */
#pragma once

#include "base/status.h"
#include "view/draw_page_head.h"

#define DRAW_PAGE_MAX                                                                              \
    98304 /* octets, with its NUL: 16 upstreams with all that can be said of them */

/** What a browser may do with the page, as the value of Content-Security-Policy. Static text. */
const char *draw_page_policy(void);

/**
 * The page.
 *
 * @param to  from markup_begin(), with DRAW_PAGE_MAX octets
 * @return STATUS_OK; STATUS_FULL: it had no room, so that `to` has a page that says that and how it
 *         is; where not even that fits, the text is empty
 */
MUST_CHECK enum status draw_page(const struct figures *figures, const struct judgement *judgement,
                                 const struct draw_page_when *when, struct markup *to);

/**
 * The page while there is nothing to draw, because the service cannot be asked.
 *
 * @param read_s  since 1970: when it could last; 0: it never could
 * @return as above
 */
MUST_CHECK enum status draw_page_unreached(uint64_t read_s, const struct draw_page_when *when,
                                           struct markup *to);
