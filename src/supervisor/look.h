/* look.h - one look at an upstream's certificates
 * SPDX-License-Identifier: ISC
 *
 * What: dials, and lets a jailed worker shake hands with the server and tell what it saw. A look
 *       proves nothing: whoever sits between here and the server shows its own keys.
 * Who:  supervisor, instead of serving: pin_show.c, pin_check.c.
 * Ref:  RFC 7858 section 4.2.
 */
#pragma once

#include "ipc/ipc.h"
#include "supervisor/supervisor.h"

#define LOOK_DIAL_MS      5000
#define LOOK_WAIT_MS      10000 /* handshake and messages, until the worker is killed */
#define LOOK_CERTIFICATES 16    /* of one chain at most */

struct look_seen { /* one certificate */
    uint8_t pin[CONFIG_PIN_BYTES];
    char text[IPC_TEXT_MAX]; /* subject and validity, cleaned by ipc_decode() */
};

struct look_chain {
    struct look_seen seen[LOOK_CERTIFICATES]; /* the server's own first */
    unsigned count;
    bool complete;                     /* the end of the list was seen */
    bool wants_12;                     /* to be looked at once more, in TLS 1.2 alone */
    uint8_t vouches[CONFIG_PIN_BYTES]; /* the pin by which a policy trusts the server, or zeros */
    char problem[IPC_TEXT_MAX];        /* what the worker says went wrong, or "" */
};

struct look_ask { /* what to look at, and how to judge it */
    const struct addr *address;
    struct addr source;          /* to connect from; zero: the kernel chooses */
    const char *tls_name;        /* without policy: SNI, or "" */
    uint32_t index;              /* of the upstream whose policy decides; IPC_NO_POLICY: none */
    uint32_t versions;           /* bits of TLS versions; 0: those of the policy */
    const struct spaces *spaces; /* the worker enters them; borrowed */
    int policy_fds[IPC_FDS_MAX]; /* with a policy: configuration, statistics page, CAs or -1 */
};

/** Connect, from `source` if its family is not ADDR_NONE, and wait until it is done. @return STATUS_OK; STATUS_SYSTEM (`error` says why). */
MUST_CHECK enum status look_dial(const struct addr *addr, const struct addr *source, int *fd,
                                 struct config_error *error);

/**
 * Let a worker shake hands and tell what it sees, and with a policy whether it would trust it.
 *
 * @param exec_fd    of penstock-worker
 * @param socket_fd  connected to `ask->address`; lent
 * @return STATUS_OK with at least one certificate; STATUS_SYSTEM; STATUS_NONE (`error` says why).
 */
MUST_CHECK enum status look_at(const struct look_ask *ask, int exec_fd, int socket_fd,
                               struct look_chain *chain, struct config_error *error);
