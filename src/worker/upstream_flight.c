/* upstream_flight.c - the queries in flight on a connection, by slot and in the order of writing
 * SPDX-License-Identifier: ISC
 *
 * One that nobody waits for any more keeps its slot and its id until it is answered, and leaves the
 * order.
 */
#include "worker/upstream_life.h"

void
upstream_flights_init(struct upstream_conn *conn)
{
    conn->oldest = conn->newest = IDS_MAX;
    for (unsigned look = 0; look < UPSTREAM_LOOKS_COUNT; look++)
        conn->unlooked[look] = IDS_MAX;
    conn->in_flight = conn->late = 0;
    conn->has_probe = false;
}

void
upstream_take_off(struct upstream_conn *conn, uint16_t id, uint32_t question)
{
    uint16_t slot = ids_slot(id);
    conn->flights[slot] = (struct upstream_flight){
        .question = question, .older = conn->newest, .newer = IDS_MAX, .sent_us = now_of(conn)};
    if (conn->newest != IDS_MAX)
        conn->flights[conn->newest].newer = slot;
    else
        conn->oldest = slot;
    conn->newest = slot;
    for (unsigned look = 0; look < UPSTREAM_LOOKS_COUNT; look++)
        if (conn->unlooked[look] == IDS_MAX)
            conn->unlooked[look] = slot;
    if (question == UPSTREAM_PROBE) {
        conn->has_probe = true;
        conn->probe_id = id;
    }
    conn->in_flight++;
}

static void
leave_order(struct upstream_conn *conn, uint16_t slot)
{
    const struct upstream_flight *flight = &conn->flights[slot];
    for (unsigned look = 0; look < UPSTREAM_LOOKS_COUNT; look++)
        if (conn->unlooked[look] == slot)
            conn->unlooked[look] = flight->newer;
    if (flight->older != IDS_MAX)
        conn->flights[flight->older].newer = flight->newer;
    else
        conn->oldest = flight->newer;
    if (flight->newer != IDS_MAX)
        conn->flights[flight->newer].older = flight->older;
    else
        conn->newest = flight->older;
    if (flight->question == UPSTREAM_PROBE)
        conn->has_probe = false;
    conn->in_flight--;
}

void
upstream_land(struct upstream_conn *conn, uint16_t id)
{
    uint16_t slot = ids_slot(id);
    if (conn->flights[slot].question == UPSTREAM_NOBODY)
        conn->late--;
    else
        leave_order(conn, slot);
    ids_give(&conn->ids, id);
}

void
upstream_conn_forget(struct upstream_conn *conn, uint16_t id)
{
    struct upstream_flight *flight = &conn->flights[ids_slot(id)];
    if (!ids_is_out(&conn->ids, id) || flight->question == UPSTREAM_NOBODY)
        return;
    leave_order(conn, ids_slot(id));
    flight->question = UPSTREAM_NOBODY;
    conn->late++;
    if (conn->doubt == UPSTREAM_LEFT) /* perhaps the last that it was kept for */
        upstream_pool_sooner(&conn->worker->pool, now_of(conn));
}

void
upstream_orphan_all(struct upstream_conn *conn, enum relay_loss loss)
{
    for (uint16_t slot = conn->oldest; slot != IDS_MAX; slot = conn->flights[slot].newer) {
        const struct upstream_flight *flight = &conn->flights[slot];
        bool is_heard = conn->heard_us > flight->sent_us;
        if (flight->question < UPSTREAM_PROBE)
            relay_orphan(conn->worker, flight->question, conn, is_heard ? loss : RELAY_UNHEARD);
    }
    upstream_flights_init(conn);
}

uint64_t
upstream_probe_us(const struct upstream_conn *conn)
{
    return conn->has_probe ? conn->flights[ids_slot(conn->probe_id)].sent_us : 0;
}

uint32_t
upstream_awaited(const struct upstream_conn *conn)
{
    return conn->in_flight - (conn->has_probe ? 1U : 0U);
}
