/* front.h - all that a front process holds, and the order of one turn
 * SPDX-License-Identifier: ISC
 *
 * What: one struct, reserved before the sandbox closes. Only front.c, admit.c, front_control.c and
 *       front_ladder.c know it; all other modules get the parts that they need.
 * Who:  penstock-front only.
 * Ref:  docs/QUERY.md (life of a query).
 */
#pragma once

#include "child/child_config.h"
#include "child/child_inbox.h"
#include "front/deliver.h"
#include "front/local.h"
#include "front/pacing.h"
#include "front/rate.h"
#include "front/recall.h"
#include "front/source.h"
#include "front/tcp.h"
#include "front/udp.h"
#include "front/uplink.h"
#include "front/waiting.h"
#include "lane/nap.h"

#define FRONT_EXPIRE_BATCH 256 /* questions ended by their deadline per turn */

struct front {
    struct child_config self; /* what this process was told of itself */
    struct acl next_acl;      /* of a configuration that is looked at: too large for the stack */
    struct evloop loop;
    struct child_inbox inbox; /* messages from the supervisor */
    /* the stages of a query, in their order */
    struct source source;
    struct rate rate;
    struct local local;
    struct recall recall;
    struct waiting waiting;
    /* how it comes and leaves */
    struct udp udp;
    struct tcp tcp;
    struct pacing pacing;
    struct deliver deliver;
    struct uplink uplink;
    struct nap nap;
    /* 0: serving; else no message is read any more, and the end is here at last */
    uint64_t stop_us;
};

/** Before the first turn. */
void front_begin(struct front *front);

/**
 * One turn: what is ready, what has come from workers, what is due; then a rest, if there is to be
 * one.
 *
 * @param time  both clocks, read when the wait before it ended
 * @return when the next turn is due at the latest, monotonic µs; 0: at once
 */
uint64_t front_turn(struct front *front, struct clock_time time);

/** Was it told to stop, and is no client left to answer, or no time? */
bool front_is_over(const struct front *front);
