/* judge.h - is it well, what needs somebody, and since when
 * SPDX-License-Identifier: ISC
 *
 * What: each finding rises when its condition has held for as long as findings.def says, and falls
 *       after five quiet minutes; else "since" would mean nothing. Has no pointers, so it can be
 *       copied between processes.
 * Who:  whoever judges, once for each reading. Pure: time comes with the figures.
 * Ref:  view/findings.def, docs/VIEW.md.
 */
#pragma once

#include "view/figures.h"

#define JUDGE_QUIET_US 300000000U

enum judge_level { JUDGE_WELL, JUDGE_LOOK, JUDGE_ACT, JUDGE_LEVELS };

enum judge_kind {
#define FINDING(name, scope, when, look_s, act_s, reason) JUDGE_##name,
#include "view/findings.def"
#undef FINDING
    JUDGE_KINDS
};

struct judge_watch { /* no bool: a foreign page may hold any octet */
    uint64_t holds[JUDGE_LEVELS], is_up[JUDGE_LEVELS]; /* by level; that of WELL is not used */
    uint64_t begun_us[JUDGE_LEVELS];                   /* since when it holds, if it does */
    uint64_t held_us[JUDGE_LEVELS];                    /* when it held last, if it is up */
    uint64_t since_us[JUDGE_LEVELS];                   /* since when it is up, if it is */
};

struct judge {                                                /* all zero: nothing was judged yet */
    struct judge_watch watches[JUDGE_KINDS][STATS_UPSTREAMS]; /* of the service: the first one */
    uint64_t upstreams_id;                                    /* whom the watches are of */
    uint64_t begun_us;                                        /* the first reading */
    uint64_t well_us; /* since when nothing needs anybody, if that is so; else 0 */
};

/** Judge these figures, which are later than those of the call before. */
void judge_step(struct judge *judge, const struct figures *figures);

struct judge_finding {
    enum judge_kind kind;
    enum judge_level level; /* LOOK or ACT */
    unsigned upstream;      /* its index; 0 for findings of the service */
    uint64_t since_s;       /* since 1970 */
};

#define JUDGE_START_US     10000000U /* who begins to watch so soon has seen all of it */
#define JUDGE_FINDINGS_MAX (JUDGE_KINDS * STATS_UPSTREAMS)

struct judgement {
    enum judge_level level;
    uint64_t since_s;    /* of the level: of the most urgent finding, or since it is well */
    uint64_t watched_s;  /* for how long it has been judged */
    bool is_from_start;  /* that is since the service began */
    unsigned count, act; /* findings; those of them to be acted upon */
    struct judge_finding findings[JUDGE_FINDINGS_MAX]; /* the most urgent first */
};

/** What stands after judge_step(), with the same figures. */
void judge_tell(const struct judge *judge, const struct figures *figures,
                struct judgement *judgement);

/** "TODAY" and the like; "NOW" for what is to be acted upon; "BY" stands for the day it ends. */
const char *judge_when(const struct judge_finding *finding);

/** The name of a row of findings.def as it stands there. */
const char *judge_name(enum judge_kind kind);

/** Days until an upstream's certificate ends; NUMBER_NONE: not known. */
uint64_t judge_days(const struct reading_upstream *upstream);
