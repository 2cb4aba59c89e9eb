/* exporter_listen.h - the sockets that the exporter serves at
 * SPDX-License-Identifier: ISC
 *
 * What: those that systemd hands in, or else those of the command line.
 * Who:  exporter, before it gives up what it has.
 * Ref:  sd_listen_fds(3).
 */
#pragma once

#include "base/addr.h"
#include "exporter/http_serve.h"

struct exporter_listen {
    int fds[HTTP_SERVE_LISTENERS];
    unsigned count;
    bool is_loopback; /* nobody but this machine can reach any of them */
    char error[256];  /* on failure: one line */
};

/**
 * Close every descriptor that is not meant for us, and have the sockets.
 *
 * @param addrs  of the command line; not looked at if sockets are handed in
 * @return STATUS_OK; STATUS_SYSTEM, STATUS_INVALID: `error` says why
 */
MUST_CHECK enum status exporter_listen_open(struct exporter_listen *listen,
                                            const struct addr addrs[], unsigned count);
