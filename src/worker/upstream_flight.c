/* upstream_flight.c - what becomes of the queries in flight on a connection
 * SPDX-License-Identifier: ISC
 */
#include "worker/upstream_life.h"

void
upstream_conn_forget(struct upstream_conn *conn, uint16_t id)
{
    if (flights_abandon(&conn->flights, id) &&
        conn->watch.doubt == WATCH_LEFT) /* perhaps the last that it was kept for */
        upstream_pool_sooner(&conn->worker->pool, now_of(conn));
}

void
upstream_orphan_all(struct upstream_conn *conn, enum relay_loss loss)
{
    struct flight flight;
    while (flights_pop(&conn->flights, &flight)) {
        bool is_heard = conn->watch.heard_us > flight.sent_us;
        if (flight.query < FLIGHTS_PROBE)
            relay_orphan(conn->worker, flight.query, conn, is_heard ? loss : RELAY_UNHEARD);
    }
}
