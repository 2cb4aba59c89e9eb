/* control_client.h - the side of a client of the control socket
 * SPDX-License-Identifier: ISC
 *
 * What: connect, ask, and have the pages mapped for reading. Each call that waits has a bound. What
 *       the service sends is judged: messages by their form, pages by their seals and sizes.
 * Who:  penstockctl, and whoever else looks at a running service.
 * Ref:  src/control/control.def, lane/service_page.h.
 */
#pragma once

#include "control/control_message.h"
#include "lane/events.h"
#include "lane/service_page.h"

#include <stdbool.h>

#define CONTROL_CLIENT_ERROR_MAX 640 /* one sentence, with its NUL */
#define CONTROL_CLIENT_WATCHES   4 /* times that the pages are asked for, while they are replaced */

struct control_client {
    int fd; /* -1: none */
    enum control_right right;
    char version[SERVICE_PAGE_VERSION_MAX];
    char error[CONTROL_CLIENT_ERROR_MAX]; /* why the last call failed, and what to do */
};

struct control_pages { /* all zero: none yet */
    struct service_page_set of;
    uint32_t generation; /* of these pages */
};

struct control_events {                                 /* all zero: none yet; mapped read-only */
    const struct events_memory *of[SERVICE_PAGE_LANES]; /* NULL: no front of this lane served */
    uint32_t numbers[SERVICE_PAGE_LANES];               /* another memory has another number */
    uint32_t generation; /* of the pages that came with it: another one, ask again */
};

/** Connect, and hear what we may do. @return STATUS_OK; else `error`, and there is no connection. */
MUST_CHECK enum status control_client_open(struct control_client *client, const char *path,
                                           int timeout_ms);

/**
 * The same of a socket that somebody else connected.
 *
 * @param fd    taken over: closed where this fails
 * @param path  named in `error`
 */
MUST_CHECK enum status control_client_greet(struct control_client *client, int fd, const char *path,
                                            int timeout_ms);

/** May be called twice. */
void control_client_close(struct control_client *client);

/**
 * Ask, and wait for what the service sends first: the answer, or one of several before it.
 *
 * @param request  a type that clients send, with its fields
 * @param answer   written
 * @return STATUS_OK: `answer` is of another type than FAILED; STATUS_NONE: it is FAILED, its text
 *         in `error`; STATUS_AGAIN: no answer in time; STATUS_CLOSED, STATUS_INVALID,
 *         STATUS_SYSTEM: the connection is of no more use; each with `error`.
 */
MUST_CHECK enum status control_client_ask(struct control_client *client,
                                          const struct control_message *request,
                                          struct control_message *answer, int timeout_ms);

/** Wait for the next message of an answer that has several; as control_client_ask(). */
MUST_CHECK enum status control_client_next(struct control_client *client,
                                           struct control_message *answer, int timeout_ms);

/**
 * Is the service still there? It sends nothing unasked. Waits for nothing.
 * @return STATUS_OK; else as control_client_ask()
 */
MUST_CHECK enum status control_client_check(struct control_client *client);

/**
 * Have the pages mapped, in place of those that were. A service of another version is refused: its
 * pages mean something else.
 * @param timeout_ms  for all of them together
 * @return STATUS_OK; else as control_client_ask(), and `pages` are those from before.
 */
MUST_CHECK enum status control_client_watch(struct control_client *client,
                                            struct control_pages *pages, int timeout_ms);

/** Are these not all pages of the service any more? Then watch again. */
bool control_client_is_stale(const struct control_pages *pages);

/** Unmap them. */
void control_client_forget(struct control_pages *pages);

/** Have the memory of events mapped. @param events  written: maps of its own, even of memory that is
 *  mapped already; all zero on failure. @return as control_client_ask(); STATUS_NONE: events are
 *  off, or not for us. */
MUST_CHECK enum status control_client_watch_events(struct control_client *client,
                                                   struct control_events *events, int timeout_ms);

/** Unmap one, if it is mapped. @param memory  written: NULL */
void control_client_forget_events(const struct events_memory **memory);
