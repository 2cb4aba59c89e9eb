/* world.c - see world.h
 * SPDX-License-Identifier: ISC
 */
#include "world.h"

#include "dgram.h"
#include "draw.h"
#include "files.h"
#include "message.h"
#include "oracle.h"
#include "process.h"
#include "proxy.h"
#include "stream.h"
#include "tls_far.h"
#include "trace.h"
#include "world_clients.h"
#include "world_faults.h"
#include "world_lies.h"
#include "world_tcp.h"
#include "world_upstreams.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The last event of a world: everything that was asked has its end by then. */
#define REST_US (8 * KERNEL_S)

#define STALE_S 86400 /* cache.stale when a world does not say it */

struct world world;

const struct world_row *
world_find(const char *name)
{
    for (size_t i = 0; i < world_rows_count; i++)
        if (strcmp(world_rows[i].name, name) == 0)
            return &world_rows[i];
    return NULL;
}

/* --- building -------------------------------------------------------------------------------- */

void
world_say(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int size = vsnprintf(world.config + world.config_size, sizeof world.config - world.config_size,
                         format, args);
    va_end(args);
    if (size < 0 || world.config_size + (size_t)size >= sizeof world.config)
        abort();
    world.config_size += (size_t)size;
}

void
world_begin_config(unsigned lanes, unsigned upstreams)
{
    world_begin_config_of(lanes, upstreams,
                          "acl: {allow: [\"0.0.0.0/0\", \"::/0\"]}, rates: {mode: off}");
}

void
world_begin_config_of(unsigned lanes, unsigned upstreams, const char *access)
{
    world.lanes = lanes;
    world.upstreams = upstreams;
    world.query_ms = 4000;
    world.tcp_idle_ms = 10000;
    world.ttl_s = MESSAGE_TTL_S;
    world.stale_s = STALE_S;
    world_say("{listen: [\"10.53.0.1:53\", \"[2001:db8:53::1]:53\"], lanes: %u, "
              "%s, upstreams: [",
              lanes, access);
    for (unsigned i = 0; i < upstreams; i++)
        world_say("{name: u%u, address: \"192.0.2.%u\", verify: pin, pins: [\"%s\"]}, ", i, i + 1,
                  tls_far_pin());
    world_say("], ");
}

struct act *
world_add(uint64_t at_us, enum act_kind kind, uint64_t who)
{
    if (world.acts_count == world.acts_room) {
        world.acts_room = world.acts_room > 0 ? 2 * world.acts_room : 256;
        world.acts = realloc(world.acts, world.acts_room * sizeof *world.acts);
        if (world.acts == NULL)
            abort();
    }
    struct act *act = &world.acts[world.acts_count++];
    *act = (struct act){.at_us = at_us, .kind = kind, .who = who};
    return act;
}

static void
build(const struct world_row *row, uint64_t seed)
{
    uint64_t dice = draw(draw_who(DRAW_ACT, (uint64_t)(row - world_rows)), 0, UINT64_MAX);
    free(world.acts);
    memset(&world, 0, sizeof world);
    world.row = row;
    world.seed = seed;
    row->build(&dice);
    world_say("}\n");
    for (size_t i = 0; i < world.acts_count; i++)
        if (world.acts[i].at_us > world.length_us)
            world.length_us = world.acts[i].at_us;
    world.length_us += REST_US;
}

/* --- playing --------------------------------------------------------------------------------- */

static void
happen(void *owner, uint64_t number)
{
    static void (*const happenings[])(const struct act *act, uint64_t number) = {
#define ACT(name, function, text) [ACT_##name] = function,
#include "acts.def"
#undef ACT
    };
    const struct act *act = owner;
    happenings[act->kind](act, number);
}

static void
begin(void)
{
    kernel_begin(world.begin_us != 0 ? world.begin_us : KERNEL_BEGIN_US);
    if (world.wall_s != 0)
        kernel_set_wall_offset(world.wall_s * 1000000 - (int64_t)kernel_now());
    files_begin();
    bound_begin();
    dgram_begin();
    stream_begin();
    files_write(PROXY_CONFIG, world.config);
    world_upstreams_begin(world.upstreams);
    world_clients_begin();
    world_tcp_begin();
    oracle_begin();
    process_set_preemption(world.preemption);
    proxy_start();
}

static bool
happens(size_t act, const unsigned char *kept)
{
    return (kept == NULL || kept[act] != 0) &&
           !(world.is_alone && world.acts[act].kind == ACT_FLOOD);
}

static void
run(const struct world_row *row, uint64_t seed, const unsigned char *kept, bool is_alone)
{
    draw_seed(seed);
    build(row, seed);
    world.is_alone = is_alone;
    begin();
    for (size_t i = 0; i < world.acts_count; i++)
        if (happens(i, kept))
            kernel_at(kernel_began() + world.acts[i].at_us, happen, &world.acts[i], i);
    kernel_run(kernel_began() + world.length_us);
}

static void
end(void)
{
    kernel_end();
    world_upstreams_end();
    world_clients_end();
    world_tcp_end();
}

static void
tell(struct world_result *result)
{
    *result = (struct world_result){.hash = trace_hash(),
                                    .simulated_us = kernel_now() - kernel_began(),
                                    .violations = oracle_violations(),
                                    .counts = *kernel_counts(),
                                    .asked = world_clients_asked(),
                                    .answered = world_clients_answered()};
    snprintf(result->first, sizeof result->first, "%s", oracle_first());
    snprintf(result->kind, sizeof result->kind, "%s", oracle_first_kind());
    result->acts = world.acts_count;
}

void
world_play_alone(const struct world_row *row, uint64_t seed, struct world_result *result)
{
    run(row, seed, NULL, true);
    oracle_crowd_note();
    tell(result);
    end();
}

void
world_play(const struct world_row *row, uint64_t seed, const unsigned char *kept,
           struct world_result *result)
{
    run(row, seed, kept, false);
    oracle_end();
    tell(result);
    end();
}
