/* exporter_link.h - the connection to a service that may go and come back
 * SPDX-License-Identifier: ISC
 *
 * What: asks the process that connects (exporter_dial.h) for a connection where there is none, not
 *       too often, and greets the service. Why there is none is told in the log once.
 * Who:  exporter: who serves, and who tells events.
 * Ref:  docs/LIMITS.md "exporter".
 */
#pragma once

#include "control/control_client.h"
#include "exporter/exporter_dial.h"

#define EXPORTER_LINK_RETRY_MS 2000 /* between two connections */
#define EXPORTER_LINK_WAIT_MS  300  /* for an answer that the service gives at once */

struct exporter_link { /* zeroed, then exporter_link_begin() */
    const char *path;  /* of the control socket */
    int dial_fd;       /* to exporter_dial.h; -1: nobody connects for us */
    bool is_asking;    /* a connection was asked for, and the answer has not come */
    uint64_t asked_us; /* monotonic: when; 0: never */
    struct control_client client;
    char trouble[CONTROL_CLIENT_ERROR_MAX]; /* why there is no connection; "": there is one */
};

/** @param path  borrowed for its whole life */
void exporter_link_begin(struct exporter_link *link, const char *path, int dial_fd);

/** Ask for a connection where there is none and it is time.
 *  @return STATUS_OK; STATUS_CLOSED: nobody is there any more who connects */
MUST_CHECK enum status exporter_link_turn(struct exporter_link *link, uint64_t now_us);

/** When exporter_link_turn() has something to do, monotonic; UINT64_MAX: not by itself. */
uint64_t exporter_link_next_us(const struct exporter_link *link);

/** What came of asking for it. @return STATUS_OK: there is a connection now; STATUS_AGAIN: none */
MUST_CHECK enum status exporter_link_take(struct exporter_link *link,
                                          const struct exporter_dial_answer *answer);

/** A socket that was connected is the connection from now on. @return STATUS_OK; STATUS_AGAIN */
MUST_CHECK enum status exporter_link_greet(struct exporter_link *link, int fd);

/** It does what is asked for: the next trouble is told, whatever it is. */
void exporter_link_works(struct exporter_link *link);

/** It does not, and stays open: told once. */
void exporter_link_note(struct exporter_link *link, const char *trouble);

/** It is of no more use: closed, and told once. */
void exporter_link_lost(struct exporter_link *link, const char *trouble);
