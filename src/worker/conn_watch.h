/* conn_watch.h - what time does to a connection: deadlines, silence, queries that are late
 * SPDX-License-Identifier: ISC
 *
 * What: silence (upstream/flights.h) and lateness are both answered by asking at a second place, and
 *       never by taking anything back: the first response counts. Silence is about the connection,
 *       lateness about one query: its server may live and never answer this one.
 * Who:  worker: the pool calls the tick, the relay asks elsewhere.
 */
#pragma once

#include "worker/conn.h"

enum conn_late {                     /* why a query is to be asked at one more place */
                 CONN_LATE_HEDGE,    /* it is later than nearly all */
                 CONN_LATE_SLOW,     /* its server lives, and has not answered it */
                 CONN_LATE_FAILOVER, /* its connection does not answer a probe */
                 CONN_LATE_STUCK,    /* the same, in the middle of an answer to another query */
};

/** Look at the time: what is late is marked, what is over ends. Its next deadline goes
 *  to conn_sooner(). */
void conn_watch_tick(struct conn *conn);

/** The next query that is to be asked elsewhere, too. @return false: there is none now */
bool conn_watch_next_late(struct conn *conn, uint32_t *query, enum conn_late *why);

/** There was no room for this query elsewhere: if its connection is LEFT, it is tried again soon. */
void conn_watch_leave_over(struct conn *conn, enum conn_late why);
