/* world.h - a world: a configuration, what happens in it and when, and what must hold
 * SPDX-License-Identifier: ISC
 *
 * What: a builder (a row of worlds.def) writes a configuration and a list of acts, all from the
 *       seed, before anything runs; then the acts happen in their order. An act is one row of acts.def and
 *       a few numbers, so that a world can be shown, and made smaller by leaving some out.
 * Who:  worlds*.c build; world.c plays; world_*.c are the parts of the world; oracle*.c judge.
 * Ref:  docs/SIMULATION.md.
 */
#pragma once

#include "kernel.h"
#include "policy.h"

#include <stdbool.h>
#include <stddef.h>

#define WORLD_CONFIG_MAX 16384
#define WORLD_TEXT_MAX   160
#define WORLD_CORP       "corp.example"
#define WORLD_LAB        "lab.corp.example"
#define WORLD_ACTS_MAX   (1U << 20)

enum act_kind {
#define ACT(name, happen, text) ACT_##name,
#include "acts.def"
#undef ACT
    ACTS_COUNT
};

struct act {
    uint64_t at_us; /* since the world began */
    enum act_kind kind;
    uint64_t who;    /* which client, upstream, lane */
    uint64_t for_us; /* how long */
    uint64_t number; /* what else: the row of acts.def says */
    char text[WORLD_TEXT_MAX];
};

/* What may be asked of a world: oracles that judge only where they can. */
enum {
    WORLD_NO_POLICY =
        1, /* rates off, all clients allowed, room for all: every question is answered */
    WORLD_NO_CACHE = 2,  /* each question goes to an upstream */
    WORLD_ONE_WELL = 16, /* upstream 0 is well all the time, no name is slow, no process ends */
    WORLD_NO_FAULT = 4,  /* upstreams are well all the time, no process ends */
    WORLD_ANSWERS = 64,  /* workers die, and each query is answered all the same */
    WORLD_ONE_END = 128, /* every datagram that arrives is answered, once */
    WORLD_ENDS = 256,    /* every query that arrives has its end in time, for want of room maybe */
    WORLD_LONG = 512,    /* days in which little happens: summed up apart */
    WORLD_CROWD = 8,     /* some acts are of a flood: it is played without them, too */
};

struct world_row {
    const char *name;
    void (*build)(uint64_t *dice);
    unsigned flags;
    unsigned seeds; /* that `./dev test` runs */
    const char *text;
};

extern const struct world_row world_rows[];
extern const size_t world_rows_count;

struct
    world_chances { /* per mille of datagrams toward us that are lost, come twice, late, cut short */
    unsigned lost, doubled, late, cut;
};

struct world {
    const struct world_row *row;
    uint64_t seed;
    uint64_t length_us; /* when it ends, since the world began */
    uint64_t begin_us;  /* monotonic, when it begins; 0: KERNEL_BEGIN_US */
    int64_t wall_s;     /* wall clock, when it begins; 0: by KERNEL_WALL_S */
    unsigned lanes, upstreams;
    uint64_t routes; /* at the beginning: upstreams of WORLD_CORP, a bit each; above bit 8 those of
                        WORLD_LAB; 0 of one: it has no route */
    uint32_t query_ms;                  /* timeouts.query */
    uint32_t tcp_idle_ms;               /* timeouts.tcp_idle */
    unsigned places;                    /* at the worker; 0: F1 to F4 are not judged */
    unsigned queries, queue_per_prefix; /* limits of these names, if they are judged */
    bool is_tcp_crowded;                /* more connections come than there are slots */
    unsigned preemption;                /* per mille of calls (process_set_preemption()) */
    uint32_t ttl_s;                     /* cache.ttl_max, or how long an answer lives */
    uint32_t stale_s;                   /* cache.stale */
    uint64_t turn_us;                   /* WORLD_CROWD: what a flood may cost another */
    uint32_t piece_octets; /* segments between workers and upstreams hold so many at most; 0: any */
    unsigned cookies_in;   /* one in so many clients sends them; 0: none */
    struct world_chances chances;
    struct policy policy;               /* of access and rates, where it is on */
    uint32_t pacing_rate, pacing_burst; /* octets/s and octets of a network; 0: not judged */
    uint32_t pacing_wait_ms;
    unsigned handshakes; /* limits.handshakes_per_s, and twice that its burst, of one lane whose
                            worker does not end; 0: not judged */
    bool is_unfiltered;  /* filter.kernel is off */
    bool is_alone;       /* its floods are left out */
    char config[WORLD_CONFIG_MAX];
    size_t config_size;
    struct act *acts;
    size_t acts_count, acts_room;
};

/** The one that is built or played. */
extern struct world world;

/* --- for builders ---------------------------------------------------------------------------- */

/** Append to the configuration, which is YAML in flow style: "key: value, ". */
void world_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** What most worlds say: addresses, lanes, `upstreams` with the pinned key, no rates, all clients allowed. */
void world_begin_config(unsigned lanes, unsigned upstreams);

/** The same with `access` for access list and rates. */
void world_begin_config_of(unsigned lanes, unsigned upstreams, const char *access);

/** Add an act; they need not come in order. */
struct act *world_add(uint64_t at_us, enum act_kind kind, uint64_t who);

/* --- playing --------------------------------------------------------------------------------- */

struct world_result {
    uint64_t hash; /* of the trace */
    uint64_t simulated_us;
    unsigned violations;
    struct kernel_counts counts;
    uint64_t asked, answered; /* by clients; NOERROR or NXDOMAIN */
    char first[160];          /* the first violation */
    char kind[80];            /* its kind alone */
    size_t acts;              /* that there are */
};

/** Find a row. @return NULL: there is none of this name */
const struct world_row *world_find(const char *name);

/**
 * Build and play.
 *
 * @param kept  NULL: all acts; else as many flags as there are acts
 */
void world_play(const struct world_row *row, uint64_t seed, const unsigned char *kept,
                struct world_result *result);
/** The same without its floods: how each of the others ends is remembered for world_play(). */
void world_play_alone(const struct world_row *row, uint64_t seed, struct world_result *result);
