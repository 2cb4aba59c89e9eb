/* deliver.h - the only place where a query ends
 * SPDX-License-Identifier: ISC
 *
 * What: answered, refused or dropped; each adds to exactly one row of lane/why.def. What was
 *       received is at any moment the sum of those rows, the queries alive, the answers held by
 *       pacing, and the answers that lie in a batch for the kernel.
 * Who:  front: admit.c, by the verdicts of the stages; the turn, which lets leave what is due.
 * Ref:  docs/QUERY.md.
 */
#pragma once

#include "front/pacing.h"
#include "front/recording.h"
#include "front/tcp.h"
#include "front/udp.h"
#include "front/verdict.h"
#include "os/clock.h"

struct deliver_parts { /* borrowed for life */
    struct stats_page *stats;
    struct rate *rate;
    struct pacing *pacing;
    struct udp *udp;
    struct tcp *tcp;
    struct recording *recording;
};

struct deliver {
    struct deliver_parts parts;
    const char *server_id; /* borrowed from the configuration; "": none */
    /* of answers that lie in a batch: the numbers of their events */
    uint64_t events[CONFIG_LISTEN_MAX][UDP_BATCH];
};

/** @param parts  copied; what it names is borrowed for life. deliver_change() has to follow. */
void deliver_init(struct deliver *deliver, const struct deliver_parts *parts);

/** Take up a configuration, at first or a new one. */
void deliver_change(struct deliver *deliver, const struct config *config);

/** The query is answered. @param verdict  VERDICT_ANSWER */
void deliver_answer(struct deliver *deliver, const struct query *query,
                    const struct verdict *verdict, const struct clock_time *now);

/** It is refused: an error reply. @param verdict  VERDICT_REFUSE */
void deliver_refuse(struct deliver *deliver, const struct query *query,
                    const struct verdict *verdict, const struct clock_time *now);

/** It ends in silence. @param query  perhaps not parsed */
void deliver_drop(struct deliver *deliver, const struct query *query, enum why why,
                  const struct clock_time *now);

/** Let the answers leave that pacing held back until now. */
void deliver_release(struct deliver *deliver, const struct clock_time *now);

/** The end of a turn: hand what was answered over UDP to the kernel, and events to their readers.
 * What the kernel does not take is counted as WHY_SEND_FAILED. */
void deliver_flush(struct deliver *deliver);
