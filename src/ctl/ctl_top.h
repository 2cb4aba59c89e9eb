/* ctl_top.h - the live view: readings at a pace, keys, and what is shown
 * SPDX-License-Identifier: ISC
 *
 * What: reads, draws, waits for a key or the next reading. Where the service has gone it keeps the
 *       last figures, says so, and connects again.
 * Who:  penstockctl.
 * Ref:  view/draw_top.h, penstockctl(8).
 */
#pragma once

#include "ctl/ctl_gather.h"
#include "ctl/ctl_screen.h"
#include "ctl/ctl_show.h"
#include "view/draw_top.h"

struct ctl_top {
    struct draw_top_view view;
    bool is_due;          /* a reading is asked for */
    bool is_no_operator;  /* it was refused to tell of networks */
    uint64_t networks_ms; /* when fronts were asked last, monotonic; 0: never */
    char networks[CTL_SHOW_MAX];
    bool is_ended; /* by a key */
};

/** @param interval_s  1..CTL_OPTIONS_INTERVAL_S_MAX */
void ctl_top_begin(struct ctl_top *top, unsigned interval_s);

/** What a key does. @param figures  those that are shown; @param key  as from ctl_screen_wait() */
void ctl_top_press(struct ctl_top *top, int key, const struct figures *figures);

/**
 * Go on until a key or a signal ends it.
 *
 * @param gather  connected; @param socket  its path, to connect again
 * @return STATUS_OK; else as ctl_gather_read(), of the first reading
 */
MUST_CHECK enum status ctl_top_run(struct ctl_top *top, struct ctl_gather *gather,
                                   struct ctl_screen *screen, const char *socket);
