/* control_socket.h - the control socket comes into being
 * SPDX-License-Identifier: ISC
 *
 * What: binds it, in a folder where nobody else can put another in its place, and takes the place
 *       of one that a dead service left; never of one that answers. A file beside it, NAME.lock, keeps
 *       two that start from meeting there.
 * Who:  supervisor, before its jail.
 * Ref:  penstock.yaml(5) control.socket; unix(7).
 */
#pragma once

#include "supervisor/supervisor.h"

#include <stdio.h>

#define CONTROL_SOCKET_BACKLOG 16 /* connections that were not looked at yet */

/**
 * Open the socket that the configuration wants, so that the accounts it names can connect. A missing
 * folder is made where everybody may make one.
 *
 * @param own_uid  the account that the service will be: the file becomes its own
 * @param fd       written: listening; -1: there is none
 * @param error    written on failure
 * @return STATUS_OK, also without a socket: none is wanted, or the default one cannot be, which a
 *         log line says; STATUS_INVALID.
 */
MUST_CHECK enum status control_socket_open(const struct config *config, uint32_t own_uid, int *fd,
                                           struct config_error *error);

/**
 * What would keep control_socket_open() from it now, one line: the folder is not there, is another
 * account's or can be written to by others, or what is there is no socket. Changes nothing.
 *
 * @param own_uid  as there. @return lines written to `to`
 */
unsigned control_socket_warnings(const struct config *config, uint32_t own_uid, FILE *to);
