/* fdstore.h - the service manager keeps our listening sockets while we are restarted
 * SPDX-License-Identifier: ISC
 *
 * What: what our fronts bound, and the secret of cookies, goes into systemd's descriptor store, and
 *       comes back with the next start, by names of ours. What clients send meanwhile waits in the
 *       sockets. They are taken up as a whole, or given up as a whole where the configuration wants
 *       other lanes, what would run in the kernel is another program, or there is a socket unit, which
 *       keeps its own; then the secret is given up too. An address that is not listened to any more
 *       is given up alone.
 * Who:  supervisor.
 * Ref:  sd_pid_notify_with_fds(3) FDSTORE, sd_listen_fds(3) LISTEN_FDNAMES, systemd.service(5)
 *       FileDescriptorStoreMax.
 */
#pragma once

#include "supervisor/inherited.h"
#include "supervisor/supervisor.h"

#define FDSTORE_BATCH      8    /* descriptors told of in a turn: the manager's queue is short */
#define FDSTORE_BARRIER_MS 5000 /* for the manager to hear what goes; to look at it; to close it */
#define FDSTORE_LOOK_MS    10   /* between two looks whether that is done */

/**
 * Take what came out of the store, after inherited_adopt() and before anything is bound.
 * @return STATUS_OK: it is the lanes', or was given up; STATUS_SYSTEM: `error` says why that cannot
 *         be.
 */
MUST_CHECK enum status fdstore_take(const struct inherited *inherited, struct supervisor *sup,
                                    struct config_error *error);

/** Once per turn: while it serves, put into the store what is not there yet. */
void fdstore_tick(struct supervisor *sup);
