/* ipc.h - the control messages between supervisor and children
 * SPDX-License-Identifier: ISC
 *
 * What: encoding and strict decoding, as values. Descriptors travel beside the bytes (os/chan.h).
 * Who:  supervisor, front, worker. Pure. Each side takes the other for hostile.
 * Ref:  src/ipc/messages.def.
 */
#pragma once

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

#define IPC_MESSAGE_MAX 640 /* bytes of the largest message */
#define IPC_FDS_MAX     3   /* descriptors with one message */
#define IPC_TEXT_MAX    512 /* a log line or certificate subject, with its NUL */
#define IPC_REPORT_MAX  136 /* numbers of a report */
#define IPC_NO_POLICY   UINT32_MAX
#define IPC_HANDED_MS   5000 /* STOP after READING 0: for TCP connections to come to their end */

/* No errno: the upstream is left alone for a while, see lane/avoid.h. */
#define IPC_ERROR_AVOIDED UINT32_MAX

enum ipc_type {
#define MESSAGE(name, number, fds_min, fds_max, fields, supervisor, front, worker, text)           \
    IPC_##name = (number),
#include "ipc/messages.def"
#undef MESSAGE
};

enum ipc_socket_kind { IPC_SOCKET_UDP = 1, IPC_SOCKET_TCP = 2 };

enum ipc_list { IPC_LIST_BLOCK, IPC_LIST_ALLOW, IPC_LISTS }; /* of names */

/* When a child takes a message: its column in messages.def is a set of these. */
enum ipc_when {
    IPC_FIRST = 1, /* before its CONFIG */
    IPC_BEGIN = 2, /* from there up to START */
    IPC_SERVE = 4, /* after that: it was READY, or will be */
};

/* Fields that a type does not use are zero; on the wire they are absent. */
struct ipc_message {
    enum ipc_type type;
    uint32_t lane; /* CONFIG */
    /* CONFIG, RELOAD, RELOADED: configuration number; RING, RING_END: ring number */
    uint32_t epoch;
    /* RING: data bytes of the ring front → worker, and of the one back, which lies behind it */
    uint32_t ring_query_bytes, ring_answer_bytes;
    /* LISTENER: in config.listen; UPSTREAM_*: in config.upstreams; LIST: enum ipc_list; PIN_LOOK:
     * whose policy decides, IPC_NO_POLICY: none; PIN_SEEN, end: 1: look once more, in TLS 1.2 alone */
    uint32_t index;
    /* UPSTREAM_*: the worker's name for the connection; PIN_LOOK: bits of TLS versions, 0: those of
     * the policy; FLUSH, FLUSHED, LIMITS, NETWORKS, REPORT: the supervisor's name for it */
    uint32_t tag;
    uint32_t count; /* FLUSHED: responses dropped */
    /* UPSTREAM_SOCKET: errno, IPC_ERROR_AVOIDED or 0; RELOADED: 0 taken up, 1 refused; RING_END: 0
     * its worker had been told to end, 1 it died */
    uint32_t error;
    uint32_t cost_us; /* UPSTREAM_DEAR: CPU time of the handshake */
    uint8_t kind;     /* LISTENER: enum ipc_socket_kind; PIN_SEEN: depth (0 leaf), 255 end */
    uint8_t level;    /* LOG, LEVEL: enum log_level */
    uint8_t event;    /* LOG: enum log_event */
    uint8_t below;    /* FLUSH: 1: with all names below it */
    uint8_t reads;    /* READING: whether the front reads its listening sockets */
    /* UPSTREAM_KEY, PIN_SEEN: SHA-256 of the SubjectPublicKeyInfo; end: of the key whose pin vouches, zeros: none
     * does or none was asked for */
    uint8_t pin[32];
    /* NUL-terminated. LOG: the line; FLUSH: the name; LIMITS: the address; PIN_LOOK: TLS name; READY: the TLS library and its version, ""
     * of a front; PIN_SEEN: subject and validity; end: why not, or "" */
    char text[IPC_TEXT_MAX];
    uint32_t report[IPC_REPORT_MAX]; /* REPORT: what is asked for says what they mean */
};

/** @return bytes written at `to` (room IPC_MESSAGE_MAX) */
size_t ipc_encode(const struct ipc_message *message, uint8_t to[IPC_MESSAGE_MAX]);

enum ipc_side { IPC_FROM_SUPERVISOR, IPC_FROM_CHILD };

/**
 * @param bytes    borrowed, `size` bytes from the peer
 * @param fds      how many descriptors came with them
 * @param sender   who the peer is; a type that only its own side takes is refused
 * @param message  written; zeroed on failure
 * @return STATUS_OK; STATUS_INVALID: the peer broke the contract. Control characters and octets
 *         over 126 in a text arrive as '?'.
 */
MUST_CHECK enum status ipc_decode(const uint8_t *bytes, size_t size, size_t fds,
                                  enum ipc_side sender, struct ipc_message *message);

/** "READY"; "unknown" for what is no type. */
const char *ipc_type_text(enum ipc_type type);
