/* draw.h - chance, from a seed
 * SPDX-License-Identifier: ISC
 *
 * What: a draw belongs to a thing and its count: leaving one thing out moves no other thing's draws,
 *       so a world can be made smaller (docs/SIMULATION.md). Building a world uses one stream.
 * Who:  tests/simulate.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Whose draw it is: the high half of `who`; the low half is its number. */
enum draw_of {
    DRAW_PROCESS = 1, /* when it wakes, in which order it finds what is ready */
    DRAW_RANDOM,      /* what getrandom(2) gives it */
    DRAW_PREEMPT,     /* where it loses the processor */
    DRAW_STREAM,      /* a connection's delays */
    DRAW_DGRAM,       /* a client's datagrams */
    DRAW_UPSTREAM,    /* what a server does */
    DRAW_ACT,         /* what an act decides while it happens */
};

/** From now on draws are those of this seed. */
void draw_seed(uint64_t seed);

/** The draws that follow are the octets of an input, in their order, then zeros; but for those of
 *  getrandom(2). @param octets  borrowed until the next call; NULL: from the seed again */
void draw_input(const uint8_t *octets, size_t size);

static inline uint64_t
draw_who(enum draw_of of, uint64_t number)
{
    return (uint64_t)of << 56 | number;
}

/** A number below `below`; 0 if that is 0 or 1. The same for the same seed, thing and count. */
uint64_t draw(uint64_t who, uint64_t count, uint64_t below);

/** The next of a sequence that begins with `*state`: for builders of worlds. */
uint64_t draw_next(uint64_t *state, uint64_t below);
