/* ctl_show.h - what penstockctl says, as text
 * SPDX-License-Identifier: ISC
 *
 * What: pages and tables for a terminal or a pipe. Text is made whole and then written, so that
 *       nothing of a library's output is needed in the jail.
 * Who:  penstockctl.
 * Ref:  penstockctl(8).
 */
#pragma once

#include "base/status.h"
#include "view/draw_top.h"
#include "view/judge.h"
#include "view/stages.h"

#include <stdbool.h>
#include <stddef.h>

#define CTL_SHOW_MAX 65536 /* octets of the largest text */

struct ctl_show {    /* of standard output */
    bool is_plain;   /* ASCII only: a pipe, NO_COLOR, such a TERM, or a locale without UTF-8 */
    bool has_styles; /* a terminal, and not plain */
    unsigned width, height; /* from ctl_show_size() */
};

/**
 * @param is_terminal  where it goes to
 * @param no_color     value of NO_COLOR, or NULL; any value but "" counts
 * @param term         value of TERM, or NULL; without one, or with dumb or vt52, nothing is known of
 *                     styles
 * @param locale       of LC_ALL, LC_CTYPE or LANG: the first that is set and not empty, or NULL
 */
struct ctl_show ctl_show_how(bool is_terminal, const char *no_color, const char *term,
                             const char *locale);

/** Write text to a descriptor, styles as the terminal wants them. @return STATUS_OK; STATUS_SYSTEM. */
MUST_CHECK enum status ctl_show_write(int fd, const char *text);

/** The status page. */
void ctl_show_status(const struct figures *figures, const struct judgement *judgement,
                     struct ctl_show how, char text[CTL_SHOW_MAX]);

/**
 * How large a frame of the live view is.
 *
 * @param fd       where it goes to: a terminal knows its size; of something else it is 80 by 24
 * @param columns  value of COLUMNS, @param lines  of LINES, or NULL: numbers up to 999 go before that
 * @param how      its width and height are written
 */
void ctl_show_size(int fd, const char *columns, const char *lines, struct ctl_show *how);

/** One frame of the live view. */
void ctl_show_top(const struct figures *figures, const struct judgement *judgement,
                  const struct draw_top_view *view, struct ctl_show how, char text[CTL_SHOW_MAX]);

/** Every counter since the start with its sentence, and how long each stage took. */
void ctl_show_stats(const struct reading *reading, const struct stages *stages,
                    char text[CTL_SHOW_MAX]);

/** The table of upstreams. @param addresses  by index; "": not told */
void ctl_show_upstreams(const struct figures *figures, char addresses[STATS_UPSTREAMS][64],
                        char text[CTL_SHOW_MAX]);

/** Is the service alive? @return NULL: it is; else why not. Static text. */
const char *ctl_show_ailment(const struct reading *reading);
