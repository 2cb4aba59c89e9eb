/* front.h - all that a front process holds, and the order of one turn
 * SPDX-License-Identifier: ISC
 *
 * What: one struct, reserved before the sandbox closes. Each member belongs to the file of its
 *       name; the others use its functions.
 * Who:  penstock-front only.
 * Ref:  docs/QUERY.md (life of a query).
 */
#pragma once

#include "conf/config.h"
#include "front/limit.h"
#include "front/local.h"
#include "front/pace.h"
#include "front/queue.h"
#include "front/relay.h"
#include "front/store.h"
#include "front/tcp.h"
#include "front/udp.h"
#include "gate/acl.h"
#include "lane/inflight.h"
#include "lane/rest.h"
#include "lane/stats.h"
#include "os/evloop.h"

/* A client has its answer this much before its time is up: the loop wakes in whole milliseconds,
 * and a batch takes a while to send. */
#define FRONT_MARGIN_MS 10

#define FRONT_EXPIRE_BATCH 256 /* questions ended by their deadline per turn */

struct front {
    const struct config *config; /* read-only mapping */
    size_t config_size;
    struct stats_page *stats; /* shared mapping, written here only */
    uint32_t lane;
    struct acl acl;      /* of config */
    struct acl next_acl; /* of a configuration that is looked at: too large for the stack */
    struct evloop loop;
    struct ev_source control; /* the channel to the supervisor */
    struct limit limit;
    struct query_table queries;
    struct inflight inflight;
    struct queue queue;
    struct pace pace;
    struct udp udp;
    struct tcp tcp;
    struct relay relay;
    struct rest rest;
    struct store store;
    struct local local;
    uint64_t
        stop_us; /* 0: serving; else no message is read any more, and the end is here at last */
};

static inline uint64_t
front_now_ms(const struct front *front)
{
    return front->loop.now_us / 1000;
}

/** What a new question may take, from config.query_ms. */
static inline uint32_t
front_life_ms(const struct front *front)
{
    return front->config->query_ms - FRONT_MARGIN_MS; /* query_ms is at least 100 */
}

/** Reserve all memory for config's sizes; fatal if there is none. */
void front_reserve(struct front *front);

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

/** Was it told to stop, and is there nobody left to answer, or no time? */
bool front_is_over(const struct front *front);
