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
#include "child/child_usage.h"
#include "front/balancers.h"
#include "front/deliver.h"
#include "front/ledger.h"
#include "front/local.h"
#include "front/pacing.h"
#include "front/rate.h"
#include "front/recall.h"
#include "front/recording.h"
#include "front/source.h"
#include "front/tcp.h"
#include "front/udp.h"
#include "front/uplink.h"
#include "front/waiting.h"

#define FRONT_EXPIRE_BATCH 256 /* questions ended by their deadline per turn */
#define FRONT_LAST_MS      100 /* told to stop: for taking what clients sent before that */

/* A process that is woken for every message spends most of its time being woken. Where the processor
 * has little time left, it pays to sleep for a moment between turns and then take all that came as
 * one batch. Where it has time, a nap would only make clients wait. So naps are as long as it takes
 * to leave the processor some time: docs/LIMITS.md "nap". */
#define NAP_MAX_US     150u   /* the longest nap; a message waits so much longer, each way */
#define NAP_STEP_US    50u    /* longer or shorter, after each window */
#define NAP_WINDOW_US  10000u /* the share is measured over so long */
#define NAP_LOW_SHARE  70u    /* per cent of a core that the lane uses: below, naps get shorter */
#define NAP_HIGH_SHARE 85u    /* and from here on longer */
#define NAP_GATHER     4u     /* messages during the longest nap: if fewer come, it saves nothing */
#define NAP_FULL       64u    /* messages in one turn: more are waiting already */

/* What passed since the process began; no field is ever less than in the call before. */
struct nap_count {
    uint64_t cpu_us;    /* processor time of this process */
    uint64_t queries;   /* messages from clients */
    uint64_t questions; /* messages from the worker, one for each question that it has done */
    uint64_t messages;  /* from and to clients */
};

struct nap {
    uint64_t window_us;      /* when the window began */
    struct nap_count before; /* what had passed then */
    uint64_t last;           /* messages at the turn before */
    uint32_t us;             /* a rest, as the last window judged; 0..NAP_MAX_US */
};

struct front_before { /* what fronts that died in this place had counted on its page */
    uint64_t cache_misses, cache_evicted, rates_forgiven_ms;
};

struct front {
    struct child_config self; /* what this process was told of itself */
    struct acl next_acl;      /* of a configuration that is looked at: too large for the stack */
    struct evloop loop;
    struct child_inbox inbox; /* messages from the supervisor */
    /* the stages of a query, in their order */
    struct balancers balancers;
    struct source source;
    struct rate rate;
    struct local local;
    struct recall recall;
    struct waiting waiting;
    struct ledger ledger;
    /* how it comes and leaves */
    struct udp udp;
    struct tcp tcp;
    struct pacing pacing;
    struct recording recording;
    struct deliver deliver;
    struct uplink uplink;
    struct nap nap;
    struct child_usage usage;
    struct front_before before;
    uint64_t stop_us;  /* 0: serving; else the end is here at last */
    uint64_t reads_us; /* told to stop: reads until then; 0: serving, or nothing is read any more */
    bool is_held;      /* the listening sockets are another penstock's to read */
    uint64_t read;     /* messages and connections, when the turn before was over */
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

/* --- when to rest; pure: time and processor time are arguments --- */

/** Nothing was seen yet: no rest. */
void front_nap_init(struct nap *nap, uint64_t now_us, const struct nap_count *count);

/** Is a window over, so that front_nap_judge() is to be told what passed? `now_us`: monotonic. */
bool front_nap_is_due(const struct nap *nap, uint64_t now_us);

/** A window is over. To be called when front_nap_is_due() says so. */
void front_nap_judge(struct nap *nap, uint64_t now_us, const struct nap_count *count);

/**
 * Note one turn. To be called once per turn.
 *
 * @param messages  as in struct nap_count
 * @return microseconds to sleep before the next, at most NAP_MAX_US; 0: none
 */
uint32_t front_nap_after_turn(struct nap *nap, uint64_t messages);
