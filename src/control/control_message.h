/* control_message.h - the messages of the control socket, as values
 * SPDX-License-Identifier: ISC
 *
 * What: encoding and strict decoding. Descriptors travel beside the bytes (os/peer.h).
 * Who:  the supervisor, and clients of its control socket. Pure. Each side takes the other for
 *       hostile.
 * Ref:  src/control/control.def.
 */
#pragma once

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

#define CONTROL_MESSAGE_MAX 640 /* bytes of the largest message */
#define CONTROL_TEXT_MAX    512 /* a sentence, with its NUL */
#define CONTROL_REPORT_MAX  136 /* numbers of a report: IPC_REPORT_MAX */
#define CONTROL_LEVEL_MIN   3   /* LOG_NOTICE */
#define CONTROL_LEVEL_MAX   5   /* LOG_DEBUG */

enum control_type {
#define MESSAGE(name, number, fds, who, fields, text) CONTROL_##name = (number),
#include "control/control.def"
#undef MESSAGE
};

enum control_right { /* what somebody may do, each including the one before */
                     CONTROL_NOTHING,
                     CONTROL_READER,
                     CONTROL_OPERATOR,
                     CONTROL_EVENTS_READER, /* apart from the others: to read events */
                     CONTROL_OWNER, /* root and the service's own account; HELLO says OPERATOR */
};

enum control_page { CONTROL_SERVICE_PAGE = 1, CONTROL_STATS_PAGE = 2, CONTROL_HISTORY_PAGE = 3 };

enum control_listener { CONTROL_LISTENER_UDP = 1, CONTROL_LISTENER_TCP, CONTROL_LISTENER_CONTROL };

/* Of what is handed over, how, and what it means: 2 since `programs` is of instructions, and not of
 * values of the configuration. */
#define CONTROL_TAKE_OVER_VERSION 2

/* Fields that a type does not use are zero; on the wire they are absent. */
struct control_message {
    enum control_type type;
    uint32_t lane, place;        /* PAGE; EVENTS_MEMORY, REPORT, SOCKET: lane */
    uint32_t lanes, programs;    /* HANDS_OVER */
    uint32_t index;              /* UPSTREAM, KEY; EVENTS_MEMORY: its number */
    uint32_t count;              /* DONE; TAKE_OVER: CONTROL_TAKE_OVER_VERSION */
    uint8_t right;               /* HELLO: enum control_right */
    uint8_t kind;                /* PAGE: enum control_page; SOCKET: enum control_listener */
    uint8_t secret[16];          /* HANDS_OVER */
    uint8_t level;               /* LEVEL: enum log_level */
    uint8_t below;               /* FLUSH: 1: with all names below it */
    char text[CONTROL_TEXT_MAX]; /* NUL-terminated */
    uint32_t report[CONTROL_REPORT_MAX]; /* REPORT: what was asked for says what they mean */
};

/** @return bytes written at `to` (room CONTROL_MESSAGE_MAX) */
size_t control_message_encode(const struct control_message *message,
                              uint8_t to[CONTROL_MESSAGE_MAX]);

enum control_side { CONTROL_FROM_CLIENT, CONTROL_FROM_SERVICE };

/**
 * @param bytes    borrowed, `size` bytes from the peer
 * @param fds      how many descriptors came with them
 * @param sender   who the peer is; what only the other side sends is refused
 * @param message  written; zeroed on failure
 * @return STATUS_OK; STATUS_INVALID: the peer broke the contract. Control characters and octets
 *         over 126 in a text arrive as '?'.
 */
MUST_CHECK enum status control_message_decode(const uint8_t *bytes, size_t size, size_t fds,
                                              enum control_side sender,
                                              struct control_message *message);

/** @param type  of a decoded message; @return its name in control.def, static */
const char *control_message_name(enum control_type type);

/** What a client must be allowed for a request. @param type  of a message that a client may send */
enum control_right control_message_needs(enum control_type type);
