/* peer.h - a Unix socket by whose other end somebody is who is not our child
 * SPDX-License-Identifier: ISC
 *
 * What: SEQPACKET, one datagram a message; the service's end never waits and takes no descriptor.
 * Who:  supervisor (control socket); its clients.
 * Ref:  unix(7) SO_PEERCRED, SO_PEERGROUPS, SCM_RIGHTS.
 */
#pragma once

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

#define PEER_GROUPS_MAX   256  /* supplementary groups that are looked at: with more, none is */
#define PEER_OUTPUT_BYTES 8192 /* SO_SNDBUF: some ten messages that the other side has not read */

struct peer_who { /* as the kernel noted when it connected */
    uint32_t uid, gid;
    int pid;
    uint32_t groups[PEER_GROUPS_MAX];
    size_t groups_count;
};

/**
 * Take a connection: non-blocking, close-on-exec, and what it may leave unread is bounded.
 * @return STATUS_OK; STATUS_AGAIN: there is none; STATUS_SYSTEM.
 */
MUST_CHECK enum status peer_accept(int listener, int *fd);

/** Who is the other side? @return STATUS_OK; STATUS_SYSTEM. */
MUST_CHECK enum status peer_identify(int fd, struct peer_who *who);

/**
 * The service's end: take one message. A descriptor that comes with it is never ours, not for a
 * moment, since even closing one could make us wait.
 * @return STATUS_OK; STATUS_AGAIN; STATUS_CLOSED; STATUS_INVALID: too long, or with a descriptor;
 *         STATUS_SYSTEM.
 */
MUST_CHECK enum status peer_receive(int fd, uint8_t *bytes, size_t room, size_t *size);

/**
 * Send one message without waiting, with a copy of `passed` unless that is -1.
 * @return STATUS_OK; STATUS_AGAIN: no room; STATUS_CLOSED; STATUS_SYSTEM.
 */
MUST_CHECK enum status peer_send(int fd, const uint8_t *bytes, size_t size, int passed);

/**
 * A client's end: connect.
 * @param timeout_ms  at least 1
 * @return STATUS_OK; STATUS_AGAIN: the listener's queue stayed full so long; STATUS_SYSTEM (errno);
 *         STATUS_INVALID: no path that a socket can have.
 */
MUST_CHECK enum status peer_connect(const char *path, int timeout_ms, int *fd);

/**
 * A client's end: wait for one message, and for the descriptor that may come with it (-1: none).
 * @return STATUS_OK; STATUS_AGAIN: not within `timeout_ms`; STATUS_CLOSED; STATUS_INVALID: too long,
 *         or more than one descriptor, which were closed; STATUS_SYSTEM.
 */
MUST_CHECK enum status peer_await(int fd, uint8_t *bytes, size_t room, size_t *size, int *passed,
                                  int timeout_ms);
