/* pin.h - `penstock pin`: one look at an upstream's certificates
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
#define PIN_LOOK_MS      10000 /* handshake and messages, until the worker is killed */
#define PIN_CERTIFICATES 16    /* of one chain at most */

struct pin_seen { /* one certificate */
    uint8_t pin[CONFIG_PIN_BYTES];
    char text[IPC_TEXT_MAX]; /* subject and validity, cleaned by ipc_decode() */
};

struct pin_chain {
    struct pin_seen seen[PIN_CERTIFICATES]; /* the server's own first */
    unsigned count;
    bool complete;              /* the end of the list was seen */
    char problem[IPC_TEXT_MAX]; /* what the worker says went wrong, or "" */
};

/** `penstock pin ADDRESS`. @return the exit code; what went wrong is on stderr, in one line */
int pin_run(const struct options *options);

/** `penstock pin --check [NAME]`. @return 0: every upstream shows a key that has a pin */
int pin_check(const struct options *options);

/** Connect and wait until it is done. @return STATUS_OK; STATUS_SYSTEM (`error` says why). */
MUST_CHECK enum status pin_dial(const struct addr *addr, int *fd, struct config_error *error);

/**
 * Let a worker shake hands and tell what it sees.
 *
 * @param exec_fd    of penstock-worker
 * @param socket_fd  connected to `addr`; lent
 * @return STATUS_OK with at least one certificate; STATUS_SYSTEM; STATUS_NONE (`error` says why).
 */
MUST_CHECK enum status pin_look(const struct addr *addr, const char *tls_name, int exec_fd,
                                int socket_fd, struct pin_chain *chain, struct config_error *error);

struct pin_match {
    int pin;        /* index of the configured pin; -1: none matches */
    unsigned depth; /* whose key it is; 0: the server's own */
};

/** The configured pin that matches nearest to the server's own key. Pure. */
struct pin_match pin_compare(const struct config_upstream *upstream, const struct pin_chain *chain);
