/* ctl_screen.h - the terminal of the live view
 * SPDX-License-Identifier: ISC
 *
 * What: lines with styles go onto it; keys, another size and signals come from it. The one place
 *       that knows curses. Signals are read from a descriptor, so no handler runs.
 * Who:  ctl_top. Opened before the jail: what describes a terminal is in files.
 * Ref:  curses(3), signalfd(2); seccomp/top.def.
 */
#pragma once

#include "base/status.h"

#include <stdbool.h>

/* Keys that are no character. */
enum ctl_screen_key {
    CTL_SCREEN_ESCAPE = 27,
    CTL_SCREEN_UP = 256,
    CTL_SCREEN_DOWN,
    CTL_SCREEN_PAGE_UP,
    CTL_SCREEN_PAGE_DOWN,
    CTL_SCREEN_HOME,
};

enum ctl_screen_event {
    CTL_SCREEN_NOTHING, /* in that time */
    CTL_SCREEN_KEY,
    CTL_SCREEN_CHANGED, /* another size, or it was stopped: draw again */
    CTL_SCREEN_END,     /* it has gone, or a signal ends us */
};

struct ctl_screen {
    void *terminal; /* of curses; NULL: closed */
    int signals;    /* signalfd */
    bool is_plain;  /* ASCII only, no styles */
    unsigned width, height;
};

/**
 * Take over the terminal.
 *
 * @param is_plain     wanted; it is plain also where characters of ours are two columns wide
 * @param what_failed  written on failure: static text
 * @return STATUS_OK; STATUS_INVALID: standard input and output are no terminal, or one that nobody
 *         knows; STATUS_SYSTEM
 */
MUST_CHECK enum status ctl_screen_open(struct ctl_screen *screen, bool is_plain,
                                       const char **what_failed);

/** As it was before. May be called twice. */
void ctl_screen_close(struct ctl_screen *screen);

/** Show these lines, styles of view/sheet.h among them; what does not fit is left out. */
void ctl_screen_draw(struct ctl_screen *screen, const char *text);

/** Wait for what comes. @param key  written for CTL_SCREEN_KEY: a character or enum ctl_screen_key */
enum ctl_screen_event ctl_screen_wait(struct ctl_screen *screen, int timeout_ms, int *key);
