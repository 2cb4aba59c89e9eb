/* inherited.h - what the service manager hands in: listening sockets, and where to say READY
 * SPDX-License-Identifier: ISC
 *
 * What: sockets passed by systemd (LISTEN_FDS) serve the addresses that they are bound to. Entries
 *       of `listen` without such a socket are bound by the front as usual; sockets that are not in
 *       the list are added to it. Several sockets for one address are one per lane.
 * Who:  supervisor, at its start. Reads LISTEN_PID, LISTEN_FDS and NOTIFY_SOCKET.
 * Ref:  sd_listen_fds(3), sd_notify(3); penstock(8) "Privileges".
 */
#pragma once

#include "supervisor/supervisor.h"

#define INHERITED_FDS_MAX  (CONFIG_LISTEN_MAX * SUPERVISOR_KINDS * CONFIG_LANES_MAX + 1)
#define INHERITED_NAME_MAX 112         /* of one that we put into the store, with its NUL */
#define INHERITED_STORED   "penstock." /* how those names begin */
#define INHERITED_SECRET   INHERITED_STORED "cookies" /* and the one that is no socket's */
#define INHERITED_NULL_FD  3 /* /dev/null, once inherited_open() returned: CHAN_FD of a child */
#define INHERITED_FIRST_FD 3 /* where systemd puts the first socket */

struct inherited {
    int fds[INHERITED_FDS_MAX];
    char names[INHERITED_FDS_MAX][INHERITED_NAME_MAX]; /* as LISTEN_FDNAMES has them, or "" */
    unsigned count;
};

/**
 * Put the descriptors in order: 0, 1 and 2 exist, INHERITED_NULL_FD is /dev/null, sockets that were
 * handed in stand above it, everything else is closed. Called before anything is opened.
 * @return STATUS_OK; STATUS_FULL (more sockets than INHERITED_FDS_MAX); STATUS_SYSTEM.
 */
MUST_CHECK enum status inherited_open(struct inherited *inherited);

/**
 * Did we put this one into the manager's store ourselves (fdstore.h)? Its name says so only as a
 * whole: sockets of a unit are called after the unit, "penstock.socket", unless that names them
 * (FileDescriptorName=).
 */
bool inherited_is_stored(const struct inherited *inherited, unsigned number);

/**
 * Give each socket of a socket unit to a lane and an entry of config.listen; sets config.lanes to
 * the number of sockets per address. Without sockets nothing happens. What comes out of the store
 * is fdstore_take()'s.
 *
 * @return STATUS_OK: the sockets are the lanes' now; STATUS_INVALID: `error` names one that does
 *         not fit
 */
MUST_CHECK enum status inherited_adopt(const struct inherited *inherited, struct supervisor *sup,
                                       struct config_error *error);

/** Connect to NOTIFY_SOCKET. @return the descriptor; -1: there is none, or it cannot be reached. */
int inherited_connect_notify(void);

/** Tell the service manager, if there is one: lines like "READY=1". Failure does not matter. */
void inherited_notify(int notify_fd, const char *state);
