/* world_upstreams.h - the servers that are asked over TLS
 * SPDX-License-Identifier: ISC
 *
 * What: each answers by the script in the name (message.h), after its round trip; its answers carry
 *       a serial number, so that an oracle knows when each was made. Faults are done to them by
 *       world_faults.c. When they were well is remembered for the oracles.
 * Who:  world.c, world_faults.c, oracles.
 */
#pragma once

#include "stream.h"
#include "world.h"

#define WORLD_UPSTREAMS_MAX 8

struct upstream {
    unsigned index;
    struct stream_net net;    /* of connections that open from now on */
    bool is_foreign;          /* it has another key */
    bool refuses;             /* connections */
    uint64_t frozen_until_us; /* it does nothing before; 0: it works */
    uint64_t unwell_until_us; /* it was not well until then, the last time */
    uint8_t ticket;           /* what its tickets are encrypted with */
    uint64_t dials, asked, opened;
    uint64_t
        paid_us; /* until when the budget of handshakes has paid for those that were asked of it */
};

struct world_made { /* an answer */
    uint64_t at_us;
    unsigned upstream;
};

void world_upstreams_begin(unsigned count);
void world_upstreams_end(void);

/** A random fit of networks: round trips from 1 to 80 ms. For builders. */
struct upstream *world_upstream(unsigned index);

/** Do something to each open connection of an upstream. */
void world_upstreams_each(unsigned index, void (*act)(struct stream *stream));
/** It has forgotten its connections. */
void world_upstreams_forget(unsigned index);
/** Its connections end with a reset. */
void world_upstreams_reset(unsigned index);
void world_upstreams_freeze(unsigned index, uint64_t until_us);
void world_upstreams_silence(unsigned index, uint64_t until_us);

/** Something is wrong with it, until then at least. */
void world_upstreams_unwell(unsigned index, uint64_t until_us);

/** Was it well, all the time since `since_us` until now? */
bool world_upstreams_was_well(unsigned index, uint64_t since_us);

/** An answer by its address. @return NULL: none was made */
const struct world_made *world_upstreams_made(const uint8_t address[4], const char *name);

/** Round trip at most, microseconds. */
uint64_t world_upstreams_rtt(unsigned index);
