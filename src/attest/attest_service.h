/* attest_service.h - the processes of a service, as the kernel sees them
 * SPDX-License-Identifier: ISC
 *
 * What: finds the process that serves the control socket and all that belongs to it, whatever it is,
 *       and reads each.
 * Who:  penstockctl attest, before it gives up what it was started with.
 * Ref:  docs/ATTESTATION.md.
 */
#pragma once

#include "attest/attest_proc.h"
#include "attest/attest_value.h"

/**
 * Find the supervisor: the process that holds the other end of a connection to it. Nothing that a
 * process can name itself is looked at.
 *
 * @param socket_fd  connected to the control socket, and greeted. If we may not look, or the kernel
 *                   does not tell, it is who called listen(), if that is there still
 * @return its number; 0: not found
 */
pid_t attest_service_find(int socket_fd);

/**
 * @param supervisor  its number
 * @return an object with "kernel", "processes" and "not_read", the caller's; NULL: there is no such process
 */
json_t *attest_service_read(pid_t supervisor);
