/* relay_query.h - one query of the relay: where it is asked, asked again, answered, how it fails
 * SPDX-License-Identifier: ISC
 *
 * What: places a query on a connection, judges responses, asks again elsewhere within a budget, and
 *       tells the front how it ended.
 * Who:  worker: relay.c, which takes queries out of the ring and responses from connections.
 * Ref:  RFC 5452; RFC 8914 (why it failed); docs/LIMITS.md "relay".
 */
#pragma once

#include "worker/conn_read.h"
#include "worker/conn_watch.h"
#include "worker/relay.h"

/* Why a query is no longer under way on a connection. */
enum relay_loss {
    RELAY_LOST,    /* it broke: an attempt, and asking elsewhere is failover */
    RELAY_ENDED,   /* the server closed in order: not an attempt */
    RELAY_UNHEARD, /* nothing was heard on it since it was asked: not an attempt */
    RELAY_SPOILT,  /* it drew a response of no use: an attempt, and asking again a retry */
};

/** Put a query on a connection, or among the picky. @return false: no connection can take it. */
bool relay_query_place(struct relay *relay, struct relay_query *q);

/** A response came: judge it, and take it from its connection unless there is no room for it. */
void relay_query_answer(struct relay *relay, struct conn *conn,
                        const struct conn_response *response);

/** A query is under way on `conn` no more. If nowhere else either, it is asked again or fails. */
void relay_query_lost(struct relay *relay, struct relay_query *q, const struct conn *conn,
                      enum relay_loss loss);

/**
 * Ask a query that is under way on `conn` at one more place, too, if it makes sense and the budget
 * has one left. Of silent upstreams each is asked at most twice, the second time on a connection
 * that was heard since the query came; more often only where another query is to blame.
 * @return false: there is no room elsewhere now; nothing changed.
 */
bool relay_query_ask_elsewhere(struct relay *relay, struct relay_query *q, const struct conn *conn,
                               enum conn_late why);

/** A query's responses are not needed any more, wherever it is under way. */
void relay_query_abandon(struct relay_query *q);

/** A query has no answer: relay_query_tell() will say so. @param ede  RFC 8914 */
void relay_query_fail(struct relay *relay, struct relay_query *q, uint16_t ede);

/** Tell the front that a query failed, and end it. @return false: there is no room now */
bool relay_query_tell(struct relay *relay, struct relay_query *q);
