/* oracle_tcp.c - a client's connection ends for a reason that docs/LIMITS.md names, and else never
 * SPDX-License-Identifier: ISC
 */
#include "oracle.h"

#include "proxy.h"
#include "world_faults.h"

#include "front/tcp.h"
#include "lane/stats.h"

#define SLACK_US    (100 * KERNEL_MS) /* segments in pieces; and the loop wakes in whole ms */
#define STALL_US    (TCP_STALL_MS * KERNEL_MS)
#define MESSAGE_US  (2 * KERNEL_S) /* timeouts.tcp_message as it comes */
#define MESSAGE_MIN 12             /* a header */

/* What it announced can be no message: nothing behind it is read. Else the rest is waited for. */
static bool
is_refused_at_once(const struct tcp_conn *conn)
{
    return conn->junk_announced < MESSAGE_MIN || conn->junk_announced > TCP_MESSAGE_MAX;
}

bool
oracle_tcp_is_excused(const struct tcp_conn *conn)
{
    bool is_cut_off = conn->junk_us != 0 && !is_refused_at_once(conn) &&
                      kernel_now() >= conn->junk_us + MESSAGE_US;
    return conn->is_flood || conn->is_denied || is_cut_off ||
           conn->deaf_us + SLACK_US >= STALL_US ||
           world_faults_front_died_us() >= kernel_began() + conn->act->at_us ||
           world_faults_is_stopped();
}

bool
oracle_tcp_may_be_late(const struct ask *ask)
{
    const struct tcp_conn *conn = ask->conn;
    return conn != NULL && (ask->is_excused || conn->deaf_us > 0 || conn->junk_us > 0 ||
                            TCP_WINDOW(conn->act) > 0); /* a few octets for each round trip */
}

uint64_t
oracle_tcp_way_us(const struct ask *ask)
{
    return ask->conn != NULL && TCP_PIECES(ask->conn->act) > 0 ? 2 * TCP_JITTER_US : 0;
}

/* --- it is closed ---------------------------------------------------------------------------- */

/* The first query that is in the front and has no response. */
static const struct ask *
unanswered(const struct tcp_conn *conn)
{
    for (unsigned i = 0; i < conn->asks_count; i++) {
        const struct ask *ask = conn->asks[i];
        bool is_read = conn->junk_us == 0 || ask->sent_us <= conn->junk_us;
        if (ask->arrived_us != 0 && ask->responses == 0 && is_read)
            return ask;
    }
    return NULL;
}

/* While the table fills, idle connections are closed sooner. */
static uint64_t
idle_least_us(void)
{
    uint64_t whole_us = world.tcp_idle_ms * KERNEL_MS;
    return world.is_tcp_crowded ? whole_us / TCP_IDLE_SHARE : whole_us;
}

void
oracle_tcp_closed(const struct tcp_conn *conn)
{
    const struct ask *ask = unanswered(conn);
    uint64_t idle_us = kernel_now() - conn->busy_us;
    if (oracle_tcp_is_excused(conn))
        return;
    if (ask != NULL)
        oracle_violation_of("a connection is closed and a query on it has no response", ": %s",
                            ask->act->text);
    else if (conn->silent_us == 0 && conn->junk_us == 0 && conn->deaf_us == 0 &&
             idle_us + SLACK_US < idle_least_us())
        oracle_violation_of("a connection is closed for no reason", ": idle for %u ms",
                            (unsigned)(idle_us / KERNEL_MS));
}

/* --- it is not closed ------------------------------------------------------------------------ */

static void
look_at_junk(void *owner, uint64_t idle_us)
{
    const struct tcp_conn *conn = owner;
    if (conn->closed_us != 0 || conn->has_left || conn->deaf_us > 0 || TCP_WINDOW(conn->act) > 0)
        return; /* its time begins anew when a response that waited for the client is out */
    if (process_idle_us() > idle_us) /* processes stood still, and may take so much longer */
        kernel_at(kernel_now() + process_idle_us() - idle_us, look_at_junk, owner,
                  process_idle_us());
    else
        oracle_violation_of("a message that cannot come is waited for", ": %u octets announced",
                            (unsigned)conn->junk_announced);
}

void
oracle_tcp_junk(struct tcp_conn *conn)
{
    /* what was asked before it is answered first, or is not even half answered: of more queries than
     * may wait on a connection the next are read, and their time begins, when those before have their end */
    uint64_t waits = conn->asks_count / TCP_WAITING_MAX + is_refused_at_once(conn);
    uint64_t before_us = waits * world.query_ms * KERNEL_MS;
    kernel_at(kernel_now() + before_us + MESSAGE_US + SLACK_US, look_at_junk, conn,
              process_idle_us());
}

/* After the rest at the end of a world none is left: each was idle for long enough. */
static void
judge_slots(void)
{
    const struct stats_page *page;
    for (unsigned lane = 0; (page = proxy_lane_statistics(lane)) != NULL; lane++) {
        uint64_t open = stats_load(&page->counts[STAT_TCP_CLIENTS]);
        if (open != 0)
            oracle_violation_of("a connection keeps its slot", ": %llu are open",
                                (unsigned long long)open);
    }
}

void
oracle_tcp_end(void)
{
    for (unsigned i = 0; i < TCP_CONNS_MAX; i++) {
        const struct tcp_conn *conn = world_tcp_at(i);
        bool is_open = conn != NULL && conn->stream != NULL && conn->closed_us == 0;
        if (is_open && !world_faults_is_stopped())
            oracle_violation_of("a connection is never closed", ": port %u", conn->from.port);
    }
    if (!world_faults_is_stopped())
        judge_slots();
}
