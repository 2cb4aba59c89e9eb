/* process_parts.h - what a simulated process is made of
 * SPDX-License-Identifier: ISC
 *
 * Who:  process.c (its life and time), process_owns.c (its descriptors and memory).
 */
#pragma once

#include "process.h"

#include "os/os.h"

struct mapping {
    void *at;
    size_t size;
    bool is_guarded; /* a page without access on both sides */
};

struct process {
    const char *name;
    uint64_t number;
    process_main *main;
    void *state;
    size_t state_bytes;
    struct os os;
    struct fiber *fiber;
    struct object **fds;
    int fds_count;
    struct mapping *maps;
    size_t maps_count, maps_room;
    bool is_ended, is_reaped;
    int wait_status;
    uint64_t wake_us;       /* when it goes on; UINT64_MAX: when woken */
    uint64_t earliest_us;   /* not before, whoever wakes it */
    uint64_t idle_until_us; /* it stands still by a fault */
    uint64_t busy_us;       /* what it has used since it went on */
    uint64_t first_turn_us;
    uint64_t cpu_us;
    uint64_t moves;
    uint64_t draws;
};
