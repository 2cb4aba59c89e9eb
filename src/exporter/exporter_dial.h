/* exporter_dial.h - the process that connects and opens for the one that serves or tells
 * SPDX-License-Identifier: ISC
 *
 * What: who talks HTTP, or reads events, has no socket(), no connect() and no open. When penstock was
 *       restarted, it asks its parent, which knows one path of a control socket, one output, and
 *       nothing else, and gets a connected socket, or what events are written to. SIGHUP has the
 *       parent open a file anew.
 * Who:  exporter: the parent serves, the child asks.
 * Ref:  seccomp/exporter_dial.def; docs/SANDBOX.md.
 */
#pragma once

#include "exporter/exporter_target.h"

#define EXPORTER_DIAL_WAIT_MS  2000 /* for room in the queue of the control socket */
#define EXPORTER_DIAL_PAUSE_MS 200  /* between two connections, whatever is asked for */

enum exporter_dial_what {
    EXPORTER_DIAL_CONTROL = 1, /* a connection to the control socket */
    EXPORTER_DIAL_OUTPUT,      /* what events are written to */
    EXPORTER_DIAL_ANEW,        /* the same, which nobody asked for */
};

struct exporter_dial_answer {
    enum exporter_dial_what what;
    int fd;    /* -1: none */
    int error; /* why there is none, an errno; 0 */
};

/**
 * The parent: open as often as is asked for, until the other side has ended.
 *
 * @param fd       our end of a SEQPACKET pair
 * @param path     of the control socket
 * @param target   what events are written to, prepared
 * @param signals  readable when the target is to be opened anew; -1
 */
void exporter_dial_serve(int fd, const char *path, const struct exporter_target *target,
                         int signals);

/** Connect to the control socket, once. @param fd  written: the caller's; -1. @return 0; an errno */
int exporter_dial_connect(const char *path, int *fd);

/** The child: ask for CONTROL or OUTPUT. @return STATUS_OK; STATUS_CLOSED; STATUS_AGAIN;
 *  STATUS_SYSTEM. */
MUST_CHECK enum status exporter_dial_ask(int fd, enum exporter_dial_what what);

/**
 * Take an answer.
 *
 * @param answer  written; its descriptor is the caller's
 * @return STATUS_OK: there is one, with a descriptor or without; STATUS_AGAIN: none yet;
 *         STATUS_CLOSED; STATUS_INVALID, STATUS_SYSTEM
 */
MUST_CHECK enum status exporter_dial_take(int fd, struct exporter_dial_answer *answer);
