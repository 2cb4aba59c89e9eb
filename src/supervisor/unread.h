/* unread.h - datagrams that no front read: for want of room, or because the filter took them
 * SPDX-License-Identifier: ISC
 *
 * What: a socket counts both together. Those that found no room are at most as many as the kernel
 *       counted for the whole network namespace in that time: where it counted none, the filter
 *       took all. Without the filter, or where /proc cannot be read, there was no room.
 * Who:  supervisor.
 * Ref:  docs/VIEW.md "The figures"; os/netstat.h.
 */
#pragma once

#include "supervisor/supervisor.h"

#define UNREAD_READ_MS 60000 /* /proc is read so often, and when a socket has dropped something */

/** What sockets that we were handed had dropped before is past. */
void unread_begin(struct supervisor *sup);

/** Look at all listening sockets, and count on the service page. */
void unread_look(struct supervisor *sup);

/**
 * Of `dropped` datagrams, how many found no room?
 *
 * @param has_filter  a filter may have dropped them
 * @param is_known    `no_room` were counted for the whole network namespace meanwhile
 */
uint64_t unread_no_room(uint64_t dropped, bool has_filter, bool is_known, uint64_t no_room);
