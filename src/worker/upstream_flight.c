/* upstream_flight.c - the queries in flight on a connection, by slot and in the order of writing */
#include "worker/upstream_life.h"

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
    if (conn->unlooked == IDS_MAX)
        conn->unlooked = slot;
    conn->in_flight++;
}

void
upstream_land(struct upstream_conn *conn, uint16_t id)
{
    struct upstream_flight *flight = &conn->flights[ids_slot(id)];
    if (conn->unlooked == ids_slot(id))
        conn->unlooked = flight->newer;
    if (flight->older != IDS_MAX)
        conn->flights[flight->older].newer = flight->newer;
    else
        conn->oldest = flight->newer;
    if (flight->newer != IDS_MAX)
        conn->flights[flight->newer].older = flight->older;
    else
        conn->newest = flight->older;
    if (flight->question == UPSTREAM_NOBODY)
        conn->late--;
    else
        conn->in_flight--;
    ids_give(&conn->ids, id);
}

void
upstream_orphan_all(struct upstream_conn *conn, enum relay_loss loss)
{
    for (uint16_t slot = conn->oldest; slot != IDS_MAX; slot = conn->flights[slot].newer)
        if (conn->flights[slot].question < UPSTREAM_PROBE)
            relay_orphan(conn->worker, conn->flights[slot].question, conn, loss);
    conn->oldest = conn->newest = conn->unlooked = IDS_MAX;
    conn->in_flight = conn->late = 0;
}

void
upstream_conn_forget(struct upstream_conn *conn, uint16_t id)
{
    if (!ids_is_out(&conn->ids, id))
        return;
    struct upstream_flight *flight = &conn->flights[ids_slot(id)];
    if (flight->question == UPSTREAM_NOBODY)
        return;
    flight->question = UPSTREAM_NOBODY;
    conn->in_flight--;
    conn->late++;
}
