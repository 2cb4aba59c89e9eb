/* pin.h - `penstock pin`: one look at an upstream's certificates
 * SPDX-License-Identifier: ISC
 *
 * What: dials, lets a jailed worker shake hands with the server, and prints the keys of the chain
 *       as configuration to paste; or compares them with the pins that are configured. A look
 *       proves nothing: who sits between us and the server shows his own keys. The output says so.
 * Who:  supervisor, instead of serving.
 * Ref:  RFC 7858 section 4.2.
 */
#pragma once

#include "ipc/ipc.h"
#include "supervisor/options.h"
#include "supervisor/supervisor.h"

#define PIN_DIAL_MS      5000
#define PIN_WAIT_MS      10000 /* handshake and messages, until the worker is killed */
#define PIN_CERTIFICATES 16    /* of one chain at most */

struct pin_seen { /* one certificate */
    uint8_t pin[CONFIG_PIN_BYTES];
    char text[IPC_TEXT_MAX]; /* subject and validity, cleaned by ipc_decode() */
};

struct pin_chain {
    struct pin_seen seen[PIN_CERTIFICATES]; /* the server's own first */
    unsigned count;
    bool complete;                     /* the end of the list was seen */
    bool wants_12;                     /* to be looked at once more, in TLS 1.2 alone */
    uint8_t vouches[CONFIG_PIN_BYTES]; /* the pin by which a policy trusts the server, or zeros */
    char problem[IPC_TEXT_MAX];        /* what the worker says went wrong, or "" */
};

struct pin_ask { /* what to look at, and how to judge it */
    const struct addr *address;
    const char *tls_name;        /* without policy: SNI, or "" */
    uint32_t index;              /* of the upstream whose policy decides; IPC_NO_POLICY: none */
    uint32_t versions;           /* bits of TLS versions; 0: those of the policy */
    int policy_fds[IPC_FDS_MAX]; /* with a policy: configuration, statistics page, CAs or -1 */
};

/** `penstock pin ADDRESS`. @return the exit code; what went wrong is on stderr, in one line */
int pin_run(const struct options *options);

/** `penstock pin --check [NAME]`. @return 0: a worker would trust every upstream */
int pin_check(const struct options *options);

/** Connect and wait until it is done. @return STATUS_OK; STATUS_SYSTEM (`error` says why). */
MUST_CHECK enum status pin_dial(const struct addr *addr, int *fd, struct config_error *error);

/**
 * Let a worker shake hands and tell what it sees, and with a policy whether it would trust it.
 *
 * @param exec_fd    of penstock-worker
 * @param socket_fd  connected to `ask->address`; lent
 * @return STATUS_OK with at least one certificate; STATUS_SYSTEM; STATUS_NONE (`error` says why).
 */
MUST_CHECK enum status pin_look(const struct pin_ask *ask, int exec_fd, int socket_fd,
                                struct pin_chain *chain, struct config_error *error);

struct pin_match {
    int pin;        /* index of the configured pin; -1: none matches */
    unsigned depth; /* whose key it is; 0: the server's own */
};

/** The configured pin by which the worker trusts the server, and the certificate that has it. Pure.
 */
struct pin_match pin_compare(const struct config_upstream *upstream, const struct pin_chain *chain);
