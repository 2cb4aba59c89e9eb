/* pin_look.h - look at a server's certificates once, for `penstock pin`
 * SPDX-License-Identifier: ISC
 *
 * What: one handshake with a server; its certificates and what the policy says of them go to the
 *       supervisor as PIN_SEEN messages.
 * Who:  worker process that was told PIN_LOOK; it serves nobody and exits.
 */
#pragma once

#include "worker/tls_session.h"
#include "worker/worker.h"

#define PIN_LOOK_MS 5000 /* connect and handshake */

struct pin_look { /* all zero: its start */
    struct evloop loop;
    struct ev_source socket;
    struct tls_session *session;
    enum tls_result result;
    const char *trouble;                    /* NULL: none */
    const struct config_upstream *upstream; /* whose policy decides; NULL: none does */
};

/**
 * Take up what is needed, before the sandbox. Fatal where that fails.
 *
 * @param worker  with a configuration if `ask` names an upstream: its policy decides, by the same
 *                functions as in service
 * @param ask     PIN_LOOK: the upstream's index, or IPC_NO_POLICY and a TLS name
 */
void pin_look_prepare(struct pin_look *look, const struct worker *worker,
                      const struct ipc_message *ask);

/** Report each certificate by PIN_SEEN over CHAN_FD, then depth 255: which pin vouches, or what
 * went wrong. @param fd  connecting socket, given away. @return the exit code. */
int pin_look(struct pin_look *look, int fd);
