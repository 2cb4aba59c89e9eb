/* attest_service.h - the processes of a service, as the kernel sees them
 * SPDX-License-Identifier: ISC
 *
 * What: finds the process that holds the control socket and its children, whatever they are, and
 *       reads each.
 * Who:  penstockctl attest, before it gives up what it was started with.
 * Ref:  docs/ATTESTATION.md.
 */
#pragma once

#include "attest/attest_proc.h"
#include "attest/attest_value.h"

/**
 * Find the supervisor.
 *
 * @param path    of the control socket: whoever holds the socket that listens there, if we may look
 * @param socket  connected to it; else whoever listened on it first (SO_PEERCRED)
 * @return its number; 0: not found
 */
pid_t attest_service_find(const char *path, int socket);

/**
 * @param supervisor  its number
 * @return an object with "kernel" and "processes", the caller's; NULL: there is no such process
 */
json_t *attest_service_read(pid_t supervisor);
